"""A server of this machine's own, in a process beside this one."""

import asyncio
import multiprocessing
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from translator.cli.workers import announced_by, ended_process, work
from translator.config import ServerConfig
from translator.errors import ConfigError

__all__ = ["server_inside"]

_CONTEXT = multiprocessing.get_context("spawn")


@asynccontextmanager
async def server_inside(config: ServerConfig) -> AsyncIterator[str]:
    """Start ``serve`` in another process, which ends with the context; its address.

    Raises:
        ConfigError: It could not start; it has said why.
    """
    ours, theirs = _CONTEXT.Pipe(duplex=False)
    process = _CONTEXT.Process(target=work, args=(config, theirs), daemon=True)
    # Ctrl-C in a terminal reaches both processes, but only this one is to act on it.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    process.start()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    theirs.close()
    try:
        announced = await announced_by(ours)
        if announced is None:
            raise ConfigError("the server inside could not start")
        yield announced.service
    finally:
        process.terminate()
        await asyncio.shield(ended_process(process))
        ours.close()
