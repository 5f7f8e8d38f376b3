"""``translator captions``: live captions that a whole room can read."""

import asyncio
import contextlib
import gc
import resource
import secrets
import signal
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click

from translator.cli.connect import INSIDE, gateway_servers
from translator.client.login import Login
from translator.config import ServerConfig, load_config
from translator.errors import ConfigError
from translator.log import LogLevel, set_up_log

if TYPE_CHECKING:
    from translator.captions.hearing import Ears

__all__ = ["allow_many_files", "command", "reachable"]

_MIN_SECRET = 32


@click.command("captions")
@gateway_servers
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8080,
    show_default=True,
    help="Port to listen on; 0 takes a free one.",
)
@click.option(
    "--grpc-port",
    type=click.IntRange(0, 65535),
    help="Port to serve the same rooms on over gRPC, for programs and for gateways that relay "
    "them; 0 takes a free one.  [default: none]",
)
@click.option(
    "--relay-from",
    "upstream",
    metavar="HOST:PORT",
    help="Relay the rooms of the gateway whose --grpc-port this is, for viewers only; both need "
    "the same --secret. --tls and the like are for that gateway.",
)
@click.option(
    "--public-url",
    metavar="URL",
    help="Where others reach the gateway, for the links.  [default: http://HOST:PORT]",
)
@click.option(
    "--tls-cert",
    type=click.Path(path_type=Path),
    help="The gateway's own certificate (PEM): pages over https, which microphones need.",
)
@click.option("--tls-key", type=click.Path(path_type=Path), help="The private key of --tls-cert.")
@click.option("--room", "room_id", metavar="NAME", help="The room's name.  [default: a new one]")
@click.option("--title", default="", help="What the room is called on its pages.")
@click.option(
    "--pin",
    "pinned",
    multiple=True,
    metavar="LANGUAGE",
    help="Translate into it even while nobody reads it; repeatable.",
)
@click.option(
    "--secret",
    "secret_file",
    type=click.Path(path_type=Path),
    help="A file that keeps what links are signed with, made where it is not there: links outlive "
    "a restart.  [default: new in each run]",
)
@click.option(
    "--origin",
    "origins",
    multiple=True,
    metavar="URL",
    help="A web site whose pages may connect, besides the gateway's own; repeatable.",
)
@click.option(
    "--max-viewers",
    type=click.IntRange(1),
    default=10_000,
    show_default=True,
    help="Viewers of a room at once.",
)
@click.option(
    "--keep",
    "keep_s",
    type=click.FloatRange(10.0),
    default=4 * 3600.0,
    show_default=True,
    metavar="SECONDS",
    help="How long captions are kept, in memory, for those who come late.",
)
@click.option(
    "--sink",
    "sinks",
    multiple=True,
    metavar="LANGUAGE:KIND=WHERE",
    help="Send the room's captions there too, such as pt:zoom=URL; original:… is what is said. "
    "Repeatable; see docs/subtitles.md.",
)
@click.option(
    "--record",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Write transcripts there: of what is said, and of each --pin. All pages say so.  "
    "[default: nothing is recorded]",
)
@click.option(
    "--speech",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="A Whisper model in CTranslate2's format: speakers may use a microphone in any browser; "
    "see docs/speech.md.",
)
@click.option(
    "--redis",
    "redis_url",
    metavar="URL",
    help="Keep committed captions in that Redis too, for as long as --keep says: a gateway that is "
    "started after this one has ended goes on with its rooms. It needs --secret.",
)
@click.option("--qr/--no-qr", default=None, help="Print the viewers' link as a QR code too.")
@click.option("--log-level", type=click.Choice(get_args(LogLevel)), default="warning")
def command(
    addresses: tuple[str, ...],
    models: tuple[str, ...],
    host: str,
    port: int,
    grpc_port: int | None,
    upstream: str | None,
    public_url: str | None,
    tls_cert: Path | None,
    tls_key: Path | None,
    room_id: str | None,
    title: str,
    pinned: tuple[str, ...],
    secret_file: Path | None,
    origins: tuple[str, ...],
    max_viewers: int,
    keep_s: float,
    sinks: tuple[str, ...],
    record: Path | None,
    speech: Path | None,
    redis_url: str | None,
    qr: bool | None,
    log_level: LogLevel,
    login: Login,
) -> None:
    """Show live captions to a room.

    Prints a link for whoever speaks, one for everybody who reads, and one for whoever runs the
    room. Each viewer picks a language; a language is translated only while somebody reads it.
    Captions are kept in memory only, and nothing is recorded unless --record says where.
    """
    if addresses and models:
        raise click.UsageError("--model is for the server inside; --address names a running one")
    if upstream is not None and (addresses or models):
        raise click.UsageError("--relay-from translates nothing: leave out --address and --model")
    if upstream is not None and (sinks or record is not None or speech is not None):
        raise click.UsageError(
            "--sink, --record and --speech are for the gateway where people speak, not for a relay"
        )
    if redis_url is not None and (upstream is not None or secret_file is None):
        raise click.UsageError(
            "--redis is for the gateway where people speak, and needs --secret: links have to be "
            "good at the next one"
        )
    if upstream is not None and secret_file is None:
        raise click.UsageError("--relay-from needs the --secret of the other gateway")
    if login != Login() and not addresses and upstream is None:
        raise click.UsageError(
            "--tls, --ca, --cert, --key and --access-key need --address or --relay-from"
        )
    if (tls_cert is None) != (tls_key is None):
        raise click.UsageError("--tls-cert and --tls-key go together")

    async def run() -> None:
        # Only now: help and a mistake in the options need none of this.
        from translator.captions.audience import RoomLimits
        from translator.captions.gateway import GatewayConfig, make_app
        from translator.captions.hall import Hall
        from translator.captions.links import Links, Role, new_room_id
        from translator.captions.live_room import LiveRoom
        from translator.captions.relay import Upstream, connected_upstream
        from translator.captions.requests import parse_language, parse_room_id
        from translator.captions.rpc import serving_rpc
        from translator.captions.servers import Servers, connected_servers
        from translator.captions.serving import listen, serving
        from translator.captions.store import connected_store
        from translator.cli.room_outlets import outlets

        ears = None if speech is None else _ears(speech)
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        for language in pinned:
            parse_language(language, "pin")
        name = parse_room_id(room_id) if room_id is not None else new_room_id()
        secret = _secret(secret_file)
        async with AsyncExitStack() as stack:
            listening = stack.enter_context(contextlib.closing(listen(host, port)))
            bound = listening.getsockname()[1]
            scheme = "http" if tls_cert is None else "https"
            url = (public_url or f"{scheme}://{reachable(host)}:{bound}").rstrip("/")
            links = Links(secret, url)
            origin: Servers | Upstream
            if upstream is not None:
                relayed = connected_upstream(upstream, links, login)
                origin = await stack.enter_async_context(relayed)
            else:
                served = addresses
                if not served:
                    from translator.cli.server_inside import server_inside

                    click.echo("starting a server …", err=True)
                    served = (await stack.enter_async_context(server_inside(_inside(models))),)
                origin = await stack.enter_async_context(connected_servers(served, login))
            limits = RoomLimits(max_viewers=max_viewers, max_age_s=keep_s)
            store = None
            if redis_url is not None:
                store = await stack.enter_async_context(connected_store(redis_url, keep_s))
            hall = Hall(origin, limits=limits, pinned=pinned, ears=ears, store=store)
            room = hall.room(name, title=title, permanent=True)
            if isinstance(room, LiveRoom):
                for outlet in outlets(name, sinks, record, pinned):
                    room.add_outlet(outlet)
            app = make_app(hall, links, GatewayConfig(origins))
            certificate = None if tls_cert is None or tls_key is None else (tls_cert, tls_key)
            await stack.enter_async_context(serving(app, listening, hall.close, certificate))
            roles = [("speak", Role.SPEAK), ("read", Role.VIEW), ("operate", Role.OPERATE)]
            told = [(label, links.url(name, role)) for label, role in roles]
            if upstream is not None:
                # Whoever speaks does so at the other gateway.
                del told[0]
            if grpc_port is not None:
                bound = await stack.enter_async_context(
                    serving_rpc(hall, links, host, grpc_port, certificate=certificate)
                )
                told.append(("grpc", f"{reachable(host)}:{bound}"))
                if upstream is None:
                    told.append(("rooms", links.all_rooms_url()))
            gc.freeze()
            for label, what in told:
                click.echo(f"{label:<8} {what}")
            if qr or (qr is None and sys.stdout.isatty()):
                _print_qr(links.url(name, Role.VIEW))
            if reachable(host) == "127.0.0.1" and public_url is None:
                click.echo("only this machine can open them; for others: --host 0.0.0.0", err=True)
            sys.stdout.flush()
            await stop.wait()

    set_up_log(log_level, "text")
    allow_many_files()
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run())


def _ears(folder: Path) -> "Ears":
    """What recognises speech, in a thread of its own.

    Raises:
        ConfigError: The folder has no model.
        ModuleNotFoundError: The extra ``speech`` is not installed.
    """
    from translator.captions.hearing import Ears
    from translator.cli.audio import load_speech

    return Ears(load_speech(folder), ThreadPoolExecutor(1, "speech"))


def _inside(models: tuple[str, ...]) -> ServerConfig:
    own = {**INSIDE, "preload": True, "workers": 1, "drain_grace_s": 1.0, "log_level": "warning"}
    return load_config(overrides=own | ({"models": models} if models else {}))


def _secret(file: Path | None) -> bytes:
    """What links are signed with.

    Raises:
        ConfigError: The file cannot be read or written, or is too short.
    """
    if file is None:
        return secrets.token_bytes(_MIN_SECRET)
    try:
        if not file.exists():
            file.touch(mode=0o600)
            file.write_text(secrets.token_hex(_MIN_SECRET) + "\n", encoding="ascii")
        secret = file.read_bytes().strip()
    except OSError as error:
        raise ConfigError(f"secret: {file}: {error.strerror}") from error
    if len(secret) < _MIN_SECRET:
        raise ConfigError(f"secret: {file} has {len(secret)} bytes, at least {_MIN_SECRET} needed")
    return secret


def reachable(host: str) -> str:
    """The address that others in the network use; of all addresses the one of the way out."""
    if host not in {"0.0.0.0", "::"}:  # noqa: S104
        return f"[{host}]" if ":" in host else host
    # Nothing is sent: it only asks which way a packet would take.
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
        try:
            way.connect(("192.0.2.1", 9))
            address: str = way.getsockname()[0]
        except OSError:
            return "127.0.0.1"
    return address


def _print_qr(url: str) -> None:
    import segno

    segno.make(url, error="l", micro=False).terminal(compact=True, border=2)


def allow_many_files() -> None:
    """Each viewer is a file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
