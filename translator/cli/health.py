"""``translator health``: asks a server whether it takes calls."""

import asyncio
from pathlib import Path
from typing import Any

import click

from translator.cli.connect import login_options
from translator.client import AsyncTranslatorClient, tls_credentials
from translator.client.login import Login
from translator.errors import ConnectionLostError

__all__ = ["command"]


@click.command("health")
@click.option(
    "--address",
    metavar="HOST:PORT",
    help="The server.  [default: the one on this machine that the settings describe]",
)
@click.option("--config", "file", type=click.Path(path_type=Path), help="Its settings in TOML.")
@click.option(
    "--timeout",
    "timeout_s",
    type=click.FloatRange(min=0, min_open=True),
    default=4.0,
    show_default=True,
    metavar="SECONDS",
    help="Give up after this many seconds.",
)
@login_options
def command(address: str | None, file: Path | None, timeout_s: float, login: Login) -> None:
    """Ask a server whether it takes calls: for probes of containers, and for people.

    The exit status is 0 when it does, and 3 when it drains or cannot be reached. Without --address
    it is the server on this machine whose port and certificate are in --config and in TRANSLATOR_*
    variables, as for `serve`.
    """
    arguments: dict[str, Any] = dict(login.arguments())
    options: list[tuple[str, str]] = []
    if address is None:
        address, arguments, options = _own(file, arguments)
    click.echo(asyncio.run(_ask(address, arguments, options, timeout_s)))


def _own(
    file: Path | None, arguments: dict[str, Any]
) -> tuple[str, dict[str, Any], list[tuple[str, str]]]:
    """Where the server on this machine is, and how its certificate is known."""
    from translator.access.certificates import read_names
    from translator.config import load_config

    config = load_config(file)
    # A server on every address is also on this one.
    every = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104
    host = every.get(config.host, config.host)
    address = f"[{host}]:{config.port}" if ":" in host else f"{host}:{config.port}"
    if config.tls_cert is None or arguments["credentials"] is not None:
        return address, arguments, []
    # It is known by its own certificate, under its own name: nobody else has its key.
    names = read_names(config.tls_cert)
    # With a client's certificate asked for, its own may do.
    own = {"cert": config.tls_cert, "key": config.tls_key} if config.tls_client_ca else {}
    arguments["credentials"] = tls_credentials(ca=config.tls_cert, **own)
    return address, arguments, [("grpc.ssl_target_name_override", name) for name in names[:1]]


async def _ask(
    address: str, arguments: dict[str, Any], options: list[tuple[str, str]], timeout_s: float
) -> str:
    async with AsyncTranslatorClient(address, channel_options=options, **arguments) as client:
        if not await client.is_serving(timeout_s=timeout_s):
            raise ConnectionLostError(f"{address} takes no calls: it is going away")
    return f"{address} takes calls"
