"""What spans say, where they go, and what a caller's trace is."""

import logging
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import click
import pytest
from click.testing import CliRunner

from translator.cli.connect import ServerChoice, server_options
from translator.client.traces import trace_metadata
from translator.config import ServerConfig, load_config, trace_settings
from translator.engine.request import Outcome, Request, RequestTiming
from translator.errors import ConfigError
from translator.service.traced import TracedUpdates
from translator.session.events import SourceUpdate
from translator.telemetry.spans import CallSpan, Part, Tracer, trace_headers
from translator.telemetry.tracing import TraceSettings, open_tracer
from translator.testing import FakeClock

pytestmark = pytest.mark.unit

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
URL = "http://collector.example:4317"


@dataclass
class Kept(CallSpan):
    """A span whose parts are looked at."""

    update_share: float = 1.0
    parts: list[Part] = field(default_factory=list)

    def add(self, part: Part) -> None:
        self.parts.append(part)


def outcome(queue_ms: float, encode_ms: float, decode_ms: float) -> Outcome:
    timing = RequestTiming(queue_ms, encode_ms, decode_ms, steps_run=3, steps_saved=2)
    return Outcome(Request(("s", "yy"), 1, "fake", (7,)), None, timing=timing)


def test_an_update_has_the_time_that_it_waited_was_decoded_and_was_written() -> None:
    span, clock = Kept(), FakeClock(10.0)
    traced = TracedUpdates(span, clock)
    traced.came(SourceUpdate(1, "Good ", "mor"))
    clock.advance(0.5)
    traced.answered(outcome(200, 30, 70))
    clock.advance(0.1)
    traced.left(1, clock.now - 0.05)
    [update] = span.parts
    assert (update.name, update.began_s, update.ended_s) == ("update", 10.0, pytest.approx(10.6))
    assert update.attributes == {
        "translator.source_sequence": 1,
        "translator.source_characters": 8,
    }
    times = [(part.name, part.began_s, part.ended_s) for part in update.parts]
    assert times == [
        ("wait", pytest.approx(10.2), pytest.approx(10.4)),
        ("decode", pytest.approx(10.4), pytest.approx(10.5)),
        ("write", pytest.approx(10.55), pytest.approx(10.6)),
    ]
    assert update.parts[1].attributes == {
        "translator.model": "fake",
        "translator.encode_ms": 30,
        "translator.decoder_steps": 3,
        "translator.decoder_steps_saved": 2,
    }


@pytest.mark.parametrize(
    ("share", "followed"), [(1.0, 40), (0.5, 20), (0.1, 4), (0.01, 1), (0.3, 12)]
)
def test_of_the_updates_the_first_is_followed_and_then_a_share(share: float, followed: int) -> None:
    span = Kept(share)
    traced = TracedUpdates(span, FakeClock())
    for sequence in range(1, 41):
        traced.came(SourceUpdate(sequence, "a "))
        traced.left(sequence, 0.0)
    sequences = [part.attributes["translator.source_sequence"] for part in span.parts]
    assert (sequences[0], len(sequences)) == (1, followed)


def test_source_without_an_update_and_many_answers_do_not_pile_up() -> None:
    span = Kept()
    traced = TracedUpdates(span, FakeClock())
    for sequence in range(1, 1001):
        traced.came(SourceUpdate(sequence, "a "))
        traced.answered(outcome(1, 1, 1))
    traced.left(1000, 0.0)
    assert len(span.parts) == 32
    assert max(len(part.parts) for part in span.parts) == 33


# Where spans go.


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in (
        "SDK_DISABLED", "TRACES_EXPORTER", "TRACES_SAMPLER", "EXPORTER_OTLP_ENDPOINT",
        "EXPORTER_OTLP_TRACES_ENDPOINT", "EXPORTER_OTLP_PROTOCOL",
        "EXPORTER_OTLP_TRACES_PROTOCOL",
    ):  # fmt: skip
        monkeypatch.delenv(f"OTEL_{name}", raising=False)
    return monkeypatch


@pytest.mark.parametrize(
    ("own", "variables", "url"),
    [
        ({}, {}, None),
        ({"trace_endpoint": URL}, {}, URL),
        ({}, {"EXPORTER_OTLP_ENDPOINT": URL}, URL),
        ({}, {"EXPORTER_OTLP_TRACES_ENDPOINT": URL, "EXPORTER_OTLP_ENDPOINT": "http://x:1"}, URL),
        ({"trace_endpoint": URL}, {"EXPORTER_OTLP_ENDPOINT": "http://x:1"}, URL),
        ({"trace_endpoint": "off"}, {"EXPORTER_OTLP_ENDPOINT": URL}, None),
        ({"trace_endpoint": URL}, {"SDK_DISABLED": "true"}, None),
        ({}, {"EXPORTER_OTLP_ENDPOINT": URL, "TRACES_EXPORTER": "none"}, None),
        ({}, {"EXPORTER_OTLP_ENDPOINT": URL, "TRACES_EXPORTER": "console,otlp"}, URL),
        ({"trace_endpoint": URL}, {"TRACES_EXPORTER": "none"}, URL),
        ({}, {"EXPORTER_OTLP_ENDPOINT": ""}, None),
    ],
)
def test_the_collector_is_that_of_the_settings_or_of_the_environment(
    environment: pytest.MonkeyPatch,
    own: dict[str, str],
    variables: dict[str, str],
    url: str | None,
) -> None:
    for name, value in variables.items():
        environment.setenv(f"OTEL_{name}", value)
    found = trace_settings(ServerConfig(**own))  # type: ignore[arg-type]
    assert (found and found.url) == url
    if found is not None:
        assert found.is_own == ("trace_endpoint" in own)
        assert (found.protocol, found.sample, found.updates) == ("grpc", 0.01, 0.1)


def test_sampler_and_protocol_are_those_of_the_environment(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.setenv("OTEL_TRACES_SAMPLER", "always_on")
    environment.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
    found = trace_settings(ServerConfig(trace_endpoint=URL))
    assert found is not None
    assert (found.sample, found.protocol) == (None, "http/protobuf")
    found = trace_settings(ServerConfig(trace_endpoint=URL, trace_sample=0.5))
    assert found is not None
    assert found.sample == 0.5
    environment.setenv("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/json")
    with pytest.raises(ConfigError, match="'http/json'; traces are sent by grpc or http/protobuf"):
        trace_settings(ServerConfig(trace_endpoint=URL))


@pytest.mark.parametrize(
    "value", ["collector:4317", "grpc://collector:4317", "http://", "http://x:70000", "", "yes"]
)
def test_what_is_no_url_is_refused(value: str) -> None:
    with pytest.raises(ConfigError, match=r"trace_endpoint: .*is no URL, such as http://localhost"):
        load_config(overrides={"trace_endpoint": value})


@pytest.mark.parametrize("name", ["trace_sample", "trace_updates"])
@pytest.mark.parametrize("value", [-0.1, 1.1, "nan", "much"])
def test_a_share_is_one(name: str, value: object) -> None:
    with pytest.raises(ConfigError, match=name):
        load_config(overrides={name: value})


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("https://me:secret@otel.example:4317/?k=secret", "otel.example:4317"),
        ("https://me:secret@otel.example", "otel.example"),
        ("http://me:secret@x:99999999", "a collector"),
        ("what ever", "a collector"),
        ("http://[::1", "a collector"),
    ],
)
def test_a_password_in_a_url_is_not_told(url: str, place: str) -> None:
    assert TraceSettings(url, True, "grpc", 1.0, 1.0).place == place


@pytest.mark.parametrize("is_own", [True, False])
def test_without_opentelemetry_it_is_an_error_only_where_the_settings_want_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, is_own: bool
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk", None)
    for name in ("otel", "exporting"):
        monkeypatch.delitem(sys.modules, f"translator.telemetry.{name}", raising=False)
    for name in [name for name in sys.modules if name.startswith("opentelemetry.sdk.")]:
        monkeypatch.delitem(sys.modules, name)
    settings = TraceSettings(URL, is_own, "grpc", 1.0, 1.0)
    says = r"pip install 'live-text-translator\[otel\]'"
    if is_own:
        with pytest.raises(ConfigError, match=f"^trace_endpoint: .*{says}"):
            open_tracer(settings, lambda number, is_sent: None)
        return
    tracer = open_tracer(settings, lambda number, is_sent: None)
    assert type(tracer) is Tracer
    [line] = [record.getMessage() for record in caplog.records]
    assert line.startswith("no traces are sent to collector.example:4317, which the environment")


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("EXPORTER_OTLP_TIMEOUT", "soon", "could not convert string to float: 'soon'"),
        ("EXPORTER_OTLP_COMPRESSION", "zip", 'Invalid value "zip"'),
        ("EXPORTER_OTLP_TRACES_CERTIFICATE", "/", "Is a directory: '/'"),
        ("BSP_MAX_QUEUE_SIZE", "-1", "max_queue_size must be a positive integer"),
    ],
)
@pytest.mark.parametrize("is_own", [True, False])
def test_a_variable_without_a_possible_value_is_one_sentence(
    environment: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    is_own: bool,
    variable: str,
    value: str,
    says: str,
) -> None:
    pytest.importorskip("opentelemetry.sdk.trace")
    environment.setenv(f"OTEL_{variable}", value)
    environment.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector.example:4317")
    settings = TraceSettings("https://collector.example:4317", is_own, "grpc", 1.0, 1.0)
    if is_own:
        with pytest.raises(ConfigError, match=f"^trace_endpoint: .*{re.escape(says)}"):
            open_tracer(settings, lambda number, is_sent: None)
    else:
        open_tracer(settings, lambda number, is_sent: None).close(1.0)
        [line] = [record.getMessage() for record in caplog.records]
        assert says in line
    # OpenTelemetry's own lines are in the log again.
    assert logging.getLogger("opentelemetry").propagate


def test_the_headers_for_a_collector_are_never_in_the_log(
    environment: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    pytest.importorskip("opentelemetry.sdk.trace")
    environment.setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization Bearer secret")
    open_tracer(TraceSettings(URL, True, "grpc", 1.0, 1.0), lambda n, is_sent: None).close(1.0)
    told = [r.getMessage() for r in caplog.records if r.name.startswith("translator.")]
    assert told == ["OpenTelemetry says: headers are not NAME=VALUE"]


# A collector that takes nothing.


@pytest.fixture
def told() -> Iterator[tuple[object, list[tuple[int, bool]], list[object]]]:
    export = pytest.importorskip("opentelemetry.sdk.trace.export")
    from translator.telemetry.exporting import LastWords, ToldExporter

    results: list[object] = []

    class Scripted(export.SpanExporter):  # type: ignore[misc,name-defined]
        def export(self, spans: Sequence[object]) -> object:
            result = results.pop(0)
            if isinstance(result, Exception):
                raise result
            if result is export.SpanExportResult.FAILURE:
                said = logging.getLogger("opentelemetry.exporter.of.some.kind")
                said.warning("attempt failed, trying again")
                said.error("Failed to export to %s", "collector:4317")
            return result

    came: list[tuple[int, bool]] = []
    words = LastWords()
    yield (
        ToldExporter(Scripted(), "collector:4317", words, lambda n, sent: came.append((n, sent))),
        came,
        results,
    )
    words.close()


def test_a_collector_that_fails_is_one_sentence_until_it_works_again(
    told: tuple[object, list[tuple[int, bool]], list[object]], caplog: pytest.LogCaptureFixture
) -> None:
    from opentelemetry.sdk.trace.export import SpanExportResult

    caplog.set_level(logging.INFO)
    sender, came, results = told
    good, bad = SpanExportResult.SUCCESS, SpanExportResult.FAILURE
    results += [good, bad, bad, OSError("no route"), good, good, OSError("no route"), bad]
    for _ in range(8):
        sender.export(["a", "b"])  # type: ignore[attr-defined]
    # pytest listens to loggers that pass nothing on, too.
    ours = [record for record in caplog.records if record.name.startswith("translator.")]
    lines = [f"{record.levelname} {record.getMessage()}" for record in ours]
    lost = "WARNING spans cannot be sent to collector:4317; until they can, they are dropped: "
    assert lines == [
        f"{lost}Failed to export to collector:4317",
        "INFO spans are sent to collector:4317 again",
        f"{lost}OSError: no route",
    ]
    assert came == [(2, True), *[(2, False)] * 3, *[(2, True)] * 2, *[(2, False)] * 2]


def test_opentelemetry_logs_again_when_the_last_tracer_is_closed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    pytest.importorskip("opentelemetry.sdk.trace.export")
    from translator.telemetry.exporting import LastWords

    log = logging.getLogger("opentelemetry.some")
    first, second = LastWords(), LastWords()
    log.warning("kept out")
    second.close()
    second.close()
    log.warning("kept out still")
    first.close()
    log.warning("heard")
    assert [record.getMessage() for record in caplog.records] == ["heard"]
    assert (first.take(), second.take()) == ("kept out still", "kept out")


# A caller's trace.


def test_of_the_headers_only_those_of_a_trace_are_taken() -> None:
    headers: list[tuple[str, str | bytes]] = [
        ("authorization", "Bearer tk_x"), ("traceparent", "first"), ("traceparent", "second"),
        ("tracestate", "a=" + "x" * 511), ("traceparent-bin", b"y"), ("tracestate", "b=1"),
    ]  # fmt: skip
    assert trace_headers(headers) == (("traceparent", "first"), ("tracestate", "b=1"))


def test_a_traceparent_is_sent_as_it_is() -> None:
    assert trace_metadata(TRACEPARENT) == (("traceparent", TRACEPARENT),)
    assert trace_metadata("") == ()


@pytest.mark.parametrize(
    "value",
    [
        "yes", TRACEPARENT.upper(), TRACEPARENT + "\n", " " + TRACEPARENT, TRACEPARENT[:-1],
        TRACEPARENT + "-more", "ff" + TRACEPARENT[2:], "00-" + "0" * 32 + TRACEPARENT[35:],
        TRACEPARENT[:36] + "0" * 16 + "-01", "Current",
    ],
)  # fmt: skip
def test_what_is_no_traceparent_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match=r"^traceparent: is .*; allowed: 00-TRACE-SPAN-FLAGS"):
        trace_metadata(value)


def test_the_current_trace_is_that_of_opentelemetry() -> None:
    trace = pytest.importorskip("opentelemetry.trace")
    from opentelemetry import context

    assert trace_metadata("current") == ()
    inside = trace.SpanContext(0xAF7651916CD43DD8448EB211C80319C, 0xB7AD6B7169203331, False, 1)
    token = context.attach(trace.set_span_in_context(trace.NonRecordingSpan(inside)))
    try:
        assert trace_metadata("current") == (("traceparent", TRACEPARENT),)
    finally:
        context.detach(token)


def test_without_opentelemetry_there_is_no_current_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    assert trace_metadata("current") == ()


def asked(*arguments: str, environment: dict[str, str]) -> tuple[str, str]:
    """What a command gets, and what it says."""

    @click.command
    @server_options
    def command(server: ServerChoice) -> None:
        click.echo(server.traceparent)

    done = CliRunner().invoke(command, arguments, env=environment)
    return done.stdout.strip(), done.stderr


def test_a_command_is_in_the_trace_that_it_is_given_or_that_of_its_environment() -> None:
    other = TRACEPARENT[:-1] + "0"
    assert asked(environment={}) == ("", "")
    assert asked(environment={"TRACEPARENT": TRACEPARENT}) == (TRACEPARENT, "")
    got = asked("--traceparent", other, environment={"TRACEPARENT": TRACEPARENT})
    assert got == (other, "")


def test_a_trace_that_is_none_is_refused_but_not_one_that_others_left() -> None:
    nothing, says = asked("--traceparent", "yes", environment={})
    assert nothing == ""
    assert "Invalid value for '--traceparent': is 'yes'; allowed: 00-TRACE-SPAN-FLAGS" in says
    assert asked(environment={"TRACEPARENT": "yes"}) == ("", "")
