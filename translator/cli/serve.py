"""``translator serve``: run the service until it is told to stop."""

import asyncio
from pathlib import Path
from typing import Any, get_args

import click

from translator.cli.errors import one_sentence
from translator.cli.running import Announcement, serve
from translator.cli.store import store_option
from translator.cli.workers import Workers
from translator.config import load_config, warn_of_service_links
from translator.log import LogFormat, LogLevel, set_up_log
from translator.precision import PRECISIONS

__all__ = ["command"]


@click.command("serve")
@click.option("--config", "file", type=click.Path(path_type=Path), help="Settings in TOML.")
@click.option("--host", help="Address to listen on.  [default: 127.0.0.1]")
@click.option("--port", type=int, help="Port to listen on; 0 takes a free one.  [default: 50051]")
@click.option(
    "--model",
    "models",
    multiple=True,
    metavar="PAIR[=FOLDER]",
    help="A Marian/Firefox or Transformers folder, e.g. en-de=/models/ende, or an id of the "
    "Hugging Face hub; all=FOLDER serves every pair of it; PAIR alone is a pulled model; "
    "repeatable. [default: the embedded en-pt and pt-en]",
)
@store_option
@click.option(
    "--preload/--no-preload",
    default=None,
    help="Load models at start, as far as they fit, or each at its first use.  [default: preload]",
)
@click.option(
    "--model-memory",
    metavar="SIZE",
    help="Memory that loaded models may take, e.g. 4GiB.  [default: 3/4 of what there is]",
)
@click.option("--device", help="cpu, cuda, cuda:1, …  [default: cpu]")
@click.option(
    "--precision",
    type=click.Choice(PRECISIONS),
    help="Number format of models; auto is int8 on a CPU that can, else float32.  [default: auto]",
)
@click.option(
    "--shortlist/--no-shortlist",
    default=None,
    help="Whether eight-bit models look only at the target words that their lexical shortlist "
    "(lex*.bin) has for a source: quicker, and an approximation.  [default: no]",
)
@click.option("--threads", type=int, help="Threads of one tensor operation.  [default: 1]")
@click.option("--workers", type=int, help="Processes that share the port.  [default: 1]")
@click.option("--metrics-port", type=int, help="Port of the Prometheus page.  [default: none]")
@click.option("--admin-port", type=int, help="Port of channelz.  [default: none]")
@click.option("--drain-grace-s", type=float, help="Seconds streams get to move away.")
@click.option("--fake-model", is_flag=True, default=None, help="Serve the test kit's fake model.")
@click.option(
    "--log-level",
    type=click.Choice(get_args(LogLevel)),
    help="The least of what is logged.  [default: info]",
)
@click.option(
    "--log-format",
    type=click.Choice(get_args(LogFormat)),
    help="Of a line of the log.  [default: text]",
)
def command(file: Path | None, **options: Any) -> None:
    """Serve until SIGTERM or Ctrl-C, then let the streams move away; a second one ends at once.

    Prints `serving on HOST:PORT` once it is ready; everything else goes to standard error. Further
    settings (limits, heartbeat) come from --config and from TRANSLATOR_* variables.
    """
    given = {key: value for key, value in options.items() if value is not None and value != ()}
    with one_sentence():
        config = load_config(file, given)
        set_up_log(config.log_level, config.log_format)
        warn_of_service_links()
        if config.workers > 1:
            asyncio.run(Workers(config).run())
        else:
            asyncio.run(serve(config, _announce))


def _announce(server: Announcement) -> None:
    server.admin()
    server.address()
