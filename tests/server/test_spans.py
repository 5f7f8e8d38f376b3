"""Spans over the wire: what a collector gets of calls, and what it never gets."""

import asyncio
import json
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from logging.handlers import WatchedFileHandler
from pathlib import Path
from typing import Any

import grpc
import pytest
import trustme

from clients.conformance.proxy import Proxy
from tests.server.collectors import Collector, Span, collecting
from tests.server.fronts import fronts, models
from tests.server.processes import CLEAN, COMMAND
from tests.server.wire import config, exchange
from translator.access.keys import digest
from translator.client import AsyncTranslatorClient, TranslatorClient
from translator.client.login import Login
from translator.config import ServerConfig, trace_settings
from translator.errors import InvalidRequestError, TranslatorError, UnauthenticatedError
from translator.log import TRACE_ID, set_up_log
from translator.telemetry.tracing import open_tracer
from translator.testing import fake_translation, serve_in_process

pytestmark = pytest.mark.server

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
TRACEPARENT = f"00-{TRACE}-{PARENT}-01"
NOT_SAMPLED = f"00-{TRACE}-{PARENT}-00"
SERVER = 2
TEXT = "hello there my friend. how are you today?"


def traced(collector: Collector, **settings: Any) -> ServerConfig:
    given = {"trace_endpoint": collector.url, "trace_sample": 1.0, "trace_updates": 1.0}
    return ServerConfig(port=0, **{**given, **settings})


async def spoken(client: AsyncTranslatorClient, **options: Any) -> tuple[str, str]:
    """The session and the transcript of a stream that says TEXT."""
    async with client.stream(source="xx", targets=["yy"], **options) as stream:
        for word in TEXT.split():
            await stream.send(word + " ")
        await stream.close_source()
        async for _ in stream:
            pass
        return stream.session_id, stream.transcript("yy")


def one(collector: Collector, name: str) -> Span:
    [span] = collector.named(name)
    return span


async def test_every_call_has_a_span_in_its_callers_trace() -> None:
    with collecting() as collector:
        async with serve_in_process(traced(collector)) as server:
            async with AsyncTranslatorClient(server.address, traceparent=TRACEPARENT) as client:
                session, transcript = await spoken(client)
                await client.translate([TEXT], "xx", "yy")
                assert len([r async for r in client.batch(["a b"], source="xx", target="yy")]) == 1
                await client.list_models()
    calls = [span for span in collector.spans if span.kind == SERVER]
    assert sorted(span.name for span in calls) == ["batch", "models", "stream", "translate"]
    for span in calls:
        assert (span.trace_id, span.parent_id, span.is_error) == (TRACE, PARENT, False)
        assert span.attributes["rpc.response.status_code"] == "OK"
        assert span.resource["service.name"] == "translator"
    stream = one(collector, "stream").attributes
    assert stream["session.id"] == session
    assert stream["translator.models"] == "fake"
    assert stream["translator.source_words"] == len(TEXT.split())
    assert stream["translator.target_words"] == len(transcript.split())
    assert one(collector, "translate").attributes["translator.source_characters"] == len(TEXT)
    assert one(collector, "batch").attributes["translator.items"] == 1


async def test_a_gateways_requests_have_spans_and_the_servers_are_below_them(
    tmp_path: Path,
) -> None:
    rules = tmp_path / "access.toml"
    rules.write_text(f'[[keys]]\nname = "desk"\nsha256 = "{digest("tk_secret")}"\n')
    access_key = tmp_path / "key"
    access_key.write_text("tk_secret")
    question = {"q": "hello there", "source": "en", "target": "pt"}
    with collecting() as collector:
        settings = trace_settings(traced(collector))
        assert settings is not None
        tracer = open_tracer(replace(settings, service="gateway"), lambda *_: None)
        async with (
            serve_in_process(
                traced(collector, access=rules, trace_sample=0.0), models=[*models()]
            ) as server,
            fronts(server.address, login=Login(access_key=access_key), tracer=tracer) as own,
        ):
            for traceparent in ("", TRACEPARENT, NOT_SAMPLED, "00-marmalade"):
                sent = {"traceparent": traceparent} if traceparent else {}
                assert (await own.ask("/translate", question, headers=sent)).code == 200
            assert (await own.ask("/translate", {**question, "target": "zz"})).code == 400
            assert (await own.ask("/translate", {**question, "api_key": "tk_no"})).code == 403
        tracer.close(3.0)
    requests = {span.span_id: span for span in collector.named("libretranslate")}
    # That in a trace that is not sampled has none, and nor have strangers.
    assert len(requests) == 4
    assert sorted(str(s.attributes["rpc.response.status_code"]) for s in requests.values()) == [
        "NOT_FOUND",
        *(["OK"] * 3),
    ]
    assert {s.attributes["http.route"] for s in requests.values()} == {"/translate"}
    assert [s.parent_id for s in requests.values() if s.trace_id == TRACE] == [PARENT]
    # The server samples nothing by itself here, and all that is below a request.
    calls = collector.named("translate")
    assert len(calls) == 4
    assert all(requests[call.parent_id].trace_id == call.trace_id for call in calls)
    for secret in (b"tk_", b"hello", b"HELLO", b"marmalade"):
        assert secret not in collector.raw


async def test_without_a_collector_a_gateway_passes_the_callers_trace_on() -> None:
    question = {"q": "hello there", "source": "en", "target": "pt"}
    with collecting() as collector:
        async with (
            serve_in_process(traced(collector), models=[*models()]) as server,
            fronts(server.address) as own,
        ):
            asked = await own.ask("/translate", question, headers={"traceparent": TRACEPARENT})
            assert asked.code == 200
    assert one(collector, "translate").parent_id == PARENT


async def test_some_items_of_a_batch_are_parts_of_its_span() -> None:
    texts = [f"text number {number} here" for number in range(10)]
    with collecting() as collector:
        async with serve_in_process(traced(collector, trace_updates=0.3)) as server:
            async with AsyncTranslatorClient(server.address) as client:
                answers = [a async for a in client.batch(texts, source="xx", target="yy")]
    assert len(answers) == 10
    batch = one(collector, "batch")
    items = collector.children(batch)
    assert [span.name for span in items] == ["item"] * 3
    for item in items:
        assert batch.began_ns <= item.began_ns <= item.ended_ns <= batch.ended_ns
        assert item.attributes["translator.source_characters"] == len(texts[0])
        assert item.attributes["rpc.response.status_code"] == "OK"


async def test_updates_have_spans_that_say_where_their_time_went() -> None:
    with collecting() as collector:
        async with serve_in_process(traced(collector)) as server:
            async with AsyncTranslatorClient(server.address) as client:
                await spoken(client)
    stream = one(collector, "stream")
    updates = collector.children(stream)
    assert {span.name for span in updates} == {"update"}
    sequences = [span.attributes["translator.source_sequence"] for span in updates]
    assert sequences == list(range(1, len(TEXT.split()) + 1))
    for update in updates:
        assert stream.began_ns <= update.began_ns <= update.ended_ns <= stream.ended_ns
        parts = collector.children(update)
        assert {"write"} <= {part.name for part in parts} <= {"wait", "decode", "write"}
        assert all(part.began_ns <= part.ended_ns <= update.ended_ns for part in parts)
        assert {part.trace_id for part in parts} == {stream.trace_id}
    # A word that comes before the one before it is answered takes its place.
    assert any(part.name == "decode" for part in collector.children(updates[-1]))


async def test_no_text_and_no_key_is_in_what_a_collector_gets(tmp_path: Path) -> None:
    rules = tmp_path / "access.toml"
    rules.write_text(
        f'[[keys]]\nname = "desk"\nsha256 = "{digest("tk_secret")}"\nroles = ["stream", "batch"]\n'
    )
    with collecting() as collector:
        async with serve_in_process(traced(collector, access=rules)) as server:
            known, unknown = ([("x-api-key", key)] for key in ("tk_secret", "tk_unknown"))
            for metadata in (known, unknown):
                async with AsyncTranslatorClient(
                    server.address, metadata=metadata, traceparent=TRACEPARENT
                ) as client:
                    # What is wrong in a request comes back in its error.
                    with suppress(UnauthenticatedError):
                        await spoken(client)
                    for options in ({"model": "marmalade"}, {"glossaries": ["marmalade"]}):
                        with pytest.raises(TranslatorError):
                            await spoken(client, **options)
                    with pytest.raises(TranslatorError):
                        await client.translate([TEXT], "xx", "marmalade")
                    with pytest.raises(TranslatorError):
                        async for _ in client.batch([TEXT], source="marmalade", target="yy"):
                            pass
    words = {*TEXT.split(), *fake_translation(TEXT).split()} - {"are", "you", "my", "ARE"}
    for secret in ("tk_", "secret", "marmalade", *words):
        assert secret.encode() not in collector.raw
    # Strangers leave nothing: nobody fills a collector without a key.
    assert {span.attributes.get("translator.key") for span in collector.spans} == {"desk", None}
    calls = [span for span in collector.spans if span.kind == SERVER]
    assert [span.name for span in calls] == ["stream"] * 3 + ["translate", "batch"]
    reasons = [span.attributes.get("error.type") for span in calls]
    assert reasons[3] == "PERMISSION_DENIED"
    assert reasons[0] is None
    assert None not in reasons[1:]
    # What a client does wrong is no fault of the server.
    assert not any(span.is_error for span in calls)


async def test_a_fault_of_the_server_is_one_in_its_span(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("what is private")

    with collecting() as collector:
        async with serve_in_process(traced(collector)) as server:
            monkeypatch.setattr("translator.service.service.translate_texts", broken)
            async with AsyncTranslatorClient(server.address) as client:
                with pytest.raises(TranslatorError):
                    await client.translate([TEXT], "xx", "yy")
    span = one(collector, "translate")
    assert span.is_error
    assert span.attributes["rpc.response.status_code"] == "INTERNAL"
    assert b"private" not in collector.raw


async def test_calls_are_sampled_unless_the_caller_says() -> None:
    with collecting() as collector:
        config = traced(collector, trace_sample=0.0, trace_updates=0.0)
        async with serve_in_process(config) as server:
            async with AsyncTranslatorClient(server.address) as client:
                for traceparent in ("", NOT_SAMPLED, TRACEPARENT):
                    await spoken(client, traceparent=traceparent)
    assert [(span.name, span.parent_id) for span in collector.spans] == [("stream", PARENT)]


@pytest.mark.parametrize(
    "value", ["yes", f"ff-{TRACE}-{PARENT}-01", "00-" + "0" * 32 + f"-{PARENT}-01", "x" * 5000]
)
async def test_what_is_no_traceparent_begins_a_trace_of_its_own(value: str) -> None:
    with collecting() as collector:
        async with serve_in_process(traced(collector)) as server:
            metadata = [("traceparent", value), ("tracestate", "=,;" * 100)]
            async with AsyncTranslatorClient(server.address, metadata=metadata) as client:
                await client.list_models()
    span = one(collector, "models")
    assert (span.parent_id, len(span.trace_id)) == ("", 32)
    assert span.trace_id not in ("0" * 32, TRACE)


async def test_a_resumed_stream_stays_in_its_trace() -> None:
    proxy = Proxy()
    with collecting() as collector:
        async with serve_in_process(traced(collector, trace_sample=0.0)) as server:
            port = int(server.address.rpartition(":")[2])
            async with (
                proxy.listening(port) as address,
                AsyncTranslatorClient(address) as client,
                client.stream(source="xx", targets=["yy"], traceparent=TRACEPARENT) as stream,
            ):
                await stream.send("hello there. how ")
                await anext(stream)
                proxy.cut()
                await stream.send("are you? ")
                await stream.close_source()
                async for _ in stream:
                    pass
    streams = collector.named("stream")
    assert len(streams) == 2
    assert {(span.trace_id, span.parent_id) for span in streams} == {(TRACE, PARENT)}
    assert len({span.attributes["session.id"] for span in streams}) == 1


async def test_the_client_for_threads_is_in_its_callers_current_trace() -> None:
    from opentelemetry import context, trace

    inside = trace.SpanContext(int(TRACE, 16), int(PARENT, 16), False, trace.TraceFlags(1))

    def use(address: str) -> None:
        context.attach(trace.set_span_in_context(trace.NonRecordingSpan(inside)))
        with TranslatorClient(address, traceparent="current") as client:
            client.translate(["hello."], "xx", "yy")
            list(client.batch(["a b"], source="xx", target="yy"))
            with client.stream(source="xx", targets=["yy"]) as stream:
                stream.close_source()
                list(stream)

    with collecting() as collector:
        async with serve_in_process(traced(collector, trace_sample=0.0)) as server:
            await asyncio.to_thread(use, server.address)
    calls = [(span.name, span.parent_id) for span in collector.spans if span.kind == SERVER]
    assert calls == [("translate", PARENT), ("batch", PARENT), ("stream", PARENT)]


# The collector.


async def test_a_collector_that_hangs_holds_up_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "8")
    monkeypatch.setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "4")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    with collecting(hangs=True) as collector:
        async with serve_in_process(traced(collector)) as server:
            async with AsyncTranslatorClient(server.address) as client:
                # Many more spans than the queue takes.
                told = [await spoken(client) for _ in range(5)]
    assert {transcript for _, transcript in told} == {
        " ".join(map(fake_translation, ("hello there my friend.", "how are you today?")))
    }
    [warning] = [r for r in caplog.records if r.name.startswith("translator.telemetry")]
    place = collector.url.removeprefix("http://")
    assert warning.getMessage().startswith(f"spans cannot be sent to {place}; until they can, they")
    assert collector.spans == []


async def test_a_collector_that_is_not_there_is_one_sentence_and_a_metric(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "20")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0.05")
    config = traced(Collector("http://127.0.0.1:1"), metrics_port=0)
    async with serve_in_process(config) as server:
        async with AsyncTranslatorClient(server.address) as client:
            lost = 0.0
            while lost < 3:
                await client.list_models()
                lost = await asyncio.to_thread(lost_spans, server.metrics_port)
    [warning] = [r for r in caplog.records if r.name.startswith("translator.telemetry")]
    assert warning.getMessage().startswith("spans cannot be sent to 127.0.0.1:1; ")
    assert "\n" not in warning.getMessage()


def lost_spans(port: int | None) -> float:
    import urllib.request

    page = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics").read().decode()
    found = [line for line in page.splitlines() if line.startswith("translator_spans_total{outco")]
    return sum(float(line.split()[-1]) for line in found if '"lost"' in line)


async def test_headers_and_certificates_are_those_of_opentelemetrys_variables(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    issued = ca.issue_cert("localhost", "127.0.0.1")
    credentials = grpc.ssl_server_credentials(
        [(issued.private_key_pem.bytes(), issued.cert_chain_pems[0].bytes())]
    )
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", str(tmp_path / "ca.pem"))
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=north")
    monkeypatch.setenv("OTEL_SERVICE_NAME", "talks")
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=trial")
    with collecting(credentials=credentials) as collector:
        # The variables alone are enough.
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        async with serve_in_process(ServerConfig(port=0, trace_sample=1.0)) as server:
            async with AsyncTranslatorClient(server.address) as client:
                await client.list_models()
    resource = one(collector, "models").resource
    assert resource["service.name"] == "talks"
    assert resource["deployment.environment.name"] == "trial"
    assert resource["telemetry.sdk.name"] == "opentelemetry"
    assert collector.headers[0]["x-tenant"] == "north"


@contextmanager
def collecting_over_http() -> Iterator[tuple[Collector, list[str]]]:
    collector, paths = Collector(), list[str]()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            paths.append(self.path)
            answer = collector.take(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        collector.url = f"http://127.0.0.1:{server.server_port}"
        yield collector, paths
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("path", ["", "/", "/tenant/v1/traces"])
async def test_a_collector_over_http_gets_the_same(
    monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    pytest.importorskip("opentelemetry.exporter.otlp.proto.http")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
    with collecting_over_http() as (collector, paths):
        config = traced(Collector(collector.url + path))
        async with serve_in_process(config) as server:
            async with AsyncTranslatorClient(server.address, traceparent=TRACEPARENT) as client:
                await client.list_models()
    assert one(collector, "models").trace_id == TRACE
    assert paths == [path if len(path) > 1 else "/v1/traces"]


# The command line, and the log.


@pytest.fixture
def audit(tmp_path: Path) -> Iterator[Path]:
    """A file that gets the audit log, as JSON."""
    logger = logging.getLogger("translator.audit")
    set_up_log("info", "json", tmp_path / "audit.jsonl")
    yield tmp_path / "audit.jsonl"
    for handler in [*logger.handlers]:
        if isinstance(handler, WatchedFileHandler):
            logger.removeHandler(handler)
            handler.close()
    logger.propagate = True


async def test_lines_of_the_log_and_the_span_have_the_trace_of_the_command(
    tmp_path: Path, audit: Path
) -> None:
    text = tmp_path / "text.txt"
    text.write_text("hello there. how are you?\n")
    with collecting() as collector:
        config = traced(collector, trace_sample=0.0, audit_log=audit)
        async with serve_in_process(config) as server:
            command = (
                *COMMAND,
                "stream",
                "--address",
                server.address,
                "--from",
                "xx",
                "--to",
                "yy",
            )
            process = await asyncio.create_subprocess_exec(
                *command, str(text), env=CLEAN | {"TRACEPARENT": TRACEPARENT},
                stdout=asyncio.subprocess.PIPE,
            )  # fmt: skip
            output, _ = await process.communicate()
            assert b"HELLO" in output
            async with AsyncTranslatorClient(server.address) as client:
                await spoken(client)
    span = one(collector, "stream")
    assert (span.trace_id, span.parent_id) == (TRACE, PARENT)
    told = await asyncio.to_thread(audit.read_text)
    written = [json.loads(line) for line in told.splitlines()]
    streams = [line for line in written if line["event"] == "stream"]
    assert [line.get("trace_id") for line in streams] == [TRACE, None]
    assert streams[0]["session"] == span.attributes["session.id"]


async def test_what_failed_is_logged_with_its_trace(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError

    traces: list[str] = []
    caplog.handler.addFilter(lambda record: traces.append(TRACE_ID.get()) or True)  # type: ignore[func-returns-value]
    caplog.set_level(logging.ERROR)
    with collecting() as collector:
        async with serve_in_process(traced(collector)) as server:
            monkeypatch.setattr("translator.service.service.translate_texts", broken)
            async with AsyncTranslatorClient(server.address, traceparent=TRACEPARENT) as client:
                with pytest.raises(TranslatorError):
                    await client.translate([TEXT], "xx", "yy")
    assert traces == [TRACE]


async def test_a_refused_config_has_its_reason() -> None:
    with collecting() as collector:
        async with serve_in_process(traced(collector)) as server:
            done = await exchange(server.address, [config(["de"])])
            assert done.code is grpc.StatusCode.NOT_FOUND
            with pytest.raises(InvalidRequestError):
                async with AsyncTranslatorClient(server.address) as client:
                    await client.translate([], "xx", "yy")
    # The client may have had to ask again.
    reasons = {span.attributes["error.type"] for span in collector.named("stream")}
    assert reasons == {"LANGUAGE_PAIR_NOT_SUPPORTED"}
    assert one(collector, "translate").attributes["error.type"] == "INVALID_REQUEST"
