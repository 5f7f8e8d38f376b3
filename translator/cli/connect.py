"""Connects to the server at an address, or starts one in this process."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, TypeVar

import click

from translator.client import AsyncTranslatorClient, Connecting, Reconnecting
from translator.errors import TranslatorError

__all__ = ["connected", "patience_s", "server_options", "told"]

_F = TypeVar("_F", bound=Callable[..., Any])

# If the server answers within this time, say nothing.
_QUIET_S = 0.5


def server_options(command: _F) -> _F:
    """Add the options ``--address``, ``--connect-timeout`` and ``--model``."""
    command = click.option(
        "--connect-timeout",
        "connect_timeout_s",
        type=click.FloatRange(min=0, min_open=True),
        default=10.0,
        show_default=True,
        metavar="SECONDS",
        help="Give up when no server has answered within this many seconds.",
    )(command)
    command = click.option(
        "--address",
        metavar="HOST:PORT",
        help="A running server.  [default: start one in this process]",
    )(command)
    return click.option(
        "--model",
        "models",
        multiple=True,
        metavar="PAIR[=FOLDER]",
        help="For the server in this process: a pulled model, a folder or a hub id, as for "
        "`serve`; repeatable.",
    )(command)


@asynccontextmanager
async def connected(
    address: str | None, models: tuple[str, ...] = (), *, connect_timeout_s: float = 10.0
) -> AsyncIterator[AsyncTranslatorClient]:
    """A connected client. Without an address, a server is started, and ends with the client.

    While no server answers, standard error says so, and why.

    Raises:
        ConnectionLostError: No server at the address answered within ``connect_timeout_s``.
        OperatorError: The server in this process cannot be set up.
    """
    if address is not None and models:
        raise click.UsageError("--model is for the server inside; --address names a running one")
    async with AsyncExitStack() as stack:
        if address is None:
            # Only now: a client of a running server needs no torch.
            from translator.config import load_config
            from translator.server.app import running

            # The ports of a server that may run beside this one are not for this one; of
            # its models only what is used is loaded.
            own = {
                "host": "127.0.0.1",
                "port": 0,
                "metrics_port": None,
                "admin_port": None,
                "preload": False,
            }
            config = load_config(overrides=own | ({"models": models} if models else {}))
            address = (await stack.enter_async_context(running(config))).address
        client = await stack.enter_async_context(AsyncTranslatorClient(address))
        await _connect(client, address, connect_timeout_s)
        yield client


def patience_s(address: str | None) -> float:
    """How long the first answer may take, in seconds.

    Longer from a server inside: nobody else can end the wait, and it may have kernels to compile.
    """
    return 60.0 if address is not None else 3600.0


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
