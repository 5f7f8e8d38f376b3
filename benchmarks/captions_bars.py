"""What a gateway of captions has to bear: kills, a viewer that sleeps, sockets that say nothing.

    python -m benchmarks.captions_bars [NAME …]    # kill-gateway, kill-server, stalled, …

Gateway and servers are processes of their own; the load is this one. Viewers of the kills are
Python clients, each with a connection of its own, and check every word.
"""

import asyncio
import contextlib
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import uvloop

from benchmarks.measured import Measured, save
from benchmarks.processes import memory_mb, serving
from benchmarks.table import table
from translator.cli.captions import allow_many_files
from translator.client import AsyncPublication, AsyncSubscription, AsyncTranslatorClient, Update

RESULTS = Path(__file__).parent / "results" / "captions_bars.json"
VIEWERS = 200
_WORD = re.compile(r"w(\d+)\b", re.IGNORECASE)
_OWN = [("grpc.use_local_subchannel_pool", 1)]


_LINE = (
    "we came here to talk about the harbour and the people who work there every day of the year "
    "because the ships do not wait for anybody and neither does the tide ."
)


class Captioning:
    """A gateway as a process that can be killed and started again, with the same links."""

    def __init__(self, *addresses: str, more: tuple[str, ...] = ()) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._addresses = [each for address in addresses for each in ("--address", address)]
        self._ports = ["--port", "0", "--grpc-port", "0"]
        self._more = more
        self.links: dict[str, str] = {}

    def start(self) -> None:
        secret = Path(self._folder.name) / "secret"
        room = ["--room", "harbour", "--secret", str(secret), "--no-qr", "--max-viewers", "20000"]
        command = [sys.executable, "-m", "translator", "captions", *self._addresses, *self._ports]
        self.process = subprocess.Popen(
            [*command, *room, *self._more],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stdout is not None  # noqa: S101
        self.links = dict(self.process.stdout.readline().split() for _ in range(4))
        port = urlsplit(self.links["read"]).port
        self._ports = ["--port", str(port), "--grpc-port", self.links["grpc"].rpartition(":")[2]]

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        self.kill()
        self._folder.cleanup()


@contextmanager
def captioning(*addresses: str, more: tuple[str, ...] = ()) -> Iterator[Captioning]:
    running = Captioning(*addresses, more=more)
    running.start()
    try:
        yield running
    finally:
        running.close()


class Network:
    """A way to a port that can be cut for a while."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._writers: set[asyncio.StreamWriter] = set()
        self._is_cut = False

    async def open(self) -> str:
        self._server = await asyncio.start_server(self._pass_on, "127.0.0.1", 0, backlog=1024)
        return f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def cut(self) -> None:
        self._is_cut = True
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    def mend(self) -> None:
        self._is_cut = False

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            writer.transport.abort()
            return
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._writers |= {writer, far_writer}

        async def copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            with contextlib.suppress(OSError):
                while data := await source.read(65_536):
                    sink.write(data)
                    await sink.drain()
            sink.close()

        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(copy(reader, far_writer), copy(far_reader, writer))


class Reader:
    """A viewer: when it had which word, and what it has in the end."""

    def __init__(self, subscription: AsyncSubscription, language: str) -> None:
        self.subscription = subscription
        self._language = language
        self.came: list[tuple[float, int]] = []

    async def read(self) -> None:
        async for event in self.subscription:
            if (committed := getattr(event, "committed", None)) is not None:
                now = time.monotonic()
                self.came += ((now, int(word)) for word in _WORD.findall(committed))

    @property
    def words(self) -> list[int]:
        captions = self.subscription.captions(self._language)
        return [int(word) for caption in captions for word in _WORD.findall(caption.text)]


class Talk:
    """Says numbered words, four a second, a sentence of six."""

    def __init__(self) -> None:
        self.said: dict[int, float] = {}

    async def run(self, speaker: AsyncPublication, seconds: float) -> None:
        end = time.monotonic() + seconds
        number = 0
        while time.monotonic() < end or number % 6:
            number += 1
            self.said[number] = time.monotonic()
            await speaker.send(f"w{number}" + (". " if number % 6 == 0 else " "))
            await asyncio.sleep(0.25)


async def outage(kind: str) -> dict[str, Any]:
    """Kill something in the middle of a talk that 200 read."""
    with ExitStack() as stack:
        first, pid, _ = stack.enter_context(serving("--fake-model"))
        second, *_ = stack.enter_context(serving("--fake-model"))
        gateway = stack.enter_context(captioning(first, second))
        port = int(gateway.links["grpc"].rpartition(":")[2])
        network = Network(port)
        address = await network.open() if kind == "network" else f"127.0.0.1:{port}"
        async with AsyncExitStack() as opened:
            readers = []
            for n in range(VIEWERS):
                language = ("yy", "original")[n % 2]
                client = await opened.enter_async_context(
                    AsyncTranslatorClient(address, channel_options=_OWN)
                )
                subscription = client.subscribe(gateway.links["read"], [language])
                readers.append(Reader(await opened.enter_async_context(subscription), language))
            tasks = [asyncio.create_task(reader.read()) for reader in readers]
            client = await opened.enter_async_context(AsyncTranslatorClient(address))
            speaker = client.publish(gateway.links["speak"], language="xx")
            await opened.enter_async_context(speaker)
            await asyncio.sleep(3.0)
            talk = Talk()
            talking = asyncio.create_task(talk.run(speaker, 16.0))
            await asyncio.sleep(5.1)
            killed = time.monotonic()
            if kind == "gateway":
                gateway.kill()
                await asyncio.to_thread(gateway.start)
            elif kind == "server":
                os.kill(pid, signal.SIGKILL)
            else:
                network.cut()
                await asyncio.sleep(2.0)
                network.mend()
            back = time.monotonic()
            await talking
            await speaker.close_source()
            await asyncio.sleep(2.0)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            expected = list(range(1, len(talk.said) + 1))
            waits = sorted(
                min((at for at, _ in reader.came if at > back), default=back + 99) - back
                for reader in readers
            )
            return {
                "killed": kind,
                "viewers": VIEWERS,
                "away s": round(back - killed, 1),
                "goes on after s, p50": round(statistics.median(waits), 2),
                "last": round(waits[-1], 2),
                "words": len(expected),
                "lost": sum(len(set(expected) - set(reader.words)) for reader in readers),
                "doubled": sum(len(r.words) - len(set(r.words)) for r in readers),
                "out of order": sum(r.words != sorted(r.words) for r in readers),
            }


def _request(link: str, language: str) -> tuple[str, int, bytes]:
    place, key = urlsplit(link), link.partition("#key=")[2]
    path = f"/captions/v1/rooms/{place.path.split('/')[-1]}/events?language={language}&key={key}"
    return (
        place.hostname or "",
        place.port or 80,
        f"GET {path} HTTP/1.1\r\nHost: gateway\r\n\r\n".encode(),
    )


async def stalled() -> dict[str, Any]:
    """Viewers that read nothing for a minute, and then what there is."""
    with ExitStack() as stack:
        address, *_ = stack.enter_context(serving("--fake-model"))
        gateway = stack.enter_context(captioning(address))
        host, port, request = _request(gateway.links["read"], "original")
        loop = asyncio.get_running_loop()
        sockets = []
        for _ in range(VIEWERS):
            each = socket.socket()
            # What a phone has, more or less; beyond it, text waits at the gateway.
            each.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32 * 1024)
            each.setblocking(False)
            await loop.sock_connect(each, (host, port))
            await loop.sock_sendall(each, request)
            sockets.append(each)
        number = 0
        async with (
            AsyncTranslatorClient(gateway.links["grpc"]) as client,
            client.publish(gateway.links["speak"], language="xx") as speaker,
        ):
            await asyncio.sleep(1.0)
            before = memory_mb(gateway.process.pid)
            end = time.monotonic() + 60.0
            # Ten updates a second of a line each: three to four times what speech brings.
            line = "and so on and on "
            while time.monotonic() < end:
                number += 1
                await speaker.send(f"{line}w{number}. ", tentative=line * 3)
                await asyncio.sleep(0.1)
            after = memory_mb(gateway.process.pid)
            await asyncio.sleep(0.5)

        async def wake(each: socket.socket) -> tuple[float, int, int]:
            began, data, newest = time.monotonic(), bytearray(), f"w{number}.".encode()
            while newest not in data[-65_536:]:
                data += await loop.sock_recv(each, 65_536)
            took = time.monotonic() - began
            found = [int(word) for word in re.findall(rb'"text":"[^"]*?w(\d+)\.', data)]
            return took, len(data), len(set(range(1, number + 1)) - set(found))

        # Phones do not wake all at once.
        woken = []
        for each in sockets:
            woken.append(await wake(each))  # noqa: PERF401
        for each in sockets:
            each.close()
        return {
            "viewers": VIEWERS,
            "updates": number,
            "newest after s, worst": round(max(took for took, *_ in woken), 2),
            "KB each": round(max(size for _, size, _ in woken) / 1000),
            "words lost": sum(lost for *_, lost in woken),
            "gateway before MB": round(before),
            "after MB": round(after),
            "KB a viewer": round((after - before) * 1000 / VIEWERS),
        }


async def silent(which: str, number: int = 10_000) -> dict[str, Any]:
    """So many sockets that say nothing, while somebody speaks and somebody reads."""
    with ExitStack() as stack:
        address, *_ = stack.enter_context(serving("--fake-model"))
        gateway = stack.enter_context(captioning(address))
        port = urlsplit(gateway.links["read"]).port
        port = port if which == "http" else int(gateway.links["grpc"].rpartition(":")[2])
        loop = asyncio.get_running_loop()
        async with (
            AsyncTranslatorClient(gateway.links["grpc"]) as client,
            client.publish(gateway.links["speak"], language="xx") as speaker,
            client.subscribe(gateway.links["read"], ["original"]) as subscription,
        ):
            reader, talk = Reader(subscription, "original"), Talk()
            reading = asyncio.create_task(reader.read())
            await asyncio.sleep(1.0)
            before = memory_mb(gateway.process.pid)
            talking = asyncio.create_task(talk.run(speaker, 24.0))
            opened, refused, sockets = 0, 0, []
            began = time.monotonic()
            for first in range(0, number, 200):
                many = [socket.socket() for _ in range(min(200, number - first))]
                for each in many:
                    each.setblocking(False)
                done = await asyncio.gather(
                    *(loop.sock_connect(each, ("127.0.0.1", port)) for each in many),
                    return_exceptions=True,
                )
                opened += sum(each is None for each in done)
                refused += sum(each is not None for each in done)
                sockets += many
            connected_s = time.monotonic() - began
            peak = memory_mb(gateway.process.pid)
            # Somebody new gets in all the same.
            asked = time.monotonic()
            late = AsyncTranslatorClient(gateway.links["grpc"], channel_options=_OWN)
            async with late, late.subscribe(gateway.links["read"], ["original"]) as new:
                await anext(new)
            let_in_s = time.monotonic() - asked
            await talking
            peak = max(peak, memory_mb(gateway.process.pid))
            await asyncio.sleep(2.0)
            closed = 0
            for each in sockets:
                with contextlib.suppress(BlockingIOError):
                    try:
                        while each.recv(4096):
                            pass
                        closed += 1
                    except ConnectionError:
                        closed += 1
                each.close()
            reading.cancel()
            delays = sorted(at - talk.said[word] for at, word in reader.came)
            return {
                "port": which,
                "sockets": opened,
                "refused": refused,
                "connected in s": round(connected_s, 1),
                "closed by the gateway": closed,
                "words": len(talk.said),
                "lost": len(set(talk.said) - set(reader.words)),
                "p95 ms": round(1000 * delays[int(0.95 * len(delays))]),
                "worst ms": round(1000 * delays[-1]),
                "a new viewer ms": round(1000 * let_in_s),
                "before MB": round(before),
                "most MB": round(peak),
            }


@asynccontextmanager
async def audience(link: str, number: int) -> AsyncIterator[None]:
    """Viewers that read and throw away, in a process of their own."""
    code = (
        "import asyncio,sys\n"
        "async def main(link,number):\n"
        "    from benchmarks.captions_bars import _request\n"
        "    host,port,request=_request(link,'original')\n"
        "    class V(asyncio.Protocol):\n"
        "        def connection_made(self,transport): transport.write(request)\n"
        "    loop=asyncio.get_running_loop()\n"
        "    for n in range(number): await loop.create_connection(V,host,port)\n"
        "    print('ready',flush=True)\n"
        "    await asyncio.sleep(600)\n"
        "import uvloop\n"
        "with asyncio.Runner(loop_factory=uvloop.new_event_loop) as r:"
        " r.run(main(sys.argv[1],int(sys.argv[2])))\n"
    )
    command = [sys.executable, "-c", code, link, str(number)]
    process = await asyncio.to_thread(subprocess.Popen, command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None  # noqa: S101
        await asyncio.to_thread(process.stdout.readline)
        yield
    finally:
        process.kill()
        process.wait()


async def _live(address: str, seconds: float, streams: int) -> list[float]:
    """How long words of live translations take to be in an update, in seconds."""
    words = _LINE.split()
    delays: list[float] = []

    async def one(client: AsyncTranslatorClient, offset: float) -> None:
        await asyncio.sleep(offset)
        async with client.stream(source="en", targets=["pt"]) as stream:
            sent: list[tuple[int, float]] = []

            async def talk() -> None:
                end, position = time.monotonic() + seconds, 0
                n = 0
                while time.monotonic() < end:
                    text = words[n % len(words)] + " "
                    n += 1
                    position += len(text)
                    sent.append((n, time.monotonic()))
                    await stream.send(text)
                    await asyncio.sleep(0.4)
                await stream.close_source()

            talking = asyncio.create_task(talk())
            done = 0
            async for event in stream:
                if isinstance(event, Update):
                    now = time.monotonic()
                    while done < len(sent) and sent[done][0] <= event.source_sequence:
                        delays.append(now - sent[done][1])
                        done += 1
            await talking

    async with AsyncTranslatorClient(address) as client:
        await asyncio.gather(*(one(client, 0.1 * n) for n in range(streams)))
    return delays


async def beside(viewers: int = 1_000, seconds: float = 20.0) -> dict[str, Any]:
    """The delay of live words at the server beside a room of many, and beside one of few."""
    found: dict[int, list[float]] = {1: [], viewers: []}
    with ExitStack() as stack:
        address, *_ = stack.enter_context(serving("--model", "en-pt"))
        gateway = stack.enter_context(captioning(address))
        await _live(address, 5.0, 2)
        for number in (1, viewers, 1, viewers):
            async with (
                audience(gateway.links["read"], number),
                AsyncTranslatorClient(gateway.links["grpc"]) as client,
                client.publish(gateway.links["speak"], language="en") as speaker,
            ):
                talking = asyncio.create_task(Talk().run(speaker, seconds + 3))
                await asyncio.sleep(1.0)
                found[number] += await _live(address, seconds, 4)
                await talking
    p95 = {n: sorted(each)[int(0.95 * len(each))] * 1000 for n, each in found.items()}
    return {
        "viewers": viewers,
        "words": len(found[viewers]),
        "p50 ms": round(statistics.median(found[viewers]) * 1000, 1),
        "p95 ms": round(p95[viewers], 1),
        "p95 with one viewer": round(p95[1], 1),
        "ratio": round(p95[viewers] / p95[1], 2),
    }


RUNS: dict[str, Callable[[], Any]] = {
    "kill-gateway": lambda: outage("gateway"),
    "kill-server": lambda: outage("server"),
    "kill-network": lambda: outage("network"),
    "stalled": stalled,
    "silent": lambda: silent("http"),
    "silent-grpc": lambda: silent("grpc"),
    "beside": beside,
}


def main(arguments: list[str]) -> None:
    allow_many_files()
    results = {}
    for name in arguments or RUNS:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            results[name] = runner.run(RUNS[name]())
        print(name, table([results[name]]), sep="\n", flush=True)
    if not arguments:
        save(RESULTS, results, Measured.now(None))


if __name__ == "__main__":
    main(sys.argv[1:])
