"""Servers as processes of their own, and on a loop of their own."""

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

from translator.config import ServerConfig
from translator.testing import serve_in_process

COMMAND = [sys.executable, "-m", "translator"]
CLEAN = {key: value for key, value in os.environ.items() if not key.startswith("TRANSLATOR_")}


@contextmanager
def serving(*arguments: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    process = subprocess.Popen(
        [*COMMAND, "serve", "--port", "0", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=CLEAN,
    )
    assert process.stdout is not None
    line = process.stdout.readline().decode()
    try:
        assert line.startswith("serving on 127.0.0.1:")
        yield line.split()[-1], process
    finally:
        process.kill()
        process.communicate()


@contextmanager
def serving_here(**settings: Any) -> Iterator[str]:
    """The address of a server with the fake model, in a thread: a process takes long to start."""
    ready: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event, str]] = Future()

    async def serve() -> None:
        stopping = asyncio.Event()
        async with serve_in_process(ServerConfig(port=0, **settings)) as server:
            ready.set_result((asyncio.get_running_loop(), stopping, server.address))
            await stopping.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    loop, stopping, address = ready.result(timeout=20)
    try:
        yield address
    finally:
        loop.call_soon_threadsafe(stopping.set)
        thread.join()
