"""A client for the server at an address, or for one started inside."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, TypeVar

import click

from translator.client import AsyncTranslatorClient

__all__ = ["connected", "server_options"]

_F = TypeVar("_F", bound=Callable[..., Any])


def server_options(command: _F) -> _F:
    """``--address`` and ``--model``."""
    command = click.option(
        "--address",
        metavar="HOST:PORT",
        help="A running server.  [default: one is started inside]",
    )(command)
    return click.option(
        "--model",
        "models",
        multiple=True,
        metavar="PAIR[=FOLDER]",
        help="For the server inside: a pulled model, a folder or a hub id, as for `serve`; "
        "repeatable.",
    )(command)


@asynccontextmanager
async def connected(
    address: str | None, models: tuple[str, ...] = ()
) -> AsyncIterator[AsyncTranslatorClient]:
    """A client; without an address a server is started for it and ends with it.

    Raises:
        OperatorError: The server inside cannot be set up.
    """
    if address is not None and models:
        raise click.UsageError("--model is for the server inside; --address names a running one")
    async with AsyncExitStack() as stack:
        if address is None:
            # Only now: a client of a running server needs no torch.
            from translator.config import load_config
            from translator.server.app import running

            # The ports of a server that may run beside this one are not for this one.
            own = {"host": "127.0.0.1", "port": 0, "metrics_port": None, "admin_port": None}
            config = load_config(overrides=own | ({"models": models} if models else {}))
            address = (await stack.enter_async_context(running(config))).address
        yield await stack.enter_async_context(AsyncTranslatorClient(address))
