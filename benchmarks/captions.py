"""Viewers of one room: what a delivery costs, how long it takes, what idle ones weigh.

    python -m benchmarks.captions [VIEWERS …]

A gateway as a process of its own, behind it a server of the fake model; the load is a third
process. Each viewer is a socket with an event stream. A speaker says two words a second. Every
viewer's words are counted, so what is lost or doubled shows.
"""

import asyncio
import json
import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import uvloop
from websockets.asyncio.client import connect

from benchmarks.measured import Measured, save
from benchmarks.processes import memory_mb, serving
from benchmarks.table import table

RESULTS = Path(__file__).parent / "results" / "captions.json"
# The few show what is done once for each word, or while nobody speaks.
VIEWERS = (4, 400, 4_000, 8_000)
SECONDS = 12.0
PAUSE_S = 0.5
WORDS_IN_SENTENCE = 12
_COMMITTED = re.compile(rb"^id: [^\n]+\ndata: ([^\n]+)", re.MULTILINE)
_WORD = re.compile(rb"w(\d+)\b")


@contextmanager
def captioning(address: str) -> Iterator[tuple[int, str, str]]:
    """Process id of a gateway, its speaker's and its viewers' link."""
    command = [sys.executable, "-m", "translator", "captions", "--address", address]
    process = subprocess.Popen(
        [*command, "--port", "0", "--no-qr", "--max-viewers", "20000"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None  # noqa: S101
        links = dict(process.stdout.readline().split() for _ in range(3))
        yield process.pid, links["speak"], links["read"]
    finally:
        process.kill()
        process.wait()


class _Viewer(asyncio.Protocol):
    """Counts what comes, and when each word came first."""

    def __init__(self, request: bytes, said_at: dict[int, float], delays: list[float]) -> None:
        self._request = request
        self._said_at = said_at
        self._delays = delays
        self._rest = b""
        self.words: list[int] = []
        self.num_deliveries = 0
        self.is_ready = False

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        now = time.monotonic()
        self.is_ready = True
        self.num_deliveries += 1
        data = self._rest + data
        end = data.rfind(b"\n\n") + 2
        data, self._rest = data[:end], data[end:]
        for match in _COMMITTED.finditer(data):
            for word in map(int, _WORD.findall(match[1])):
                self.words.append(word)
                self._delays.append(now - self._said_at[word])


async def _load(speak: str, read: str, number: int, seconds: float, reports: Connection) -> None:
    place, key = urlsplit(read), read.partition("#key=")[2]
    room = place.path.split("/")[-1]
    path = f"/captions/v1/rooms/{room}/events?language=original&key={key}"
    request = f"GET {path} HTTP/1.1\r\nHost: {place.netloc}\r\n\r\n".encode()
    host, port = place.hostname or "", place.port or 80
    said_at: dict[int, float] = {}
    delays: list[float] = []
    loop = asyncio.get_running_loop()
    viewers: list[_Viewer] = []
    began = time.monotonic()
    for first in range(0, number, 200):
        made = await asyncio.gather(
            *(
                loop.create_connection(lambda: _Viewer(request, said_at, delays), host, port)
                for _ in range(min(200, number - first))
            )
        )
        viewers += [viewer for _, viewer in made]
    while not all(viewer.is_ready for viewer in viewers):  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    await asyncio.sleep(1.0)
    reports.send({"connected_s": time.monotonic() - began})
    for viewer in viewers:
        viewer.num_deliveries = 0
    words = 0
    url = f"ws://{place.netloc}/captions/v1/rooms/{room}/publish"
    async with connect(url, subprotocols=["translator.captions.v1.json"]) as socket:  # type: ignore[list-item]
        settings = {"languageCode": "en", "speaker": "Load"}
        opening = {"key": speak.partition("#key=")[2], "roomId": room, "publisherId": "loadload"}
        await socket.send(json.dumps({"opening": {**opening, "settings": settings}}))
        await socket.recv()
        reports.send({"began": True})
        position = 0
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            words += 1
            text = f"w{words}" + (". " if words % WORDS_IN_SENTENCE == 0 else " ")
            said_at[words] = time.monotonic()
            source = {"position": str(position), "committed": text}
            await socket.send(json.dumps({"source": source}))
            position += len(text)
            await asyncio.sleep(PAUSE_S)
        await asyncio.sleep(6.0)
    expected = list(range(1, words + 1))
    delays.sort()
    reports.send(
        {
            "words": words,
            "deliveries": sum(viewer.num_deliveries for viewer in viewers),
            "wrong": sum(viewer.words != expected for viewer in viewers),
            "p50_ms": statistics.median(delays) * 1000,
            "p95_ms": delays[int(0.95 * len(delays))] * 1000,
            "max_ms": delays[-1] * 1000,
        }
    )
    for viewer in viewers:
        viewer.transport.close()


def _run_load(*arguments: Any) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_load(*arguments))


def _cpu_s(pid: int) -> tuple[float, float]:
    """CPU time of a process by itself: user, system."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    tick = os.sysconf("SC_CLK_TCK")
    return int(fields[11]) / tick, int(fields[12]) / tick


def run(number: int, seconds: float, address: str) -> dict[str, Any]:
    """Serve so many viewers for so long."""
    with captioning(address) as (pid, speak, read):
        empty = memory_mb(pid)
        ours, theirs = get_context("spawn").Pipe(duplex=False)
        load = get_context("spawn").Process(
            target=_run_load, args=(speak, read, number, seconds, theirs)
        )
        load.start()
        connected_s = ours.recv()["connected_s"]
        idle = memory_mb(pid)
        ours.recv()
        before, began = _cpu_s(pid), time.monotonic()
        report = ours.recv()
        took = time.monotonic() - began
        user, system = (now - then for now, then in zip(_cpu_s(pid), before, strict=True))
        used = user + system
        after = memory_mb(pid)
        load.join()
    return {
        "viewers": number,
        "connect s": round(connected_s, 1),
        "idle MB": round(idle),
        "of it viewers": round(idle - empty),
        "after MB": round(after),
        "words": report["words"],
        "deliveries": report["deliveries"],
        "cpu ms": round(used * 1000),
        "us each": round(used / report["deliveries"] * 1e6, 1),
        "in the kernel": round(system / report["deliveries"] * 1e6, 1),
        "core %": round(100 * used / took),
        "p50 ms": round(report["p50_ms"]),
        "p95 ms": round(report["p95_ms"]),
        "max ms": round(report["max_ms"]),
        "wrong": report["wrong"],
    }


def main(arguments: list[str]) -> None:
    numbers = [int(each) for each in arguments] or list(VIEWERS)
    rows = []
    with serving("--fake-model") as (address, _, _):
        for number in numbers:
            row = run(number, SECONDS, address)
            rows.append(row)
            if (more := row["deliveries"] - rows[0]["deliveries"]) > 0:
                row["us for one more"] = round((row["cpu ms"] - rows[0]["cpu ms"]) / more * 1000, 1)
            print(table([row]), flush=True)
    if not arguments:
        save(RESULTS, rows, Measured.now(None))


if __name__ == "__main__":
    main(sys.argv[1:])
