"""``translator serve``: run the service until it is told to stop."""

import asyncio
import logging
import signal
from pathlib import Path
from typing import Any

import click

from translator.cli.errors import one_sentence
from translator.config import ServerConfig, load_config
from translator.server.app import running

__all__ = ["command"]


@click.command("serve")
@click.option("--config", "file", type=click.Path(path_type=Path), help="Settings in TOML.")
@click.option("--host", help="Address to listen on.  [default: 127.0.0.1]")
@click.option("--port", type=int, help="Port to listen on; 0 takes a free one.  [default: 50051]")
@click.option(
    "--model",
    "models",
    multiple=True,
    metavar="PAIR=FOLDER",
    help="A Marian/Firefox or Transformers folder, e.g. en-de=/models/ende, or an id of the "
    "Hugging Face hub; all=FOLDER serves every pair of it; repeatable. "
    "[default: the embedded en-pt and pt-en]",
)
@click.option("--device", help="cpu, cuda, cuda:1, …  [default: cpu]")
@click.option("--threads", type=int, help="Threads of one tensor operation.  [default: 1]")
@click.option("--metrics-port", type=int, help="Port of the Prometheus page.  [default: none]")
@click.option("--admin-port", type=int, help="Port of channelz.  [default: none]")
@click.option("--drain-grace-s", type=float, help="Seconds streams get to move away.")
@click.option("--fake-model", is_flag=True, default=None, help="Serve the test kit's fake model.")
@click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    default="info",
    show_default=True,
)
def command(file: Path | None, log_level: str, **options: Any) -> None:
    """Serve until SIGTERM or Ctrl-C, then let the streams move away; a second one ends at once.

    Prints `serving on HOST:PORT` once it is ready; everything else goes to standard error. Further
    settings (limits, heartbeat) come from --config and from TRANSLATOR_* variables.
    """
    logging.basicConfig(
        level=log_level.upper(), format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    given = {key: value for key, value in options.items() if value is not None and value != ()}
    with one_sentence():
        asyncio.run(_serve(load_config(file, given)))


async def _serve(config: ServerConfig) -> None:
    stop, hurry = asyncio.Event(), asyncio.Event()

    def signalled() -> None:
        (hurry if stop.is_set() else stop).set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, signalled)
    async with running(config) as server:
        if server.metrics_port is not None:
            click.echo(f"metrics on {config.admin_host}:{server.metrics_port}", err=True)
        if server.admin_port is not None:
            click.echo(f"channelz on {config.admin_host}:{server.admin_port}", err=True)
        click.echo(f"serving on {server.address}")
        await stop.wait()
        drain = asyncio.create_task(server.drain())
        hurried = asyncio.create_task(hurry.wait())
        await asyncio.wait({drain, hurried}, return_when=asyncio.FIRST_COMPLETED)
        hurried.cancel()
        drain.cancel()
