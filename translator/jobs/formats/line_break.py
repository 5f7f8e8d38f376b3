"""Breaks a subtitle into lines of about the same length."""

import re
from collections.abc import Iterable
from itertools import accumulate
from unicodedata import east_asian_width

from translator.text.words import UNSPACED

__all__ = ["MAX_LINE_LENGTH", "break_lines"]

# What most style guides allow.
MAX_LINE_LENGTH = 42
# Of more words, lines are filled one after another.
_MAX_BALANCED = 60
# A character too many is worse than any unevenness.
_TOO_LONG = 1e9
_PIECE = re.compile(rf"\s+|[{UNSPACED}]|[^\s{UNSPACED}]+")
# What stands at no line's start.
_CLOSING = frozenset("、。，．！？：；」』）】〉》…ー・,.!?:;)]}")
_ENDS_PHRASE = frozenset(".,;:!?…。、！？，")


class _Word:
    """What stays in a line: its text with codes, how wide it is, and whether a space is before."""

    __slots__ = ("last", "spaced", "text", "width")

    def __init__(self, *, spaced: bool) -> None:
        self.text = ""
        self.width = 0
        self.spaced = spaced
        self.last = ""


def break_lines(
    pieces: Iterable[tuple[str, bool]], num_lines: int, max_length: int = MAX_LINE_LENGTH
) -> list[str]:
    """Break a text into lines of at most ``max_length``, as few as can be.

    Args:
        pieces: The text in pieces; those with True are codes, which take no room and are no place
            to break.
        num_lines: If more lines than this, and more than two, would be needed, there are as many
            as this or two, and they are longer.
        max_length: A wide character counts as two.

    Returns:
        The lines, none of which is empty; white space between words is one space or a break.
    """
    words = _words(pieces)
    if not words:
        return []
    if len(words) > _MAX_BALANCED:
        return _filled(words, num_lines, max_length)
    most = max(num_lines, 2)
    lines = [[*words]]
    for count in range(1, min(most, len(words)) + 1):
        lines = _balanced(words, count, max_length)
        if max(map(_width, lines)) <= max_length:
            break
    return [_joined(line) for line in lines]


def _words(pieces: Iterable[tuple[str, bool]]) -> list[_Word]:
    words: list[_Word] = []
    word: _Word | None = None
    spaced = False
    codes = ""
    for piece, is_code in pieces:
        if is_code:
            if word is None or spaced:
                codes += piece
            else:
                word.text += piece
            continue
        for match in _PIECE.finditer(piece):
            text = match[0]
            if text.isspace():
                spaced = True
                continue
            breaks = word is None or spaced or _may_break(word.last, text[0])
            if breaks or word is None:
                word = _Word(spaced=spaced and bool(words))
                words.append(word)
            word.text += codes + text
            word.width += sum(2 if east_asian_width(c) in "WF" else 1 for c in text)
            word.last = text[-1]
            spaced, codes = False, ""
    if codes and word is not None:
        word.text += codes
    elif codes:
        word = _Word(spaced=False)
        word.text = codes
        words.append(word)
    return words


def _may_break(before: str, after: str) -> bool:
    """Whether a line may end between two characters that no space parts."""
    if after in _CLOSING or before in "「『（【〈《([{":
        return False
    return bool(re.match(f"[{UNSPACED}]", before) or re.match(f"[{UNSPACED}]", after))


def _width(words: list[_Word]) -> int:
    return sum(word.width + word.spaced for word in words) - words[0].spaced


def _joined(words: list[_Word]) -> str:
    return "".join(" " * (word.spaced and k > 0) + word.text for k, word in enumerate(words))


def _balanced(words: list[_Word], count: int, max_length: int) -> list[list[_Word]]:
    """So many lines that are about even; one that ends with a phrase may be a little longer."""
    ends = [0, *accumulate(word.width + word.spaced for word in words)]
    num = len(words)

    def cost(start: int, end: int) -> float:
        width = ends[end] - ends[start] - words[start].spaced
        bonus = 0 if end == num or words[end - 1].last not in _ENDS_PHRASE else 8
        return float(max(0, width - bonus)) ** 3 + max(0, width - max_length) * _TOO_LONG

    best = [[float("inf")] * (num + 1) for _ in range(count + 1)]
    origin = [[0] * (num + 1) for _ in range(count + 1)]
    best[0][0] = 0.0
    for line in range(1, count + 1):
        for end in range(line, num + 1):
            for start in range(line - 1, end):
                total = best[line - 1][start] + cost(start, end)
                if total < best[line][end]:
                    best[line][end], origin[line][end] = total, start
    lines: list[list[_Word]] = []
    end = num
    for line in range(count, 0, -1):
        start = origin[line][end]
        lines.append(words[start:end])
        end = start
    return lines[::-1]


def _filled(words: list[_Word], num_lines: int, max_length: int) -> list[str]:
    """Lines filled one after another, for texts that are no subtitles any more."""
    total = _width(words)
    length = max(max_length, total // max(num_lines, 2) + 1)
    lines: list[list[_Word]] = []
    width = 0
    for word in words:
        if not lines or width + word.spaced + word.width > length:
            lines.append([])
            width = -word.spaced
        lines[-1].append(word)
        width += word.spaced + word.width
    return [_joined(line) for line in lines]
