"""``translator serve --workers N``: runs several servers on one port, and watches them."""

import asyncio
import gc
import logging
import multiprocessing
import signal
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path

import click

from translator.access.ledger import Ledger
from translator.access.quotas import Books
from translator.cli.errors import one_sentence
from translator.cli.running import Announcement, serve
from translator.config import ServerConfig
from translator.errors import ConfigError
from translator.log import set_up_log

__all__ = ["Workers", "announced_by", "ended_process", "work"]

_log = logging.getLogger(__name__)

# A fork would copy the locks of torch's and gRPC's threads, in whatever state they are.
_CONTEXT = multiprocessing.get_context("spawn")
_RESTART_S = 1.0


class Workers:
    """Processes with one server each; the kernel spreads connections over them.

    A worker that ends by itself is replaced. Signals are passed on. The workers end with this
    process, however that ends.
    """

    def __init__(self, config: ServerConfig) -> None:
        self._config = config
        self._processes: list[SpawnProcess] = []
        self._stopping = False
        # Where the workers count what callers use, all together.
        self._ledger: Path | None = None

    async def run(self) -> None:
        """Serve until told to stop and every worker has ended.

        Raises:
            ConfigError: The port cannot be opened.
            click.exceptions.Exit: A worker could not start; it has said why.
        """
        for name in ("metrics_port", "admin_port"):
            port = getattr(self._config, name)
            last = 65_535 - self._config.workers + 1
            if port is not None and port > last:
                raise ConfigError(
                    f"{name}: is {port}; each of {self._config.workers} workers has a port of its "
                    f"own from there on, so at most {last} is allowed"
                )
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop)
        with _reserved_port(self._config) as port, self._counting():
            self._config = self._config.model_copy(update={"port": port})
            started = [self._start(index) for index in range(self._config.workers)]
            self._processes = [process for process, _ in started]
            announced = [await announced_by(connection) for _, connection in started]
            if None in announced:
                await self._give_up(announced.index(None))
            for announcement in filter(None, announced):
                announcement.admin()
            if announced[0] is not None:
                announced[0].address()
            await asyncio.gather(*(self._keep(index) for index in range(len(started))))

    @contextmanager
    def _counting(self) -> Iterator[None]:
        """Have the workers count together what callers use, if anybody is asked who they are."""
        if self._config.access is None:
            yield
            return
        with ExitStack() as stack:
            try:
                file = stack.enter_context(tempfile.NamedTemporaryFile(prefix="translator-"))
                Ledger.create(file, self._config.workers)
                self._ledger = Path(file.name)
            except OSError as error:
                _log.warning(
                    "access: each of %d workers counts quotas for itself, so a caller whose "
                    "connections reach all of them may use as many times its share; for a count of "
                    "all there has to be room for a temporary file: %s",
                    self._config.workers,
                    error.strerror,
                )
            yield

    async def _keep(self, index: int) -> None:
        """Keep a worker running, until all are to stop."""
        while True:
            await ended_process(self._processes[index])
            if self._stopping:
                return
            _log.error(
                "worker %d ended with %s; starting another", index, self._processes[index].exitcode
            )
            await asyncio.sleep(_RESTART_S)
            if self._stopping:
                return
            self._processes[index], _ = self._start(index)

    async def _give_up(self, index: int) -> None:
        await ended_process(self._processes[index])
        failed = self._processes[index].exitcode
        stopped = self._stopping
        self._stop()
        await asyncio.gather(*map(ended_process, self._processes))
        raise click.exceptions.Exit(0 if stopped else max(1, failed or 0))

    def _start(self, index: int) -> tuple[SpawnProcess, Connection]:
        ports = {
            name: port + index if port else port
            for name in ("metrics_port", "admin_port")
            if (port := getattr(self._config, name)) is not None
        }
        ours, theirs = _CONTEXT.Pipe(duplex=False)
        config = self._config.model_copy(update=ports)
        shared = None
        if self._ledger is not None:
            shared = self._ledger, index, config.workers
        process = _CONTEXT.Process(target=work, args=(config, theirs, shared), daemon=True)
        # Ctrl-C in a terminal reaches all processes, but workers listen only to this one.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        process.start()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        theirs.close()
        return process, ours

    def _stop(self) -> None:
        self._stopping = True
        for process in self._processes:
            process.terminate()


def work(
    config: ServerConfig,
    announcements: Connection,
    shared: tuple[Path, int, int] | None = None,
) -> None:
    """Run a server, in the process of a worker.

    Args:
        config: The settings.
        announcements: Gets where it serves.
        shared: The ledger of all workers: its file, the worker's number, and how many there are.
    """
    set_up_log(config.log_level, config.log_format, config.audit_log)
    try:
        with one_sentence():
            books = None if shared is None else Books(ledger=Ledger(*shared))
            asyncio.run(serve(config, announcements.send, books))
    except click.exceptions.Exit as ended:
        sys.exit(ended.exit_code)
    finally:
        # As in translator.__main__.
        gc.freeze()


@contextmanager
def _reserved_port(config: ServerConfig) -> Iterator[int]:
    """The port that the workers share, reserved without listening.

    Raises:
        ConfigError: Another process uses it.
    """
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    with socket.socket(family) as trial, socket.socket(family) as held:
        try:
            # Another server's workers would share their port with ours; this bind does not.
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind((config.host, config.port))
            port: int = trial.getsockname()[1]
            trial.close()
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            held.bind((config.host, port))
        except OSError as error:
            raise ConfigError(
                f"port: cannot listen on {config.host}:{config.port}; is it in use?"
            ) from error
        yield port


async def announced_by(connection: Connection) -> Announcement | None:
    """What a worker announces when it serves; None if it ended before."""
    await _readable(connection.fileno())
    try:
        announcement: Announcement = connection.recv()
    except EOFError:
        return None
    return announcement


async def ended_process(process: SpawnProcess) -> None:
    """Wait until a process has ended."""
    await _readable(process.sentinel)
    process.join()


async def _readable(descriptor: int) -> None:
    loop = asyncio.get_running_loop()
    readable = asyncio.Event()
    loop.add_reader(descriptor, readable.set)
    try:
        await readable.wait()
    finally:
        loop.remove_reader(descriptor)
