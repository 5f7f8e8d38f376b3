"""Captions in a file, for whatever reads one: a text source, a teleprompter, a log."""

import asyncio
from pathlib import Path

from translator.captions.sinks.feed import Message
from translator.captions.sinks.transport import SinkError

__all__ = ["TextFile"]


class TextFile:
    """A file that lines are appended to.

    Args:
        path: Where it is; what is in it stays.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    async def last_seq(self) -> int:
        """0: a file counts nothing."""
        return 0

    async def send(self, message: Message) -> None:
        """See ``Transport.send``."""
        try:
            await asyncio.to_thread(self._append, "".join(f"{line}\n" for line in message.lines))
        except OSError as error:
            raise SinkError(f"{self._path.name} cannot be written: {error.strerror}") from None

    async def close(self) -> None:
        """Nothing is open."""

    def _append(self, text: str) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(text)
