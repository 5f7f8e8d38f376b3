"""What the commands read: as it comes, word by word, or line by line."""

import asyncio
import codecs
import re
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import BinaryIO

__all__ = ["Piece", "as_it_comes", "batches", "by_lines", "paced", "pieces"]

# A word with the white space before it, or white space at the very end.
_WORD = re.compile(r"\s*\S+|\s+$")
_READ_BYTES = 4096
# A line that is longer is sent in parts.
_MAX_LINE = 4096
# Of a request with whole texts: texts, and code points together.
_MAX_LINES = 64
_MAX_BATCH = 20_000


@dataclass(frozen=True, slots=True)
class Piece:
    """Source to send, and whether the segment ends after it."""

    text: str
    ends_segment: bool = False


async def as_it_comes(file: BinaryIO) -> AsyncIterator[str]:
    """Yield text as soon as it can be read; a thread waits for it."""
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    # read1 returns what is there, read would wait for all of it.
    read = getattr(file, "read1", file.read)
    while block := await asyncio.to_thread(read, _READ_BYTES):
        if text := decoder.decode(block):
            yield text
    if rest := decoder.decode(b"", final=True):
        yield rest


async def pieces(texts: AsyncIterator[str], rest_s: float = 0.0) -> AsyncIterator[Piece]:
    """Yield each text unchanged; a line before a silence is a segment, of which more is no part.

    Args:
        texts: As they come.
        rest_s: The seconds of such a silence; 0: there is none. The server has committed the line
            by then.
    """
    came, is_line = 0.0, False
    async for text in texts:
        now = time.monotonic()
        if is_line and rest_s and now - came >= rest_s:
            yield Piece("", ends_segment=True)
        yield Piece(text)
        came, is_line = now, text.endswith("\n")


async def by_lines(texts: AsyncIterator[str]) -> AsyncIterator[Piece]:
    """Yield each line, without its end (LF or CRLF), as a segment; blank lines are left out."""
    held = ""
    async for text in texts:
        *lines, held = (held + text).split("\n")
        for line in lines:
            if line := line.removesuffix("\r"):
                yield Piece(line + "\n", ends_segment=True)
        while len(held) > _MAX_LINE:
            part, held = held[:_MAX_LINE], held[_MAX_LINE:]
            yield Piece(part)
    if held := held.removesuffix("\r"):
        yield Piece(held, ends_segment=True)


async def batches(texts: AsyncIterator[str]) -> AsyncIterator[list[str]]:
    """Yield the lines that are there, without their ends: some at a time, as a request takes."""
    held = ""
    async for text in texts:
        *lines, held = (held + text).split("\n")
        for batch in _batches(lines):
            yield batch
    if held:
        yield [held]


def _batches(lines: list[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    length = 0
    for line in lines:
        line = line.removesuffix("\r")
        if batch and (len(batch) == _MAX_LINES or length + len(line) > _MAX_BATCH):
            yield batch
            batch, length = [], 0
        batch.append(line)
        length += len(line)
    if batch:
        yield batch


async def paced(given: AsyncIterator[Piece], words_per_second: float) -> AsyncIterator[Piece]:
    """Yield one word after another, at the given pace."""
    pending = ""
    async for piece in given:
        pending += piece.text
        words = _WORD.findall(pending) or [""]
        if len(words) > 1 and words[-1].isspace() and piece.ends_segment:
            # The end comes with the last word, not a pause later.
            words[-2:] = ["".join(words[-2:])]
        # The last word may go on in the next piece.
        pending = "" if piece.ends_segment else words.pop()
        for index, word in enumerate(words, start=1):
            yield Piece(word, piece.ends_segment and index == len(words))
            await asyncio.sleep(1 / words_per_second)
    if pending:
        yield Piece(pending)
