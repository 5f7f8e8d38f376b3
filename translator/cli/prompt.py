"""A line of input at a terminal whose screen changes while somebody types."""

import asyncio
import codecs
import os
import re
import termios
import unicodedata
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

__all__ = ["Prompt"]

_READ_BYTES = 4096
# Keys that move or delete elsewhere, as terminals send them: ignored.
_ESCAPES = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|O.|.)")
_ERASE = ("\x7f", "\b")
_END, _ERASE_LINE, _ERASE_WORD = "\x04", "\x15", "\x17"


class Prompt:
    """Reads keys one by one, so that the typed line stays visible when the screen is redrawn.

    The terminal itself would echo keys at its cursor, and lose them with the next redraw.
    Backspace, Ctrl-U, Ctrl-W and Ctrl-D work as usual; Ctrl-C is still a signal.

    Args:
        descriptor: The terminal's file descriptor.
        typing: Called with the line whenever it changes.
    """

    def __init__(self, descriptor: int, typing: Callable[[str], None]) -> None:
        self._descriptor = descriptor
        self._typing = typing
        self._line = ""
        self._before = termios.tcgetattr(descriptor)

    def __enter__(self) -> Self:
        modes = termios.tcgetattr(self._descriptor)
        modes[3] &= ~(termios.ICANON | termios.ECHO)
        modes[6][termios.VMIN], modes[6][termios.VTIME] = 1, 0
        # What was typed before is kept.
        termios.tcsetattr(self._descriptor, termios.TCSANOW, modes)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with suppress(termios.error):
            termios.tcsetattr(self._descriptor, termios.TCSADRAIN, self._before)

    async def lines(self) -> AsyncIterator[str]:
        """Yield each line, with its end, when Enter is pressed, and the last one at Ctrl-D."""
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        while block := await self._read():
            keys, end, _ = _ESCAPES.sub("", decoder.decode(block)).partition(_END)
            for key in keys:
                if key == "\n":
                    line, self._line = self._line, ""
                    yield line + "\n"
                else:
                    self._line = _edited(self._line, key)
            if end:
                break
            self._typing(self._line)
        if self._line:
            yield self._line

    async def _read(self) -> bytes:
        """Read what was typed; empty if the terminal is gone. Waiting blocks no thread."""
        loop = asyncio.get_running_loop()
        ready = asyncio.Event()
        loop.add_reader(self._descriptor, ready.set)
        try:
            await ready.wait()
        finally:
            loop.remove_reader(self._descriptor)
        try:
            return os.read(self._descriptor, _READ_BYTES)
        except OSError:
            return b""


def _edited(line: str, key: str) -> str:
    if key in _ERASE:
        return line[:-1]
    if key == _ERASE_LINE:
        return ""
    if key == _ERASE_WORD:
        return re.sub(r"\S*\s*$", "", line)
    if key == "\t":
        return line + " "
    return line if unicodedata.category(key) == "Cc" else line + key
