"""Traces: what a call tells of itself, and the only place that knows OpenTelemetry."""
