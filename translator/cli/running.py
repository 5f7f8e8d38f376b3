"""Runs a server in this process, from its start to its drained end."""

import asyncio
import gc
import logging
import multiprocessing
import signal
from collections.abc import Callable
from dataclasses import dataclass

import click

from translator.access.quotas import Books
from translator.config import ServerConfig

__all__ = ["Announcement", "check_start", "serve"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Announcement:
    """Where a server can be reached, as ``HOST:PORT``; None if it has no such port."""

    service: str
    metrics: str | None
    channelz: str | None

    def admin(self) -> None:
        """Log where the admin ports are."""
        if self.metrics is not None:
            _log.info("metrics on %s", self.metrics)
        if self.channelz is not None:
            _log.info("channelz on %s", self.channelz)

    def address(self) -> None:
        """Print where the service is."""
        click.echo(f"serving on {self.service}")


def check_start(config: ServerConfig) -> None:
    """Do all that a start does but to load the models and to open the ports for long.

    Raises:
        OperatorError: A start would fail with it.
    """
    from translator.server.app import running

    async def start_and_stop() -> None:
        # Its ports may be those of a server that runs.
        ports = {name: 0 for name in ("metrics_port", "admin_port") if getattr(config, name)}
        async with running(config.model_copy(update={"port": 0, "preload": False, **ports})):
            pass

    asyncio.run(start_and_stop())


async def serve(
    config: ServerConfig,
    announce: Callable[[Announcement], None],
    books: Books | None = None,
) -> None:
    """Serve until a signal comes, or the process that started this one is gone; then drain.

    A second signal ends it immediately.
    """
    # Only now: help, a mistake in the settings and the process that watches workers need no torch.
    from translator.server.app import running

    stop, hurry = asyncio.Event(), asyncio.Event()

    def signalled() -> None:
        (hurry if stop.is_set() else stop).set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, signalled)
    if (parent := multiprocessing.parent_process()) is not None:
        loop.add_reader(parent.sentinel, stop.set)
    async with running(config, books=books) as server:
        # What is in memory by now stays. Looking through it for garbage would hold up every thread
        # for some 200 ms, now and then.
        gc.freeze()
        host = config.admin_host
        announce(
            Announcement(
                server.address,
                None if server.metrics_port is None else f"{host}:{server.metrics_port}",
                None if server.admin_port is None else f"{host}:{server.admin_port}",
            )
        )
        await stop.wait()
        if parent is not None:
            loop.remove_reader(parent.sentinel)
        drain = asyncio.create_task(server.drain())
        hurried = asyncio.create_task(hurry.wait())
        await asyncio.wait({drain, hurried}, return_when=asyncio.FIRST_COMPLETED)
        hurried.cancel()
        drain.cancel()
