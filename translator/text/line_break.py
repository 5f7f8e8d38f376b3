"""Breaks text into lines: words, how wide they are, and lines of about the same length."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import accumulate

from translator.text.binding import binds
from translator.text.words import UNSPACED

__all__ = [
    "CLAUSE_END",
    "MAX_LINE_LENGTH",
    "SENTENCE_END",
    "Word",
    "break_lines",
    "is_space",
    "is_unspaced",
    "joined",
    "may_break",
    "split_words",
    "width",
]

# What most style guides allow.
MAX_LINE_LENGTH = 42
# Of more words, lines are filled one after another.
_MAX_BALANCED = 60
# A character too many is worse than any unevenness.
_TOO_LONG = 1e9
# White space where a line may end; the two that are no place to break are part of a word.
_SPACE = r"\t-\r\x1c-\x20\x85\u1680\u2000-\u200a\u2028\u2029\u205f\u3000"
_PIECE = re.compile(rf"[{_SPACE}]+|[{UNSPACED}]|[^{_SPACE}{UNSPACED}]+")
_IS_SPACE = re.compile(f"[{_SPACE}]")
# Characters that take two columns.
_WIDE = re.compile(
    "[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60"
    "\uffe0-\uffe6\U0001f300-\U0001f64f\U0001f680-\U0001f6ff\U0001f900-\U0001f9ff"
    "\U00020000-\U0003fffd]"
)
# What stands at no line's start.
_CLOSING = frozenset("、。，．！？：；」』）】〉》…ー・,.!?:;)]}»”’")
_OPENING = frozenset("「『（【〈《([{«“‘¿¡")
_ENDS_PHRASE = frozenset(".,;:!?…。！？，")
# The marks that end a sentence, or a part of one, with quotes after them.
SENTENCE_END = re.compile(r"[.!?…。！？][\"'”’»)\]」』）]*\Z")
CLAUSE_END = re.compile(r"[,;:–—，、；：][\"'”’»)\]」』）]*\Z")
# How much longer a line may be made so as not to part what belongs together.
_BOUND_COST = 14


class Word:
    """What stays in a line: its text with codes, how wide it is, and whether a space is before."""

    __slots__ = ("last", "spaced", "text", "visible", "width")

    def __init__(self, *, spaced: bool) -> None:
        self.text = ""
        self.visible = ""
        self.width = 0
        self.spaced = spaced
        self.last = ""

    def join(self, other: "Word") -> None:
        """Add one that follows it without a break."""
        self.text += other.text
        self.visible += other.visible
        self.width += other.width
        self.last = other.last

    def parts(self, columns: int) -> list["Word"]:
        """The word, or if it is wider than a line, and without codes, parts of it that are not."""
        if self.width <= columns or self.text != self.visible:
            return [self]
        parts = [Word(spaced=self.spaced)]
        for character in self.text:
            taken = width(character)
            if parts[-1].width + taken > columns:
                parts.append(Word(spaced=False))
            parts[-1].text += character
            parts[-1].visible += character
            parts[-1].width += taken
            parts[-1].last = character
        return parts


def width(text: str) -> int:
    """How many columns a text takes: a wide character two, one that combines with another none."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.category(c) in {"Mn", "Me", "Cf"} else 2 if _WIDE.match(c) else 1
        for c in text
    )


def break_lines(
    pieces: Iterable[tuple[str, bool]],
    num_lines: int,
    max_length: int = MAX_LINE_LENGTH,
    language: str = "",
) -> list[str]:
    """Break a text into lines of at most ``max_length``, as few as can be.

    Args:
        pieces: The text in pieces; those with True are codes, which take no room and are no place
            to break.
        num_lines: If more lines than this, and more than two, would be needed, there are as many
            as this or two, and they are longer.
        max_length: A wide character counts as two.
        language: BCP-47 code of the text, whose articles and the like end no line.

    Returns:
        The lines, none of which is empty; white space between words is one space or a break.
    """
    words = split_words(pieces)
    if not words:
        return []
    if len(words) > _MAX_BALANCED:
        return _filled(words, num_lines, max_length)
    most = max(num_lines, 2)
    lines = [[*words]]
    for count in range(1, min(most, len(words)) + 1):
        lines = _balanced(words, count, max_length, language)
        if max(map(_width, lines)) <= max_length:
            break
    return [joined(line) for line in lines]


def split_words(pieces: Iterable[tuple[str, bool]]) -> list[Word]:
    """The words of a text in pieces, of which those with True are codes; see ``break_lines``."""
    words: list[Word] = []
    word: Word | None = None
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
            if is_space(text[0]):
                spaced = True
                continue
            breaks = word is None or spaced or may_break(word.last, text[0])
            if breaks or word is None:
                word = Word(spaced=spaced and bool(words))
                words.append(word)
            word.text += codes + text
            word.visible += text
            word.width += width(text)
            word.last = text[-1]
            spaced, codes = False, ""
    if codes and word is not None:
        word.text += codes
    elif codes:
        word = Word(spaced=False)
        word.text = codes
        words.append(word)
    return words


def is_space(character: str) -> bool:
    """Whether a line may end at a character, which is then left out."""
    return _IS_SPACE.match(character) is not None


def is_unspaced(character: str) -> bool:
    """Whether a character is of a script that is written without spaces between words."""
    return re.match(f"[{UNSPACED}]", character) is not None


def may_break(before: str, after: str) -> bool:
    """Whether a line may end between two characters that no space parts."""
    if after in _CLOSING or before in _OPENING or unicodedata.category(after).startswith("M"):
        return False
    return is_unspaced(before) or is_unspaced(after)


def _width(words: Sequence[Word]) -> int:
    return sum(word.width + word.spaced for word in words) - words[0].spaced


def joined(words: Sequence[Word]) -> str:
    """The text of a line."""
    return "".join(" " * (word.spaced and k > 0) + word.text for k, word in enumerate(words))


def _balanced(words: list[Word], count: int, max_length: int, language: str) -> list[list[Word]]:
    """So many lines that are about even; one that ends with a phrase may be a little longer."""
    ends = [0, *accumulate(word.width + word.spaced for word in words)]
    num = len(words)
    bound = [
        words[k].spaced and binds(words[k - 1].visible, words[k].visible, language)
        for k in range(1, num)
    ]

    def cost(start: int, end: int) -> float:
        width = ends[end] - ends[start] - words[start].spaced
        bonus = 0
        if end < num:
            bonus = 8 if words[end - 1].last in _ENDS_PHRASE else -_BOUND_COST * bound[end - 1]
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
    lines: list[list[Word]] = []
    end = num
    for line in range(count, 0, -1):
        start = origin[line][end]
        lines.append(words[start:end])
        end = start
    return lines[::-1]


def _filled(words: list[Word], num_lines: int, max_length: int) -> list[str]:
    """Lines filled one after another, for texts that are no subtitles any more."""
    total = _width(words)
    length = max(max_length, total // max(num_lines, 2) + 1)
    lines: list[list[Word]] = []
    width = 0
    for word in words:
        if not lines or width + word.spaced + word.width > length:
            lines.append([])
            width = -word.spaced
        lines[-1].append(word)
        width += word.spaced + word.width
    return [joined(line) for line in lines]
