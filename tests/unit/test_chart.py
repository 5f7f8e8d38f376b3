"""The Helm chart: what it renders is what Kubernetes and the server take."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

import translator
from deploy.values_schema import PATH, config_schema
from translator.cli import main
from translator.config import ServerConfig, load_config
from translator.metrics import Metrics

ROOT = Path(__file__).parents[2]
CHART = ROOT / "deploy" / "helm" / "translator"
_OWN = ROOT / "build" / "tools" / "helm"
HELM = shutil.which("helm") or (str(_OWN) if _OWN.is_file() else None)

pytestmark = pytest.mark.unit
with_helm = pytest.mark.skipif(
    HELM is None, reason="no chart test: there is no helm; .ci/helm gets one"
)

Manifest = dict[str, Any]

EVERYTHING: dict[str, Any] = {
    "config": {
        "models": ["en-pt", "en-de"],
        "model_memory": "4GiB",
        "threads": 2,
        "preload": False,
        "heartbeat_s": 12.5,
        "drain_grace_s": 60,
        "admin_access": "key",
        "fronts": ["riva"],
        "limits": {"max_sessions": 1_000_000, "max_unsent_length": 65_536},
    },
    "allowPlaintext": False,
    "tls": {"secret": "server-tls", "clientCaSecret": "clients"},
    "access": {"secret": "keys"},
    "glossaries": {"configMap": "terms"},
    "models": {"pull": ["en-de", "de-en"], "pullOptions": ["--source", "https://m.example"]},
    "image": {"repository": "registry.example/translator", "digest": f"sha256:{'a' * 64}"},
    "grpcRoute": {"enabled": True, "parentRefs": [{"name": "gateway"}], "hostnames": ["t.example"]},
    "metrics": {"serviceMonitor": {"enabled": True, "keySecret": {"name": "prometheus"}}},
    "autoscaling": {"enabled": True},
    "networkPolicy": {"clients": [{"podSelector": {}}], "egress": [{"ports": [{"port": 4317}]}]},
    "podLabels": {"team": "words"},
    "podAnnotations": {"note": "one"},
    "extraEnv": [{"name": "OMP_NUM_THREADS", "value": "1"}],
    "captions": {
        "enabled": True,
        "publicUrl": "https://captions.example",
        "title": 'Harbour: "meeting" {1}',
        "pin": ["pt"],
        "secret": "links",
        "accessKeySecret": "gateway-key",
        "serverTlsSecret": "gateway-tls",
        "redisSecret": "rooms",
        "tlsSecret": "pages",
    },
    "gateway": {
        "enabled": True,
        "replicas": 2,
        "fronts": ["libretranslate", "deepl"],
        "origins": ["https://shop.example"],
        "glossariesClaim": "glossaries",
        "accessKeySecret": "gateway-key",
        "serverTlsSecret": "gateway-tls",
        "tlsSecret": "pages",
    },
}
VALUES: dict[str, dict[str, Any]] = {
    "defaults": {},
    "everything": EVERYTHING,
    "keda": {"keda": {"enabled": True}, "gateway": {"enabled": True}},
    "least": {
        "metrics": {"enabled": False},
        "networkPolicy": {"enabled": False},
        "podDisruptionBudget": {"enabled": False},
        "serviceAccount": {"create": False},
        "config": {"log_format": "text"},
    },
}


def helm(*arguments: str, values: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    assert HELM is not None
    return subprocess.run(
        [HELM, *arguments, "--values", "-"],
        input=json.dumps(values), capture_output=True, text=True, check=False,
    )  # fmt: skip


@cache
def rendered(name: str) -> list[Manifest]:
    return render(VALUES[name])


def render(values: dict[str, Any]) -> list[Manifest]:
    done = helm("template", "shop", str(CHART), "--namespace", "words", values=values)
    assert done.returncode == 0, done.stderr
    return [manifest for manifest in yaml.safe_load_all(done.stdout) if manifest]


def refusal(values: dict[str, Any]) -> str:
    done = helm("template", "shop", str(CHART), values=values)
    assert done.returncode != 0
    return done.stderr


@pytest.fixture(scope="module", params=list(VALUES))
def manifests(request: pytest.FixtureRequest) -> list[Manifest]:
    return rendered(request.param)


def named(manifests: list[Manifest], kind: str, name: str = "shop-translator") -> Manifest:
    [found] = [m for m in manifests if (m["kind"], m["metadata"]["name"]) == (kind, name)]
    return found


def pods(manifests: list[Manifest]) -> Iterator[Manifest]:
    return (m["spec"]["template"]["spec"] for m in manifests if m["kind"] == "Deployment")


def containers(manifests: list[Manifest]) -> Iterator[Manifest]:
    for pod in pods(manifests):
        yield from [*pod.get("initContainers", ()), *pod["containers"]]


def server(manifests: list[Manifest]) -> Manifest:
    [container] = named(manifests, "Deployment")["spec"]["template"]["spec"]["containers"]
    assert isinstance(container, dict)
    return container


def settings(manifests: list[Manifest], monkeypatch: pytest.MonkeyPatch) -> ServerConfig:
    """The settings as the server reads them in the container."""
    for entry in server(manifests)["env"]:
        monkeypatch.setenv(entry["name"], entry["value"])
    return load_config()


# Without helm


def test_the_chart_has_the_version_of_the_package() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text("utf-8"))
    assert (chart["version"], chart["appVersion"]) == (translator.__version__,) * 2


def test_the_schema_has_the_settings_of_the_server() -> None:
    schema = json.loads(PATH.read_text("utf-8"))
    assert schema["properties"]["config"] == config_schema(), "run `make chart-schema`"


def test_every_value_is_in_the_schema_and_no_other() -> None:
    """Nor may a schema allow what nothing is made of: a misspelt value would be ignored."""
    schema = json.loads(PATH.read_text("utf-8"))
    values = yaml.safe_load((CHART / "values.yaml").read_text("utf-8"))

    def compare(told: dict[str, Any], there: Any, place: str) -> None:
        if "properties" not in told or place.endswith((".config", ".resources")):
            return
        assert told["additionalProperties"] is False, place
        assert set(there) == set(told["properties"]) - {"global"}, place
        for name in there:
            compare(told["properties"][name], there[name], f"{place}.{name}")

    compare(schema, values, "")


# With it


@with_helm
@pytest.mark.parametrize("name", list(VALUES))
def test_helm_finds_nothing_wrong(name: str) -> None:
    done = helm("lint", "--strict", str(CHART), values=VALUES[name])
    assert done.returncode == 0, done.stdout
    assert "[WARNING]" not in done.stdout


@with_helm
@pytest.mark.parametrize("version", ["1.30.0", "1.37.0"])
def test_kubernetes_knows_every_field(manifests: list[Manifest], version: str) -> None:
    validate = pytest.importorskip(
        "kubernetes_validate", reason="no chart test: kubernetes-validate is not installed"
    )
    kinds = []
    for manifest in manifests:
        # Its own kinds: those of Prometheus, KEDA and the gateway API have no schema there.
        own = r"v1|apps/v1|policy/v1|autoscaling/v2|networking\.k8s\.io/v1"
        if re.fullmatch(own, manifest["apiVersion"]):
            validate.validate(manifest, version, strict=True)
            kinds.append(manifest["kind"])
    assert {"Deployment", "Service"} <= set(kinds)


@with_helm
def test_objects_have_labels_of_their_own_and_selectors_find_pods(
    manifests: list[Manifest],
) -> None:
    labels = [
        m["spec"]["template"]["metadata"]["labels"] for m in manifests if m["kind"] == "Deployment"
    ]
    for manifest in manifests:
        assert manifest["metadata"]["labels"]["app.kubernetes.io/instance"] == "shop"
        spec = manifest.get("spec", {})
        selector = spec.get("selector") or spec.get("podSelector")
        if manifest["kind"] != "ServiceMonitor" and selector:
            wanted = selector.get("matchLabels", selector).items()
            assert len([each for each in labels if wanted <= each.items()]) == 1, manifest


@with_helm
def test_pods_may_do_as_little_as_possible(manifests: list[Manifest]) -> None:
    for pod in pods(manifests):
        assert pod["enableServiceLinks"] is pod["automountServiceAccountToken"] is False
        security = pod["securityContext"]
        assert security["runAsNonRoot"] is True
        assert security["runAsUser"] > 0
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in containers(manifests):
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert "memory" in container["resources"]["limits"]


@with_helm
def test_every_file_that_is_named_is_mounted(manifests: list[Manifest]) -> None:
    for pod in pods(manifests):
        volumes = {volume["name"] for volume in pod["volumes"]}
        for container in [*pod.get("initContainers", ()), *pod["containers"]]:
            mounts = {mount["mountPath"] for mount in container["volumeMounts"]}
            assert {mount["name"] for mount in container["volumeMounts"]} <= volumes
            assert {"/tmp"} <= mounts  # noqa: S108
            if container in pod["containers"]:
                texts = [entry.get("value", "") for entry in container.get("env", ())]
                texts += [word.partition("=")[2] for word in container.get("args", ())]
                for path in (Path(text) for text in texts if text.startswith("/")):
                    assert mounts & {str(path), str(path.parent)}, path


@with_helm
def test_probes_let_a_server_drain(manifests: list[Manifest]) -> None:
    container = server(manifests)
    grpc = {"port": container["ports"][0]["containerPort"]}
    asks = {"exec": {"command": ["translator", "health"]}}
    env = {entry["name"] for entry in container["env"]}
    for name in ("startupProbe", "readinessProbe"):
        probe = container[name]
        assert (asks if "TRANSLATOR_TLS_CERT" in env else {"grpc": grpc}).items() <= probe.items()
    # A server that drains is NOT_SERVING, and a probe that asks for it would kill it.
    assert container["livenessProbe"]["tcpSocket"] == {"port": "grpc"}
    startup = container["startupProbe"]
    assert startup["periodSeconds"] * startup["failureThreshold"] >= 300


@with_helm
def test_what_the_server_reads_is_what_was_wanted(
    manifests: list[Manifest], monkeypatch: pytest.MonkeyPatch
) -> None:
    config = settings(manifests, monkeypatch)
    assert (config.host, config.workers, config.audit_log) == ("0.0.0.0", 1, None)  # noqa: S104
    container = server(manifests)
    pod = named(manifests, "Deployment")["spec"]["template"]["spec"]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert ports["grpc"] == config.port == ServerConfig.model_fields["port"].default
    assert ports.get("metrics") == config.metrics_port
    stop = container["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert pod["terminationGracePeriodSeconds"] >= stop + config.drain_grace_s + 15
    assert container["command"] == ["translator", "serve"]
    for service in (m for m in manifests if m["kind"] == "Service"):
        names = [p["name"] for c in containers(manifests) for p in c.get("ports", ())]
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= set(names)


@with_helm
def test_values_of_every_kind_arrive(monkeypatch: pytest.MonkeyPatch) -> None:
    config = settings(rendered("everything"), monkeypatch)
    assert config.models == ("en-pt", "en-de")
    assert config.model_memory == 4 << 30
    assert (config.threads, config.preload, config.heartbeat_s) == (2, False, 12.5)
    assert (config.limits.max_sessions, config.limits.max_unsent_length) == (1_000_000, 65_536)
    assert (config.allow_plaintext, config.admin_access) == (False, "key")
    assert config.fronts == ("riva",)
    assert str(config.tls_client_ca) == "/etc/translator/client-ca/ca.crt"
    assert str(config.access) == "/etc/translator/access/access.toml"


@with_helm
@pytest.mark.parametrize("name", list(VALUES))
def test_every_command_of_a_container_takes_its_arguments(name: str) -> None:
    for container in containers(rendered(name)):
        words: list[str] = container["command"] + container.get("args", [])
        assert words.pop(0) == "translator"
        command: click.Command = main
        while isinstance(command, click.Group):
            found = command.get_command(click.Context(command), words.pop(0))
            assert found is not None
            command = found
        assert command.make_context(str(command.name), words, resilient_parsing=False).params


@with_helm
def test_a_title_is_a_title_whatever_stands_in_it() -> None:
    [args] = [c["args"] for c in containers(rendered("everything")) if c["name"] == "captions"]
    assert '--title=Harbour: "meeting" {1}' in args
    assert "--ca=/etc/translator/server-tls/ca.crt" in args
    assert "--address=shop-translator:50051" in args


@with_helm
def test_the_url_of_redis_stays_in_its_secret() -> None:
    [captions] = [c for c in containers(rendered("everything")) if c["name"] == "captions"]
    [variable] = captions["env"]
    assert variable["valueFrom"] == {"secretKeyRef": {"name": "rooms", "key": "url"}}
    assert f"--redis=$({variable['name']})" in captions["args"]


@with_helm
def test_the_fronts_over_http_are_those_that_were_wanted() -> None:
    everything = {
        *("--front=libretranslate", "--front=deepl", "--origin=https://shop.example"),
        "--ca=/etc/translator/server-tls/ca.crt",
    }
    for name, more in (("everything", everything), ("keda", set[str]())):
        manifests = rendered(name)
        [gateway] = [c for c in containers(manifests) if c["name"] == "gateway"]
        always = {"--address=shop-translator:50051", "--metrics-port=9090"}
        assert always | more <= set(gateway["args"])
        ports = {port["name"]: port["containerPort"] for port in gateway["ports"]}
        assert ports == {"http": 5000, "metrics": 9090}
        served = named(manifests, "Service", "shop-translator-gateway")["spec"]["ports"]
        assert {port["targetPort"] for port in served} == set(ports)
        assert gateway["livenessProbe"]["httpGet"]["path"] == "/healthz"


@with_helm
def test_captions_are_one_and_the_server_lets_gateways_in() -> None:
    manifests = rendered("everything")
    captions = named(manifests, "Deployment", "shop-translator-captions")
    assert captions["spec"]["replicas"] == 1
    assert captions["spec"]["strategy"] == {"type": "Recreate"}
    [grpc, _] = named(manifests, "NetworkPolicy")["spec"]["ingress"]
    for name in ("captions", "gateway"):
        gateway = named(manifests, "Deployment", f"shop-translator-{name}")
        labels = gateway["spec"]["template"]["metadata"]["labels"]
        assert any(
            each["podSelector"].get("matchLabels", {"": ""}).items() <= labels.items()
            for each in grpc["from"]
        )
        rules = named(manifests, "NetworkPolicy", f"shop-translator-{name}")["spec"]["egress"]
        # To Redis, for one.
        assert {"ports": [{"port": 4317}]} in rules


@with_helm
def test_what_is_scaled_has_no_number_of_replicas() -> None:
    assert named(rendered("defaults"), "Deployment")["spec"]["replicas"] == 2
    for name, kind in (("everything", "HorizontalPodAutoscaler"), ("keda", "ScaledObject")):
        manifests = rendered(name)
        assert "replicas" not in named(manifests, "Deployment")["spec"]
        assert named(manifests, kind)["spec"]["scaleTargetRef"]["name"] == "shop-translator"


@with_helm
def test_queries_name_metrics_that_there_are() -> None:
    families = list(Metrics().registry.collect())
    there = {family.name for family in families}
    there |= {f"{family.name}_bucket" for family in families if family.type == "histogram"}
    told = set()
    for name in ("keda", "everything"):
        for manifest in rendered(name):
            if manifest["kind"] in ("ScaledObject", "HorizontalPodAutoscaler"):
                told |= set(re.findall(r"\btranslator_\w+", json.dumps(manifest)))
    assert len(told) == 3
    assert told <= there


@with_helm
def test_prometheus_finds_the_metrics_page_and_nothing_else() -> None:
    manifests = rendered("everything")
    spec = named(manifests, "ServiceMonitor")["spec"]
    found = [
        m
        for m in manifests
        if m["kind"] == "Service"
        and spec["selector"]["matchLabels"].items() <= m["metadata"]["labels"].items()
    ]
    assert [m["metadata"]["name"] for m in found] == ["shop-translator-metrics"]
    assert found[0]["metadata"]["labels"][spec["jobLabel"]] == "translator"
    [endpoint] = spec["endpoints"]
    assert endpoint["port"] in {port["name"] for port in found[0]["spec"]["ports"]}
    assert endpoint["scheme"] == "https"


@with_helm
@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"replica": 3}, "replica"),
        ({"replicas": "3"}, "replicas"),
        ({"config": {"max_sessions": 3}}, "max_sessions"),
        ({"config": {"limits": {"max_session": 3}}}, "max_session"),
        ({"config": {"limits": {"max_sessions": 0}}}, "max_sessions"),
        ({"config": {"drain_grace_s": -1}}, "drain_grace_s"),
        ({"config": {"heartbeat_s": "often"}}, "heartbeat_s"),
        ({"config": {"log_level": "loud"}}, "log_level"),
        ({"config": {"port": 1}}, "port"),
        ({"config": {"workers": 2}}, "workers"),
        ({"ports": {"grpc": 0}}, "grpc"),
        ({"tls": {"secret": "No Name"}}, "secret"),
        ({"image": {"digest": "latest"}}, "digest"),
        ({"models": {"pull": ["en"]}}, "pull"),
        ({"captions": {"room": "a b"}}, "room"),
        ({"config": {"fronts": ["deepl"]}}, "fronts"),
        ({"gateway": {"fronts": ["riva"]}}, "fronts"),
        ({"gateway": {"origins": ["shop.example"]}}, "origins"),
        ({"captions": {"publicUrl": "captions.example"}}, "publicUrl"),
        ({"extraEnv": [{"name": "TRANSLATOR_PORT", "value": "1"}]}, "extraEnv"),
        ({"service": {"type": "ExternalName"}}, "service"),
        ({"preStopSleepSeconds": 0}, "preStopSleepSeconds"),
        ({"allowPlaintext": False}, "set tls.secret, or allowPlaintext: true"),
        ({"tls": {"clientCaSecret": "a"}}, "tls.clientCaSecret needs tls.secret"),
        ({"autoscaling": {"enabled": True}, "keda": {"enabled": True}}, "both enabled"),
        ({"keda": {"enabled": True}, "metrics": {"enabled": False}}, "need metrics.enabled"),
        ({"grpcRoute": {"enabled": True}}, "needs parentRefs"),
        ({"captions": {"enabled": True}}, "captions.secret is not set"),
        ({"captions": {"enabled": True, "secret": "a"}}, "captions.publicUrl is not set"),
    ],
)  # fmt: skip
def test_a_value_that_is_wrong_is_named(values: dict[str, Any], words: str) -> None:
    told = refusal(values)
    assert words in told
    assert "nil pointer" not in told


@with_helm
@pytest.mark.parametrize(
    ("needed", "words"),
    [
        ("captions.serverTlsSecret", "the authority of"),
        ("captions.accessKeySecret", "asks for a key"),
        ("gateway.serverTlsSecret", "the authority of"),
    ],
)
def test_a_gateway_that_could_not_reach_the_server_is_refused(needed: str, words: str) -> None:
    part, name = needed.split(".")
    told = refusal(EVERYTHING | {part: EVERYTHING[part] | {name: ""}})
    assert f"{needed} is not set" in told
    assert words in told


@with_helm
@pytest.mark.parametrize(
    ("value", "kind", "name", "source"),
    [
        ("rules", "PrometheusRule", "shop-translator", "prometheus/alerts.yaml"),
        ("dashboard", "ConfigMap", "shop-translator-dashboard", "grafana/translator.json"),
    ],
)
def test_alerts_and_dashboard_are_those_of_the_repository(
    value: str, kind: str, name: str, source: str
) -> None:
    values = {"metrics": {value: {"enabled": True}}}
    file = ROOT / "deploy" / source
    if not file.exists():
        assert "is not in this chart" in refusal(values)
        return
    assert (CHART / "files").is_dir(), f"link deploy/{source} into the chart: files/"
    made = named(render(values), kind, name)
    if value == "rules":
        assert made["spec"] == yaml.safe_load(file.read_text("utf-8"))
    else:
        assert json.loads(made["data"]["translator.json"]) == json.loads(file.read_text("utf-8"))
