"""``translator gateway``: other services' protocols, and a page, over HTTP."""

import asyncio
import contextlib
import gc
import secrets
import signal
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, get_args

import click

from translator.cli.connect import INSIDE, gateway_servers
from translator.client.login import Login
from translator.config import ServerConfig, load_config, trace_settings
from translator.log import LogLevel, set_up_log

if TYPE_CHECKING:
    from translator.captions.servers import Servers
    from translator.fronts.web.app import Front, Neighbour
    from translator.fronts.web.hub import Hub
    from translator.telemetry.spans import Tracer

    MakeFront = Callable[[Hub], Front]

__all__ = ["command"]

# How long the end of a gateway waits for a collector that takes the last spans.
_TRACES_WITHIN_S = 3.0
_FRONTS = ("page", "libretranslate", "deepl", "azure", "google", "openai")


@click.command("gateway")
@gateway_servers
@click.option(
    "--front",
    "names",
    multiple=True,
    type=click.Choice(_FRONTS),
    help="Serve only this; repeatable. The page needs libretranslate.  [default: all]",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=5000,
    show_default=True,
    help="Port to listen on; 0 takes a free one.",
)
@click.option(
    "--tls-cert",
    type=click.Path(path_type=Path),
    help="The gateway's own certificate (PEM), for https.",
)
@click.option("--tls-key", type=click.Path(path_type=Path), help="The private key of --tls-cert.")
@click.option(
    "--origin",
    "origins",
    multiple=True,
    metavar="URL",
    help="A web site whose pages may call, besides the gateway's own; '*': any; repeatable.",
)
@click.option(
    "--glossaries",
    type=click.Path(path_type=Path),
    help="A folder that keeps the glossaries that callers make.  [default: in memory]",
)
@click.option("--captions", is_flag=True, help="Serve a room with live captions too.")
@click.option("--metrics-port", type=click.IntRange(0, 65535), help="Serve metrics at this port.")
@click.option("--metrics-host", default="127.0.0.1", show_default=True)
@click.option(
    "--audit-log",
    type=click.Path(path_type=Path),
    help="A file for a line about each request: JSON, without text.",
)
@click.option(
    "--trace-endpoint",
    metavar="URL",
    help="A collector that gets traces (OTLP); off: none.  [default: OTEL_EXPORTER_OTLP_ENDPOINT]",
)
@click.option(
    "--trace-sample",
    type=click.FloatRange(0, 1),
    help="Share of requests that are traced where the caller does not say.",
)
@click.option("--log-level", type=click.Choice(get_args(LogLevel)), default="warning")
def command(
    addresses: tuple[str, ...],
    models: tuple[str, ...],
    names: tuple[str, ...],
    host: str,
    port: int,
    tls_cert: Path | None,
    tls_key: Path | None,
    origins: tuple[str, ...],
    glossaries: Path | None,
    captions: bool,
    metrics_port: int | None,
    metrics_host: str,
    audit_log: Path | None,
    trace_endpoint: str | None,
    trace_sample: float | None,
    log_level: LogLevel,
    login: Login,
) -> None:
    """Serve the APIs of other translation services, and a page to try it.

    A caller's key is passed on to the server; who has none is let in with that of --access-key, if
    there is one.
    """
    if addresses and models:
        raise click.UsageError("--model is for the server inside; --address names a running one")
    if login != Login() and not addresses:
        raise click.UsageError("--tls, --ca, --cert, --key and --access-key need --address")
    if (tls_cert is None) != (tls_key is None):
        raise click.UsageError("--tls-cert and --tls-key go together")
    traces = {"trace_endpoint": trace_endpoint, "trace_sample": trace_sample}
    traced = {name: value for name, value in traces.items() if value is not None}
    served = names or _FRONTS
    if "page" in served and "libretranslate" not in served:
        raise click.UsageError("--front page needs --front libretranslate")

    async def run() -> None:
        # Only now: help and a mistake in the options need none of this.
        from prometheus_client import start_http_server

        from translator.captions.servers import connected_servers
        from translator.captions.serving import listen, serving
        from translator.cli.captions import reachable
        from translator.fronts.web.app import make_app
        from translator.fronts.web.documents import Documents
        from translator.fronts.web.hub import Hub
        from translator.languages.detection import FastTextDetector
        from translator.metrics import FrontMetrics

        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        makers = [_maker(name, origins, glossaries) for name in served]
        async with AsyncExitStack() as stack:
            listening = stack.enter_context(contextlib.closing(listen(host, port)))
            scheme = "http" if tls_cert is None else "https"
            url = f"{scheme}://{reachable(host)}:{listening.getsockname()[1]}"
            at = addresses
            if not at:
                from translator.cli.server_inside import server_inside

                click.echo("starting a server …", err=True)
                at = (await stack.enter_async_context(server_inside(_inside(models, traced))),)
            servers = await stack.enter_async_context(connected_servers(at, login))
            documents = await stack.enter_async_context(Documents(at, login))
            hub = Hub(servers, documents, FastTextDetector())
            metrics = FrontMetrics()
            fronts = [make(hub) for make in makers]
            tracer = stack.enter_context(_tracing(traced))
            room = _room(servers, url, origins) if captions else None
            app = make_app(
                fronts, metrics, neighbour=room and room.neighbour, origins=origins, tracer=tracer
            )
            if metrics_port is not None:
                start_http_server(metrics_port, metrics_host, metrics.registry)
            certificate = None if tls_cert is None or tls_key is None else (tls_cert, tls_key)
            goodbye = _nothing if room is None else room.goodbye
            await stack.enter_async_context(serving(app, listening, goodbye, certificate))
            gc.freeze()
            click.echo(f"{'gateway':<8} {url}/")
            for label, link in room.links if room is not None else ():
                click.echo(f"{label:<8} {link}")
            if tls_cert is None and reachable(host) != "127.0.0.1":
                click.echo("without --tls-cert others on the way read keys and texts", err=True)
            sys.stdout.flush()
            await stop.wait()

    set_up_log(log_level, "text", audit_log)
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run())


@contextlib.contextmanager
def _tracing(settings: Mapping[str, object]) -> Iterator["Tracer"]:
    """What begins the spans of requests."""
    from translator.telemetry.tracing import open_tracer

    named = trace_settings(load_config(overrides=dict(settings)))
    if named is not None:
        named = replace(named, service="translator-gateway")
    tracer = open_tracer(named, lambda *_: None)
    try:
        yield tracer
    finally:
        tracer.close(_TRACES_WITHIN_S)


def _inside(models: tuple[str, ...], traced: Mapping[str, object]) -> ServerConfig:
    own = {
        **INSIDE,
        **traced,
        "preload": True,
        "workers": 1,
        "drain_grace_s": 1.0,
        "log_level": "warning",
    }
    return load_config(overrides=own | ({"models": models} if models else {}))


def _maker(name: str, origins: tuple[str, ...], glossaries: Path | None) -> "MakeFront":
    """What makes a front, by name. Each is imported only where it is served."""
    if name == "libretranslate":
        from translator.fronts.libretranslate.front import LibreTranslate

        return LibreTranslate
    if name == "deepl":
        from translator.fronts.deepl.front import DeepL
        from translator.fronts.deepl.glossaries import Glossaries

        kept = Glossaries(glossaries)
        return lambda hub: DeepL(hub, kept)
    if name == "azure":
        from translator.fronts.azure.front import Azure

        return Azure
    if name == "google":
        from translator.fronts.google_rest.front import Google

        return Google
    if name == "openai":
        from translator.fronts.openai.front import OpenAI

        return OpenAI
    from translator.fronts.page.front import Page

    return lambda hub: Page(hub, origins)


class _Room(NamedTuple):
    """Captions beside the fronts: the app, what it is told at the end, and the links."""

    neighbour: "Neighbour"
    goodbye: Callable[[], Awaitable[None]]
    links: Sequence[tuple[str, str]]


def _room(servers: "Servers", url: str, origins: tuple[str, ...]) -> _Room:
    from translator.captions.gateway import GatewayConfig, is_address, make_app
    from translator.captions.hall import Hall
    from translator.captions.links import Links, Role, new_room_id
    from translator.fronts.web.app import Neighbour

    hall, links, name = Hall(servers), Links(secrets.token_bytes(32), url), new_room_id()
    hall.room(name, permanent=True)
    app = make_app(hall, links, GatewayConfig(origins))
    roles = (("speak", Role.SPEAK), ("read", Role.VIEW), ("operate", Role.OPERATE))
    return _Room(
        Neighbour(app, is_address, hall.open()),
        hall.close,
        [(label, links.url(name, role)) for label, role in roles],
    )


async def _nothing() -> None:
    """Nobody has to be told that the gateway ends."""
