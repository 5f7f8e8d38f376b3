"""Builds a listening server from settings, and shuts it down gracefully."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import grpc
import torch
from grpc_channelz.v1 import channelz
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from translator.access.certificates import Certificates
from translator.access.gate import Gate
from translator.access.quotas import Books
from translator.access.watched import Watched
from translator.catalog.describe import describe_models, fitting
from translator.config import ServerConfig, trace_settings
from translator.engine.async_engine import AsyncEngine
from translator.engine.engine import Engine, StepRecord, num_engines
from translator.engine.scheduler import SchedulerLimits
from translator.fronts.google.front import Google
from translator.fronts.grpc.around import AroundInterceptor
from translator.fronts.grpc.servicer import TranslatorServicer
from translator.fronts.riva.front import Riva
from translator.fronts.rpc.descriptors import reflected
from translator.fronts.rpc.front import RpcFront
from translator.fronts.rpc.interceptors import ErrorInterceptor
from translator.fronts.rpc.reading import Parsing
from translator.languages.detection import FastTextDetector, LanguageDetector
from translator.metrics import Metrics
from translator.models.base import DescribedModel, Seq2SeqModel
from translator.models.memory import default_limit
from translator.server.metrics_page import MetricsPage
from translator.server.ports import address_of, certificates_of, check_exposure, listen
from translator.service.context import ServiceContext
from translator.service.model_pool import ModelPool
from translator.service.service import TranslationService
from translator.service.source_languages import SourceLanguages
from translator.telemetry.tracing import open_tracer
from translator.terms.folder import GlossaryFolder
from translator.v1 import translator_service_pb2, translator_service_pb2_grpc

__all__ = ["RunningServer", "running"]

_log = logging.getLogger(__name__)

SERVICE = translator_service_pb2.DESCRIPTOR.services_by_name["TranslatorService"].full_name

# Other protocols, by the name in the settings.
_FRONTS: dict[str, type[RpcFront]] = {front.name: front for front in (Google, Riva)}

_OPTIONS = (
    # A client that silently vanished is noticed within 90 seconds. A frozen one, whose kernel takes
    # what is sent, falls under the second timeout, which would be a minute.
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.http2.ping_timeout_ms", 20_000),
    ("grpc.keepalive_permit_without_calls", 1),
    # Pings are answered, however many: that costs 0.3 us each. gRPC's way of ending a connection
    # with more than one in 5 minutes costs 150 us for each that has come already, and would cut off
    # a proxy that finds out by pings that a server hangs, twice a second; see deploy/envoy.
    ("grpc.http2.max_ping_strikes", 0),
    # No header is kept for later ones to refer to: 15,000 bytes of a call could name one of 4 kB as
    # often. A call then says its few headers anew.
    ("grpc.http2.hpack_table_size.decoder", 0),
    # A connection that says nothing holds one of the few that there are. One without calls is
    # opened again by its client when there is one.
    ("grpc.server_handshake_timeout_ms", 20_000),
    ("grpc.max_connection_idle_ms", 600_000),
)


def _options(config: ServerConfig) -> list[tuple[str, int]]:
    """What gRPC itself bounds: a stream costs memory before any of our code sees it."""
    limits = config.limits
    places = limits.max_sessions + limits.max_batches + limits.max_translate_requests
    return [
        *_OPTIONS,
        ("grpc.max_allowed_incoming_connections", limits.max_connections),
        ("grpc.max_concurrent_streams", limits.max_streams_per_connection or places),
        # A port that is taken is an error, unless it is the workers' own.
        ("grpc.so_reuseport", int(config.workers > 1)),
    ]


# How soon a new key counts.
_WATCH_S = 1.0
# How long the end of a server waits for a collector that takes the last spans.
_TRACES_WITHIN_S = 3.0


def _load_detector(config: ServerConfig) -> LanguageDetector:
    """The language detector; the fake model's languages are invented, so it gets a fake one."""
    if config.fake_model:
        from translator.languages.fake import FakeDetector

        return FakeDetector()
    return FastTextDetector()


def _load_glossaries(config: ServerConfig) -> GlossaryFolder | None:
    """The server's glossaries, all of which can be read now."""
    if config.glossaries is None:
        return None
    folder = GlossaryFolder(config.glossaries)
    folder.check()
    return folder


@dataclass(slots=True)
class RunningServer:
    """A server that is listening.

    Attributes:
        address: ``HOST:PORT`` of the service.
        metrics_port: Port of the Prometheus page, or None.
        admin_port: Port of channelz, or None.
    """

    address: str
    metrics_port: int | None
    admin_port: int | None
    service: TranslationService
    grpc_server: Any
    health: Any
    grace_s: float

    async def drain(self) -> None:
        """Send every stream away, wait for the grace period at most, and stop listening."""
        _log.info("draining sessions=%d grace_s=%.0f", self.service.num_sessions, self.grace_s)
        await self.health.enter_graceful_shutdown()
        self.service.drain(self.grace_s)
        # Streams end themselves with UNAVAILABLE when their time is up; this is the backstop.
        await self.grpc_server.stop(self.grace_s + 1.0)


@asynccontextmanager
async def running(
    config: ServerConfig,
    models: Iterable[Seq2SeqModel | DescribedModel] | None = None,
    detector: LanguageDetector | None = None,
    books: Books | None = None,
) -> AsyncIterator[RunningServer]:
    """Run a server while the context is open.

    Args:
        config: The settings.
        models: Replaces the models that the settings name.
        detector: Replaces the detector that goes with the models.
        books: What callers have used, where other workers count there too.

    Raises:
        OperatorError: A port cannot be opened, a glossary is damaged, or no model can be used.
    """
    check_exposure(config)
    certificates = certificates_of(config)
    gate = Gate(config.access)
    torch.set_num_threads(config.threads)
    metrics = Metrics(config.limits.model_dump())
    if certificates is not None:
        followed = certificates
        metrics.certificate_expires.set_function(lambda: followed.value.expires.timestamp())
    described = (
        describe_models(config) if models is None else [DescribedModel.of(m) for m in models]
    )
    glossaries = _load_glossaries(config)
    limit = config.model_memory or default_limit(config.device, config.workers)
    limits = SchedulerLimits(max_slots=config.max_batch_size)
    engine = AsyncEngine()

    def new_engines(model: Seq2SeqModel) -> list[Engine]:
        name = model.info.name
        return [
            Engine({name: model}, limits, on_step=_recorder(metrics, name))
            for _ in range(num_engines(model, config.threads))
        ]

    def exported(num_spans: int, is_sent: bool) -> None:
        metrics.spans.labels("sent" if is_sent else "lost").inc(num_spans)

    pool = ModelPool(fitting(described, limit), limit, engine, new_engines, metrics)
    if config.preload:
        await pool.preload()
    languages = SourceLanguages(pool.catalog, detector or _load_detector(config))
    fronts = [_FRONTS[name] for name in dict.fromkeys(config.fronts)]
    services = [SERVICE, *(front.descriptor.full_name for front in fronts)]
    keyed = ("/grpc.reflection",) if config.reflection == "key" else ()
    parsing = Parsing()
    server = grpc.aio.server(
        interceptors=(ErrorInterceptor(services, metrics, parsing), AroundInterceptor(gate, keyed)),
        options=_options(config),
    )
    health_servicer = await _add_health(server, services)
    if config.reflection != "off":
        reflection.enable_server_reflection(
            (*services, health.SERVICE_NAME, reflection.SERVICE_NAME),
            server,
            reflected(front.descriptor for front in fronts),
        )
    port = listen(server, config.host, config.port, "port", certificates)
    admin, admin_port = _admin_server(config, gate, certificates)
    page = None
    if config.metrics_port is not None:
        page = MetricsPage(config, metrics, gate, certificates)
    # After all that may fail: it has a thread of its own.
    tracer = open_tracer(trace_settings(config), exported)
    context = ServiceContext(config, pool, engine, languages, glossaries, gate, metrics)
    context.tracer = tracer
    context.books = books or Books()
    service = TranslationService(context)
    serve: Any = translator_service_pb2_grpc.add_TranslatorServiceServicer_to_server
    serve(TranslatorServicer(service, parsing), server)
    server.add_generic_rpc_handlers([front(service, metrics.fronts, parsing) for front in fronts])
    engine.start()
    following = [
        asyncio.create_task(_repeat(refresh)) for refresh in (gate.refresh, gate.refresh_tokens)
    ]
    try:
        await server.start()
        if admin is not None:
            await admin.start()
        yield RunningServer(
            address_of(config.host, port),
            None if page is None else page.port,
            admin_port,
            service,
            server,
            health_servicer,
            config.drain_grace_s,
        )
    finally:
        for task in following:
            task.cancel()
        await server.stop(0)
        if admin is not None:
            await admin.stop(0)
        if page is not None:
            await page.close()
        await pool.close()
        await engine.stop()
        await asyncio.to_thread(tracer.close, _TRACES_WITHIN_S)


async def _repeat(refresh: Callable[[], None]) -> None:
    """Look every second whether there is something new, in a thread: a disk may be slow."""
    while True:
        try:
            await asyncio.to_thread(refresh)
        except Exception:
            _log.exception("what is watched could not be looked at")
        await asyncio.sleep(_WATCH_S)


def _recorder(metrics: Metrics, model: str) -> Callable[[StepRecord], None]:
    step_time = metrics.step_time.labels(model)
    batch_size = metrics.batch_size.labels(model)
    running, waiting = metrics.running.labels(model), metrics.waiting.labels(model)
    queue_time = metrics.queue_time.labels(model)
    superseded = metrics.requests_superseded.labels(model)
    # A model may have several engines: each adds what is new.
    num_running = num_waiting = 0

    def record(step: StepRecord) -> None:
        nonlocal num_running, num_waiting
        step_time.observe(step.seconds)
        batch_size.observe(step.num_running + step.num_finished)
        running.inc(step.num_running - num_running)
        waiting.inc(step.num_waiting - num_waiting)
        num_running, num_waiting = step.num_running, step.num_waiting
        superseded.inc(step.num_superseded)
        for seconds in step.queued_s:
            queue_time.observe(seconds)

    return record


async def _add_health(server: Any, services: Iterable[str]) -> Any:
    servicer = health.aio.HealthServicer()  # type: ignore[attr-defined]
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    for name in ("", *services):
        await servicer.set(name, health_pb2.HealthCheckResponse.SERVING)
    return servicer


def _admin_server(
    config: ServerConfig, gate: Gate, certificates: Watched[Certificates] | None
) -> tuple[Any, int | None]:
    if config.admin_port is None:
        return None, None
    server: Any = grpc.aio.server(
        interceptors=(AroundInterceptor(gate, ("/",) if config.admin_access == "key" else ()),),
        options=_options(config.model_copy(update={"workers": 1})),
    )
    channelz.add_channelz_servicer(server)
    reflection.enable_server_reflection(
        ("grpc.channelz.v1.Channelz", reflection.SERVICE_NAME), server
    )
    port = listen(server, config.admin_host, config.admin_port, "admin_port", certificates)
    return server, port
