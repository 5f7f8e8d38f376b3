"""What a front costs beside our own gRPC, and how 64 callers at once fare.

    python -m benchmarks.fronts

A server of the fake model, so that nothing but the way there and back takes time, and a gateway,
each as a process of its own. Calls over gRPC and through each front, those of the server's own port
too, take turns, one at a time, over connections that stay; each time in another order. Then
64 callers call each front, all at once.
"""

import asyncio
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, Self

import grpc
from google.protobuf.message_factory import GetMessageClass

import translator
from benchmarks.measured import Measured, save
from benchmarks.processes import serving
from benchmarks.table import table
from translator.client import AsyncTranslatorClient
from translator.fronts.rpc.descriptors import service_in

RESULTS = Path(__file__).parent / "results" / "fronts.json"
NUM_CALLS = 400
NUM_CALLERS = 64
CALLS_OF_EACH = 10
TEXT = "Good morning, everyone: the train is late."
FRONTS: dict[str, tuple[str, Any]] = {
    "libretranslate": ("/translate", {"q": TEXT, "source": "xx", "target": "yy"}),
    "deepl": ("/v2/translate", {"text": [TEXT], "source_lang": "XX", "target_lang": "YY"}),
    "azure": ("/translate?api-version=3.0&from=xx&to=yy", [{"Text": TEXT}]),
    "google v2": ("/language/translate/v2", {"q": TEXT, "source": "xx", "target": "yy"}),
    "openai": (
        "/v1/chat/completions",
        {"model": "xx-yy", "messages": [{"role": "user", "content": TEXT}]},
    ),
}
# Those of the server's own port.
RPC_FRONTS: dict[str, dict[str, Any]] = {
    "riva": {"texts": [TEXT], "source_language": "xx", "target_language": "yy"},
    "google v3": {
        "contents": [TEXT],
        "mime_type": "text/plain",
        "source_language_code": "xx",
        "target_language_code": "yy",
    },
}


@contextmanager
def gateway(address: str) -> Iterator[int]:
    """Port of a gateway."""
    process = subprocess.Popen(
        [sys.executable, "-m", "translator", "gateway", "--address", address, "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        if process.stdout is None or not (line := process.stdout.readline()):
            raise SystemExit("the gateway did not start")
        yield int(line.rstrip("/\n").rpartition(":")[2])
    finally:
        process.kill()
        process.wait()


class Caller:
    """One connection to a front, which asks the same again and again."""

    def __init__(self, port: int, path: str, body: Any) -> None:
        raw = json.dumps(body).encode()
        head = f"POST {path} HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\n"
        self._request = f"{head}Content-Length: {len(raw)}\r\n\r\n".encode() + raw
        self._port = port

    async def open(self) -> Self:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        return self

    async def call(self) -> None:
        """Ask, and wait for the whole answer."""
        self._writer.write(self._request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise SystemExit(head.decode())
        length = next(
            line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")
        )
        await self._reader.readexactly(int(length.partition(b":")[2]))

    async def close(self) -> None:
        self._writer.close()


class RpcCaller:
    """The same for a front on the server's own port."""

    def __init__(self, address: str, name: str, fields: dict[str, Any]) -> None:
        folder = Path(translator.__file__).parent / "fronts" / name.split()[0]
        service = service_in(folder / "messages.binpb")
        rpc = service.methods_by_name["TranslateText"]
        self._request = GetMessageClass(rpc.input_type)(**fields)
        self._read = GetMessageClass(rpc.output_type).FromString
        self._path = f"/{service.full_name}/{rpc.name}"
        self._address = address

    async def open(self) -> Self:
        options = [("grpc.use_local_subchannel_pool", 1)]
        self._channel: Any = grpc.aio.insecure_channel(self._address, options=options)
        self._call: Any = self._channel.unary_unary(
            self._path, type(self._request).SerializeToString, self._read
        )
        return self

    async def call(self) -> None:
        """Ask, and wait for the answer."""
        await self._call(self._request)

    async def close(self) -> None:
        await self._channel.close()


def callers(address: str, port: int) -> dict[str, Callable[[], Caller | RpcCaller]]:
    """What makes a caller of each front."""
    made: dict[str, Callable[[], Caller | RpcCaller]] = {}
    for name, asked in FRONTS.items():
        made[name] = partial(Caller, port, *asked)
    for name, fields in RPC_FRONTS.items():
        made[name] = partial(RpcCaller, address, name, fields)
    return made


async def timed(call: Callable[[], Awaitable[object]]) -> float:
    began = time.perf_counter()
    await call()
    return 1000 * (time.perf_counter() - began)


async def one_by_one(address: str, port: int) -> list[dict[str, Any]]:
    """Milliseconds of a call over gRPC and through each front, which take turns."""
    async with AsyncTranslatorClient(address) as client:

        async def grpc() -> None:
            await client.translate([TEXT], "xx", "yy")

        opened = {name: await make().open() for name, make in callers(address, port).items()}
        ways: dict[str, Callable[[], Awaitable[object]]] = {"gRPC": grpc}
        ways |= {name: caller.call for name, caller in opened.items()}
        took: dict[str, list[float]] = {name: [] for name in ways}
        turns, order = list(ways), Random(0)  # noqa: S311
        for number in range(NUM_CALLS + 20):
            # Whoever comes after a slow one may find the processor busy with it.
            order.shuffle(turns)
            for name in turns:
                spent = await timed(ways[name])
                if number >= 20:
                    took[name].append(spent)
        for caller in opened.values():
            await caller.close()
    direct = statistics.median(took["gRPC"])
    return [
        {
            "way": name,
            "p50_ms": round(statistics.median(times), 2),
            "p95_ms": round(statistics.quantiles(times, n=20)[-1], 2),
            "p50_more_ms": round(statistics.median(times) - direct, 2),
        }
        for name, times in took.items()
    ]


async def all_at_once(address: str, port: int) -> list[dict[str, Any]]:
    """How many callers at once fare: their own mean times, the quickest's and the slowest's."""
    rows = []
    for name, make in callers(address, port).items():
        opened = [await make().open() for _ in range(NUM_CALLERS)]

        async def all_calls(caller: Caller | RpcCaller) -> float:
            return statistics.mean([await timed(caller.call) for _ in range(CALLS_OF_EACH)])

        began = time.perf_counter()
        means = sorted(await asyncio.gather(*map(all_calls, opened)))
        seconds = time.perf_counter() - began
        for caller in opened:
            await caller.close()
        rows.append(
            {
                "front": name,
                "callers": NUM_CALLERS,
                "calls": NUM_CALLERS * CALLS_OF_EACH,
                "errors": 0,
                "calls_per_s": round(NUM_CALLERS * CALLS_OF_EACH / seconds),
                "quickest_ms": round(means[0], 1),
                "slowest_ms": round(means[-1], 1),
            }
        )
    return rows


def main() -> None:
    with serving("--fake-model") as (address, _, _), gateway(address) as port:
        # What the gateway has to import and to connect is not what is measured.
        time.sleep(1.0)
        alone = asyncio.run(one_by_one(address, port))
        print(table(alone), flush=True)
        together = asyncio.run(all_at_once(address, port))
        print(f"\n{table(together)}")
    save(RESULTS, {"one_by_one": alone, "all_at_once": together}, Measured.now(None))


if __name__ == "__main__":
    main()
