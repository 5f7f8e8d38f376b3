"""What TLS, a key with quotas, and traces cost the server for each update, beside none of them.

    python -m benchmarks.overhead

Four servers with the embedded model run side by side, and take turns: at each turn streams, each on
a connection of its own, send the words of a talk to one of them, each word after the answer to the
one before, while the other three idle. The order changes from round to round. CPU time is the
server process' own, user and system. An update is counted once its stream is open; what the
openings cost, up to the first answer, stands beside it. The ratio is that of the sums over all
rounds, to the server without anything, with the interval of a bootstrap of the rounds. Exits 1 when
the bars are missed: 1.05 with TLS, key and quota, and 1.10 with traces of 1 % besides.

In the two with traces each stream has a span, and 1 % of the updates of a stream, but at least its
first, or all. A collector in this process takes them over gRPC.
"""

import argparse
import asyncio
import itertools
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent import futures
from contextlib import AsyncExitStack, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean
from typing import Any

import grpc
import trustme

from benchmarks.measured import Measured, save
from benchmarks.processes import cpu_s, serving
from benchmarks.table import table
from translator.access.caller import Role
from translator.access.key_file import add_key
from translator.client import AsyncStream, AsyncTranslatorClient, Update
from translator.client.login import ClientAccess, Login
from translator.eval.interval import ratio_interval

ROOT = Path(__file__).parent
DEFAULT_RESULT = ROOT / "results" / "overhead.json"
BARS = {"TLS, key, quota": 1.05, "and traces, 1 %": 1.10}
# Spans leave the server after so long; a turn lasts until they have.
SPANS_WAIT_MS = 100
SENT_WITHIN_S = 0.5
OWN_CONNECTION = [("grpc.use_local_subchannel_pool", 1)]
_EXPORT = "opentelemetry.proto.collector.trace.v1.TraceService"
# More than is used, so that all are counted.
_QUOTAS = {
    "sessions": 100,
    "characters_per_minute": 100_000_000,
    "characters_per_day": 100_000_000,
}


@dataclass(slots=True)
class Variant:
    """A server with some of it.

    Attributes:
        options: Of ``translator serve``.
        login: How streams get in.
        cpu_ms: CPU for each update, in each round.
        opening_ms: CPU for each connection with its stream, in each round.
    """

    name: str
    options: Sequence[str]
    login: ClientAccess
    address: str = ""
    pid: int = 0
    cpu_ms: list[float] = field(default_factory=list)
    opening_ms: list[float] = field(default_factory=list)


@contextmanager
def collecting() -> Iterator[tuple[str, list[int]]]:
    """A collector's address, and the size of each batch of spans that it takes."""
    came: list[int] = []

    def export(request: bytes, _: Any) -> bytes:
        came.append(len(request))
        return b""

    handlers = {"Export": grpc.unary_unary_rpc_method_handler(export)}
    server = grpc.server(futures.ThreadPoolExecutor(1))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(_EXPORT, handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"http://127.0.0.1:{port}", came
    finally:
        server.stop(0).wait()


def variants(folder: Path, collector: str) -> list[Variant]:
    """All of them, with their files in a folder."""
    ca = trustme.CA()
    issued = ca.issue_cert("localhost", "127.0.0.1")
    ca.cert_pem.write_to_path(str(folder / "ca.pem"))
    (folder / "cert.pem").write_bytes(b"".join(pem.bytes() for pem in issued.cert_chain_pems))
    (folder / "key.pem").write_bytes(issued.private_key_pem.bytes())
    rules, access_key = folder / "access.toml", folder / "access.key"
    access_key.write_text(add_key(rules, "desk", [Role.STREAM], None, _QUOTAS))
    known = Login(ca=folder / "ca.pem", access_key=access_key).arguments()
    model = ("--model", "en-pt", "--log-level", "warning")
    guarded = (
        *model, "--access", str(rules),
        "--tls-cert", str(folder / "cert.pem"), "--tls-key", str(folder / "key.pem"),
    )  # fmt: skip

    def traced(share: float) -> tuple[str, ...]:
        config = folder / f"{share}.toml"
        config.write_text(
            f'trace_endpoint = "{collector}"\ntrace_sample = 1.0\ntrace_updates = {share}\n'
        )
        return (*guarded, "--config", str(config))

    off = ("--trace-endpoint", "off")
    return [
        Variant("none", (*model, *off), Login().arguments()),
        Variant("TLS, key, quota", (*guarded, *off), known),
        Variant("and traces, 1 %", traced(0.01), known),
        Variant("and traces, 100 %", traced(1.0), known),
    ]


class Talk:
    """A stream on a connection of its own, which sends a word after the answer to the one before.

    Attributes:
        updates: How many have come.
    """

    def __init__(self, stream: AsyncStream) -> None:
        self.updates = 0
        self._stream = stream
        self._sent = 0

    async def say(self, words: Sequence[str]) -> None:
        """Send words."""
        for word in words:
            self._sent += 1
            await self._stream.send(f"{word} ")
            async for event in self._stream:
                if isinstance(event, Update):
                    self.updates += 1
                    if event.source_sequence >= self._sent:
                        break


async def turn(server: Variant, texts: Sequence[Sequence[str]]) -> None:
    """Let a server translate, with a stream for each text."""
    began_s = cpu_s(server.pid)
    async with AsyncExitStack() as stack:

        async def opened() -> Talk:
            client = AsyncTranslatorClient(
                server.address, **server.login, channel_options=OWN_CONNECTION
            )
            await stack.enter_async_context(client)
            stream = client.stream(source="en", targets=["pt"])
            return Talk(await stack.enter_async_context(stream))

        talks = [await opened() for _ in texts]
        await asyncio.gather(
            *(talk.say(words[:1]) for talk, words in zip(talks, texts, strict=True))
        )
        open_s, opening = cpu_s(server.pid), sum(talk.updates for talk in talks)
        await asyncio.gather(
            *(talk.say(words[1:]) for talk, words in zip(talks, texts, strict=True))
        )
        # What a server sends to its collector is part of it.
        await asyncio.sleep(SENT_WITHIN_S)
        updates = sum(talk.updates for talk in talks) - opening
        server.cpu_ms.append(1e3 * (cpu_s(server.pid) - open_s) / updates)
        server.opening_ms.append(1e3 * (open_s - began_s) / len(talks))


async def measure(servers: Sequence[Variant], texts: Sequence[Sequence[str]], rounds: int) -> None:
    """Let the servers take turns; a first one does not count."""
    for server in servers:
        await turn(server, texts)
        server.cpu_ms.clear()
        server.opening_ms.clear()
    for index in range(rounds):
        first = index % len(servers)
        for server in (*servers[first:], *servers[:first]):
            await turn(server, texts)


def rows(servers: Sequence[Variant]) -> list[dict[str, Any]]:
    """Of the table."""
    none = servers[0]
    told = []
    for server in servers:
        spread = ratio_interval(server.cpu_ms, none.cpu_ms)
        if spread is None:
            raise SystemExit("no server used any CPU time")
        told.append(
            {
                "server": server.name,
                "CPU ms/update": round(mean(server.cpu_ms), 2),
                "ratio": round(sum(server.cpu_ms) / sum(none.cpu_ms), 3),
                "95 %": f"{spread.low:.3f} to {spread.high:.3f}",
                "CPU ms/opening": round(mean(server.opening_ms), 1),
            }
        )
    return told


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--streams", type=int, default=8)
    parser.add_argument("--words", type=int, default=50, help="of each stream, in each turn")
    parser.add_argument("--output", type=Path, default=DEFAULT_RESULT)
    options = parser.parse_args()
    talk_words = (ROOT.parent / "examples" / "talk.en.txt").read_text(encoding="utf-8").split()
    endless = itertools.cycle(talk_words)
    texts = [list(itertools.islice(endless, options.words)) for _ in range(options.streams)]
    os.environ["OTEL_BSP_SCHEDULE_DELAY"] = str(SPANS_WAIT_MS)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url, came = stack.enter_context(collecting())
        servers = variants(folder, url)
        for server in servers:
            server.address, server.pid, _ = stack.enter_context(serving(*server.options))
        asyncio.run(measure(servers, texts, options.rounds))
        result = rows(servers)
    print(table(result))
    print(f"the collector took {len(came)} batches, {sum(came) / 1e6:.1f} MB")
    save(options.output, result, Measured.now())
    missed = [row for row in result if row["ratio"] > BARS.get(row["server"], float("inf"))]
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
