{{- define "translator.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "translator.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" }}
{{- else if contains (include "translator.name" .) .Release.Name }}
{{- .Release.Name | trunc 50 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "translator.name" .) | trunc 50 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "translator.selector" -}}
app.kubernetes.io/name: {{ include "translator.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: server
{{- end }}

{{- define "translator.captionsSelector" -}}
app.kubernetes.io/name: {{ include "translator.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: captions
{{- end }}

{{- define "translator.gatewaySelector" -}}
app.kubernetes.io/name: {{ include "translator.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: gateway
{{- end }}

{{- define "translator.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "translator.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}
{{- end }}

{{- define "translator.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{ .Values.serviceAccount.name | default (include "translator.fullname" .) }}
{{- else -}}
{{ .Values.serviceAccount.name | default "default" }}
{{- end }}
{{- end }}

{{- define "translator.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{/* What all pods of the chart have in common. */}}
{{- define "translator.pod" -}}
enableServiceLinks: false
automountServiceAccountToken: false
serviceAccountName: {{ include "translator.serviceAccount" . }}
securityContext: {{- toYaml .Values.podSecurityContext | nindent 2 }}
{{- with .Values.image.pullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* A setting's value as its variable has it: strings as they are, all else as JSON. */}}
{{- define "translator.value" -}}
{{- if kindIs "string" . }}{{ quote . }}{{ else }}{{ toJson . | quote }}{{ end }}
{{- end }}

{{/* The settings of the server. */}}
{{- define "translator.env" -}}
- {name: TRANSLATOR_HOST, value: "0.0.0.0"}
- {name: TRANSLATOR_PORT, value: {{ .Values.ports.grpc | quote }}}
{{- if .Values.metrics.enabled }}
- {name: TRANSLATOR_METRICS_PORT, value: {{ .Values.ports.metrics | quote }}}
- {name: TRANSLATOR_ADMIN_HOST, value: "0.0.0.0"}
{{- end }}
- {name: TRANSLATOR_STORE, value: /var/lib/translator/models}
- {name: TRANSLATOR_ALLOW_PLAINTEXT, value: {{ .Values.allowPlaintext | quote }}}
{{- if .Values.tls.secret }}
- {name: TRANSLATOR_TLS_CERT, value: /etc/translator/tls/tls.crt}
- {name: TRANSLATOR_TLS_KEY, value: /etc/translator/tls/tls.key}
{{- end }}
{{- if .Values.tls.clientCaSecret }}
- {name: TRANSLATOR_TLS_CLIENT_CA, value: /etc/translator/client-ca/ca.crt}
{{- end }}
{{- if .Values.access.secret }}
- {name: TRANSLATOR_ACCESS, value: /etc/translator/access/access.toml}
{{- end }}
{{- if .Values.glossaries.configMap }}
- {name: TRANSLATOR_GLOSSARIES, value: /etc/translator/glossaries}
{{- end }}
{{- range $name, $value := omit .Values.config "limits" }}
- {name: TRANSLATOR_{{ upper $name }}, value: {{ include "translator.value" $value }}}
{{- end }}
{{- range $name, $value := .Values.config.limits }}
- {name: TRANSLATOR_LIMITS__{{ upper $name }}, value: {{ include "translator.value" $value }}}
{{- end }}
{{- end }}

{{- define "translator.check" -}}
{{- if not (or .Values.allowPlaintext .Values.tls.secret) }}
{{- fail "the port would be open without TLS: set tls.secret, or allowPlaintext: true" }}
{{- end }}
{{- if and .Values.tls.clientCaSecret (not .Values.tls.secret) }}
{{- fail "tls.clientCaSecret needs tls.secret" }}
{{- end }}
{{- if and .Values.autoscaling.enabled .Values.keda.enabled }}
{{- fail "autoscaling and keda are both enabled: one of them decides how many pods there are" }}
{{- end }}
{{- if and (or .Values.autoscaling.enabled .Values.keda.enabled) (not .Values.metrics.enabled) }}
{{- fail "autoscaling and keda need metrics.enabled" }}
{{- end }}
{{- if and .Values.grpcRoute.enabled (not .Values.grpcRoute.parentRefs) }}
{{- fail "grpcRoute needs parentRefs: the gateway that it belongs to" }}
{{- end }}
{{- with .Values.captions }}
{{- if .enabled }}
{{- if not .secret }}
{{- fail "captions.secret is not set: without it no link would outlive a restart of the pod" }}
{{- end }}
{{- if not .publicUrl }}
{{- fail "captions.publicUrl is not set: links would lead to the pod" }}
{{- end }}
{{- if and $.Values.tls.secret (not .serverTlsSecret) }}
{{- fail "captions.serverTlsSecret is not set: the gateway has to know the authority of the server's certificate" }}
{{- end }}
{{- if and $.Values.access.secret (not .accessKeySecret) }}
{{- fail "captions.accessKeySecret is not set: the server asks for a key" }}
{{- end }}
{{- end }}
{{- end }}
{{- with .Values.gateway }}
{{- if and .enabled $.Values.tls.secret (not .serverTlsSecret) }}
{{- fail "gateway.serverTlsSecret is not set: the gateway has to know the authority of the server's certificate" }}
{{- end }}
{{- end }}
{{- end }}

{{/* Whether the server takes calls. Kubernetes' own gRPC probe knows no TLS. */}}
{{- define "translator.probe" -}}
{{- if .Values.tls.secret -}}
exec: {command: [translator, health]}
timeoutSeconds: 10
{{- else -}}
grpc: {port: {{ .Values.ports.grpc }}}
timeoutSeconds: 5
{{- end }}
{{- end }}
