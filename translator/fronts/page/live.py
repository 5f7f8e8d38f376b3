"""A text that somebody is writing, and its translation, line by line.

While a line is written its drafts come through a stream. When the writer pauses it is translated
as a whole text, so that what stays is what every other call would answer.
"""

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from translator.client import AsyncStream, Update
from translator.errors import TranslatorError
from translator.fronts.web.hub import FALLBACK, Hub, Texts

__all__ = ["MAX_LENGTH", "PAUSE_S", "Ask", "LiveText", "Shown", "carried_over"]

MAX_LENGTH = 10_000
# A pause of so long ends the drafts of a line.
PAUSE_S = 0.35
# A stream that nobody writes into holds a place of the server's.
_IDLE_S = 20.0
_MAX_LINES_AT_ONCE = 64
_MAX_KEPT = 2_000
# What a draft may be made of; a longer line waits for the pause.
_MAX_DRAFTED = 2_000


@dataclass(frozen=True, slots=True)
class Ask:
    """What is in the box.

    Attributes:
        text: All of it.
        source: BCP-47; "": find out.
        target: BCP-47.
    """

    text: str
    source: str
    target: str

    @property
    def lines(self) -> list[str]:
        """Each is translated by itself."""
        return self.text.split("\n")


@dataclass(frozen=True, slots=True)
class Shown:
    """A line of the translation: its text, and whether that may still change."""

    text: str = ""
    draft: bool = False


def carried_over(
    before: Sequence[str], shown: Sequence[Shown], after: Sequence[str]
) -> list[Shown]:
    """What stays in sight when lines change: theirs, and in place of one that is new the former.

    Args:
        before: The source's lines.
        shown: What is shown for each.
        after: The source's lines now.
    """
    most = min(len(before), len(after))
    head = next((n for n in range(most) if before[n] != after[n]), most)
    most -= head
    tail = next((n for n in range(most) if before[-1 - n] != after[-1 - n]), most)
    new = len(after) - head - tail
    old = [Shown(each.text, draft=True) for each in shown[head : len(shown) - tail]][:new]
    end = list(shown[len(shown) - tail :]) if tail else []
    return [*shown[:head], *old, *[Shown(draft=True)] * (new - len(old)), *end]


class LiveText:
    """Translates what is in the box, over and over.

    Args:
        hub: The servers.
        key: The writer's key.
        send: Sends a message to the page.
        pause_s: How long the writer has to pause until the line is translated as a whole.
    """

    def __init__(
        self,
        hub: Hub,
        key: str,
        send: Callable[[dict[str, Any]], Awaitable[None]],
        pause_s: float = PAUSE_S,
    ) -> None:
        self._hub = hub
        self._key = key
        self._send = send
        self._pause_s = pause_s
        self._ask = Ask("", "", "")
        self._changed = asyncio.Event()
        self._lines: list[str] = [""]
        self._shown: list[Shown] = [Shown()]
        # What the page has.
        self._sent: list[Shown] = []
        self._told: tuple[int, str, bool] | None = None
        # Whole translations of lines, by source, target and line.
        self._whole: OrderedDict[tuple[str, str, str], str] = OrderedDict()
        self._drafts: _Drafts | None = None

    def change(self, ask: Ask) -> None:
        """The box has something else in it."""
        self._ask = ask
        self._changed.set()

    async def run(self) -> None:
        """Translate until cancelled."""
        try:
            while True:
                await self._until_changed(_IDLE_S)
                if not self._changed.is_set():
                    await self._close_drafts()
                    await self._changed.wait()
                self._changed.clear()
                try:
                    await self._follow(self._ask)
                except TranslatorError as error:
                    await self._close_drafts()
                    await self._send({"problem": error.message, "reason": error.reason})
        finally:
            await self._close_drafts()

    async def _until_changed(self, timeout_s: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._changed.wait(), timeout_s)

    async def _follow(self, ask: Ask) -> None:
        source = ask.source or (await self._hub.detect([ask.text], ask.target))[0].language
        lines = ask.lines
        self._shown = carried_over(self._lines, self._shown, lines)
        self._lines = lines
        for number, line in enumerate(lines):
            whole = self._whole_of(source, ask.target, line)
            if whole is not None:
                self._shown[number] = Shown(whole)
            elif not self._shown[number].draft:
                # It is of another pair.
                self._shown[number] = Shown(self._shown[number].text, draft=True)
        missing = [number for number, each in enumerate(self._shown) if each.draft]
        await self._show(source, settled=not missing)
        if not missing:
            return
        if len(missing) == 1 and len(lines[missing[0]]) <= _MAX_DRAFTED:
            await self._draft(source, ask.target, missing[0])
            await self._until_changed(self._pause_s)
        if not self._changed.is_set():
            await self._settle(source, ask.target, missing)

    def _whole_of(self, source: str, target: str, line: str) -> str | None:
        if not line.strip():
            return line
        return self._whole.get((source, target, line))

    # Whole lines

    async def _settle(self, source: str, target: str, missing: Sequence[int]) -> None:
        """Translate lines, unless the box changes meanwhile."""
        for begin in range(0, len(missing), _MAX_LINES_AT_ONCE):
            numbers = missing[begin : begin + _MAX_LINES_AT_ONCE]
            texts = [self._lines[number] for number in numbers]
            asked = Texts(texts, source or FALLBACK, target)
            translating = asyncio.ensure_future(self._hub.translate(self._key, asked))
            changed = asyncio.ensure_future(self._changed.wait())
            try:
                await asyncio.wait({translating, changed}, return_when="FIRST_COMPLETED")
                if not translating.done():
                    return
                results = translating.result()
            finally:
                translating.cancel()
                changed.cancel()
                await asyncio.gather(translating, changed, return_exceptions=True)
            for number, text, result in zip(numbers, texts, results, strict=True):
                self._whole[source, target, text] = result.text
                self._shown[number] = Shown(result.text)
            while len(self._whole) > _MAX_KEPT:
                self._whole.popitem(last=False)
            await self._show(source, settled=begin + len(numbers) == len(missing))

    # Drafts

    async def _draft(self, source: str, target: str, number: int) -> None:
        """Have drafts made of a line. Without a stream there are none, and that is all."""
        if self._drafts is not None and not self._drafts.is_for(source, target):
            await self._close_drafts()
        if self._drafts is None:
            self._drafts = _Drafts(self._hub, self._key, source, target, self._drafted)
        await self._drafts.of(self._lines[number], number)

    async def _drafted(self, source: str, number: int, text: str) -> None:
        if number < len(self._shown) and self._shown[number].draft:
            self._shown[number] = Shown(text, draft=True)
            await self._show(source, settled=False)

    async def _close_drafts(self) -> None:
        drafts, self._drafts = self._drafts, None
        if drafts is not None:
            await drafts.close()

    # The page

    async def _show(self, source: str, *, settled: bool) -> None:
        """Send what is not on the page yet."""
        known = self._sent
        changed = [
            [number, each.text, each.draft]
            for number, each in enumerate(self._shown)
            if number >= len(known) or known[number] != each
        ]
        told = len(self._shown), source, settled
        if not changed and told == self._told:
            return
        self._sent, self._told = list(self._shown), told
        await self._send(
            {
                "count": len(self._shown),
                "lines": changed,
                "source": source,
                "settled": settled,
            }
        )


class _Drafts:
    """A stream whose source is all tentative: what is written may be written anew.

    Args:
        hub: The servers.
        key: The writer's key.
        source: BCP-47.
        target: BCP-47.
        tell: Told of each draft: the source's language, the line's number and the draft.
    """

    def __init__(
        self,
        hub: Hub,
        key: str,
        source: str,
        target: str,
        tell: Callable[[str, int, str], Awaitable[None]],
    ) -> None:
        self._pair = source, target
        self._hub = hub
        self._key = key
        self._tell = tell
        self._number = 0
        self._num_sent = self._first = 0
        self._stream: AsyncStream | None = None
        self._reading: asyncio.Task[None] | None = None
        self._failed = False

    def is_for(self, source: str, target: str) -> bool:
        """Whether the stream translates this pair."""
        return self._pair == (source, target)

    async def of(self, line: str, number: int) -> None:
        """Have the drafts be those of a line from now on."""
        if self._failed:
            return
        try:
            if self._stream is None:
                await self._open()
            assert self._stream is not None  # noqa: S101
            self._num_sent += 1
            if number != self._number:
                self._number, self._first = number, self._num_sent
            await self._stream.send("", tentative=line)
        except (TranslatorError, RuntimeError):
            # Such as one without the role for streams: whole lines say what is wrong.
            self._failed = True

    async def _open(self) -> None:
        source, target = self._pair
        stream = self._hub.client(self._key).stream(
            source=source, targets=[target], resume_timeout_s=5.0, history=1
        )
        await stream.__aenter__()
        self._stream = stream
        self._reading = asyncio.create_task(self._read(stream))

    async def _read(self, stream: AsyncStream) -> None:
        source, target = self._pair
        try:
            async for event in stream:
                if isinstance(event, Update) and event.source_sequence >= self._first:
                    text = stream.transcript(target) + stream.draft(target)
                    await self._tell(source, self._number, text)
        except TranslatorError:
            self._failed = True

    async def close(self) -> None:
        """End the stream."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
        if self._stream is not None:
            await self._stream.aclose()
