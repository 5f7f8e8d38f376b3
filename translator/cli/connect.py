"""Connects to the server at an address, or starts one in this process."""

import asyncio
import functools
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from translator.client import AsyncTranslatorClient, Connecting, Reconnecting
from translator.client.login import Login
from translator.client.traces import trace_metadata
from translator.errors import TranslatorError

__all__ = [
    "INSIDE",
    "ServerChoice",
    "connected",
    "gateway_servers",
    "login_options",
    "server_options",
    "told",
]

# A server inside keeps away from the ports, files and callers of one that may run beside it, and
# loads only the models that are used.
INSIDE: Mapping[str, Any] = {
    "host": "127.0.0.1",
    "port": 0,
    "metrics_port": None,
    "admin_port": None,
    "tls_cert": None,
    "tls_key": None,
    "tls_client_ca": None,
    "access": None,
    "audit_log": None,
    "trace_endpoint": "off",
    "preload": False,
}
# If the server answers within this time, say nothing.
_QUIET_S = 0.5


_NO_LOGIN = Login()


@dataclass(frozen=True, slots=True)
class ServerChoice:
    """The server that a command uses.

    Attributes:
        address: ``HOST:PORT``; None starts one in this process.
        models: For the one in this process.
        connect_timeout_s: How long a running one may take to answer.
        login: How the two know each other.
        traceparent: The trace that the command belongs to; "": none.
    """

    address: str | None = None
    models: tuple[str, ...] = ()
    connect_timeout_s: float = 10.0
    login: Login = _NO_LOGIN
    traceparent: str = ""

    @property
    def patience_s(self) -> float:
        """How long the first answer may take, in seconds.

        Longer from a server inside: nobody else can end the wait, and it may have kernels to
        compile.
        """
        return 60.0 if self.address is not None else 3600.0


def login_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--tls``, ``--ca``, ``--cert``, ``--key`` and ``--access-key``, as one argument."""

    @functools.wraps(command)
    def with_login(
        *, tls: bool, ca: Path | None, cert: Path | None, key: Path | None,
        access_key: Path | None, **others: Any,
    ) -> Any:  # fmt: skip
        return command(login=Login(tls, ca, cert, key, access_key), **others)

    file = click.Path(path_type=Path)
    decorated: Callable[..., Any] = with_login
    for option in (
        click.option(
            "--access-key", type=file, help="A file with the key that the server knows you by."
        ),
        click.option("--key", type=file, help="The private key of --cert (PEM)."),
        click.option("--cert", type=file, help="Your certificate, for a server that asks (PEM)."),
        click.option("--ca", type=file, help="Whose certificates are trusted (PEM)."),
        click.option("--tls", is_flag=True, help="The server has TLS; --ca and --cert imply it."),
    ):
        decorated = option(decorated)
    return decorated


def server_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--address``, ``--connect-timeout``, ``--traceparent``, ``--model`` and the login's.

    They come as one argument, ``server``, a ``ServerChoice``.
    """

    @functools.wraps(command)
    def with_server(
        *, address: str | None, models: tuple[str, ...], connect_timeout_s: float, login: Login,
        traceparent: str, **others: Any,
    ) -> Any:  # fmt: skip
        if address is None and login != _NO_LOGIN:
            raise click.UsageError("--tls, --ca, --cert, --key and --access-key need --address")
        return command(
            server=ServerChoice(address, models, connect_timeout_s, login, traceparent), **others
        )

    decorated = login_options(with_server)
    decorated = click.option(
        "--traceparent",
        envvar="TRACEPARENT",
        default="",
        callback=_checked_trace,
        help="The trace that the server's spans belong to (W3C).  [env: TRACEPARENT]",
    )(decorated)
    decorated = click.option(
        "--connect-timeout",
        "connect_timeout_s",
        type=click.FloatRange(min=0, min_open=True),
        default=10.0,
        show_default=True,
        metavar="SECONDS",
        help="Give up when no server has answered within this many seconds.",
    )(decorated)
    decorated = click.option(
        "--address",
        metavar="HOST:PORT",
        help="A running server.  [default: start one in this process]",
    )(decorated)
    return click.option(
        "--model",
        "models",
        multiple=True,
        metavar="PAIR[=FOLDER]",
        help="For the server in this process: a pulled model, a folder or a hub id, as for "
        "`serve`; repeatable.",
    )(decorated)


def _checked_trace(context: click.Context, option: click.Parameter, traceparent: str) -> str:
    try:
        trace_metadata(traceparent)
    except ValueError as error:
        # What others left in the environment stops no command.
        if context.get_parameter_source(option.name or "") is ParameterSource.ENVIRONMENT:
            return ""
        raise click.BadParameter(str(error).partition(": ")[2]) from None
    return traceparent


@asynccontextmanager
async def connected(server: ServerChoice) -> AsyncIterator[AsyncTranslatorClient]:
    """A connected client. Without an address, a server is started, and ends with the client.

    While no server answers, standard error says so, and why.

    Raises:
        ConnectionLostError: No server at the address answered in time.
        OperatorError: The server in this process cannot be set up, or a file cannot be used.
    """
    address, models = server.address, server.models
    if address is not None and models:
        raise click.UsageError("--model is for the server inside; --address names a running one")
    async with AsyncExitStack() as stack:
        if address is None:
            # Only now: a client of a running server needs no torch.
            from translator.config import load_config
            from translator.server.app import running

            config = load_config(overrides=dict(INSIDE) | ({"models": models} if models else {}))
            address = (await stack.enter_async_context(running(config))).address
        client = await stack.enter_async_context(
            AsyncTranslatorClient(
                address, **server.login.arguments(), traceparent=server.traceparent
            )
        )
        await _connect(client, address, server.connect_timeout_s)
        yield client


def told(event: Connecting | Reconnecting) -> str:
    """Say what is tried, and why."""
    doing = "reconnecting" if isinstance(event, Reconnecting) else "connecting"
    why = f": {event.cause.message}" if event.cause is not None else ""
    return f"{doing} to {event.address}{why}"


async def _connect(client: AsyncTranslatorClient, address: str, timeout_s: float) -> None:
    said: set[type] = set()

    def say(cause: TranslatorError | None) -> None:
        # Say it once, and the reason once: there are many attempts.
        if type(cause) not in said:
            why = f": {cause.message}" if cause is not None else ""
            click.echo(f"connecting to {address}, for up to {timeout_s:g} s{why}", err=True)
        said.update({type(cause), type(None)})

    def tell(event: Connecting) -> None:
        if event.cause is not None:
            say(event.cause)

    waiting = asyncio.get_running_loop().call_later(_QUIET_S, say, None)
    try:
        await client.connect(timeout_s=timeout_s, on_connecting=tell)
    finally:
        waiting.cancel()


def gateway_servers(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add what names the servers behind a gateway: ``addresses``, ``login`` and ``models``."""
    address = click.option(
        "--address",
        "addresses",
        multiple=True,
        metavar="HOST:PORT",
        help="A running server; repeatable: the next one is for when one does not answer.  "
        "[default: start one beside the gateway]",
    )
    model = click.option(
        "--model",
        "models",
        multiple=True,
        metavar="PAIR[=FOLDER]",
        help="For the server that is started: a pulled model, a folder or a hub id, as for "
        "`serve`; repeatable.",
    )
    return address(login_options(model(command)))
