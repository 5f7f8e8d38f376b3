"""Cuts text into pieces for the comparison with terms, and folds away differences in writing.

A piece is a word, one character of a script without spaces, or one mark. Terms begin and end where
pieces do, so positions are those of the original text, even if folding changes lengths.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from unicodedata import category, normalize

from translator.text.words import UNSPACED

__all__ = ["Pieces", "cut", "fold", "fold_start", "keys_of", "surface"]


def _ranges(characters: Iterable[int]) -> str:
    """Ranges of characters, as the inside of a character class in a regular expression."""
    runs: list[list[int]] = []
    for each in characters:
        if runs and runs[-1][1] == each - 1:
            runs[-1][1] = each
        else:
            runs.append([each, each])
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in runs)


# Combining marks and invisible characters, such as soft hyphens, belong to the character before
# them. A space without width is a space.
_ZERO_WIDTH_SPACE = "\u200b"
_JOINING = frozenset(["Mn", "Mc", "Me", "Cf"])
_ALL = [*range(0x20000), *range(0xE0000, 0xE0200)]
_KINDS = [(c, k) for c, k in zip(_ALL, map(category, map(chr, _ALL)), strict=True) if k in _JOINING]
_UNSEEN = [c for c, kind in _KINDS if kind == "Cf" and chr(c) != _ZERO_WIDTH_SPACE]
_MARKS = [c for c, kind in _KINDS if kind != "Cf"]
# The letters of a Hangul syllable belong together.
_JAMO = range(0x1160, 0x1200)
_JOINED = _ranges(sorted({*_UNSEEN, *_MARKS, *_JAMO}))
# Korean endings are attached to words, so a syllable counts as a word too.
_ALONE = f"{UNSPACED}\u1100-\u11ff\ua960-\ua97f\uac00-\ud7ff"
_WORD = rf"[^\W{_ALONE}]+(?:[{_JOINED}]+[^\W{_ALONE}]*)*"
# A number is one piece, with the characters between its digits.
_PIECE = re.compile(
    rf"[{_ALONE}][{_JOINED}]*"
    rf"|{_WORD}(?:(?<=\d)[.,](?=\d){_WORD})*"
    rf"|[^\s{_ZERO_WIDTH_SPACE}][{_JOINED}]*"
)
_IGNORED = dict.fromkeys(_UNSEEN)
_TYPOGRAPHY = {ord(c): "'" for c in "’‘ʼ"} | {ord(c): "-" for c in "‐‑"}
# Both letters i of Turkish count as the i of other languages.
_FOLDED = _IGNORED | _TYPOGRAPHY | {ord("ı"): "i"}
_SURFACE = _IGNORED | _TYPOGRAPHY
_SPACE = re.compile(rf"[\s{_ZERO_WIDTH_SPACE}]+")


@dataclass(frozen=True, slots=True)
class Pieces:
    """The pieces of a text.

    Attributes:
        starts: Where each piece begins, in code points of the text.
        ends: Where each piece ends.
        folded: Each piece after ``fold``.
        keys: The same, with a space before it if there is white space before the piece.
        num_sure: How many pieces stay the same whatever text follows.
    """

    starts: list[int]
    ends: list[int]
    folded: list[str]
    keys: list[str]
    num_sure: int

    def __len__(self) -> int:
        return len(self.starts)


def cut(text: str) -> Pieces:
    """Cut a text into pieces. A piece that has only invisible characters is left out."""
    starts: list[int] = []
    ends: list[int] = []
    folded: list[str] = []
    keys: list[str] = []
    end = 0
    is_spaced = False
    for found in _PIECE.finditer(text):
        start = found.start()
        is_spaced |= start > end
        end = found.end()
        piece = found[0]
        key = piece.lower() if piece.isascii() else fold(piece)
        if key:
            starts.append(start)
            ends.append(end)
            folded.append(key)
            keys.append(f" {key}" if is_spaced else key)
            is_spaced = False
    return Pieces(starts, ends, folded, keys, _num_sure(text, starts, ends))


def keys_of(term: str) -> list[str]:
    """The keys of a term's pieces, without white space before the first."""
    pieces = cut(term)
    return [*pieces.folded[:1], *pieces.keys[1:]]


def _num_sure(text: str, starts: list[int], ends: list[int]) -> int:
    """How many pieces are certain: not the last if it may grow, nor a number before a point."""
    count = len(starts)
    if not count or ends[-1] < len(text):
        return count
    if count > 1 and text[starts[-1] :] in {".", ","} and text[starts[-1] - 1].isdecimal():
        return count - 2
    return count - 1


def fold(text: str) -> str:
    """Fold away case, composition, invisible characters, and the kind of apostrophe and hyphen."""
    if text.isascii():
        return text.lower()
    folded = normalize("NFD", normalize("NFD", text).casefold())
    return folded.replace("i\u0307", "i").translate(_FOLDED)


def fold_start(text: str) -> str:
    """Fold the beginning of a piece that may grow. Whatever it grows to begins with the result.

    Combining marks at its end are left out, because others may come before them.
    """
    letters = normalize("NFD", text)
    end = len(letters)
    while end and category(letters[end - 1]) in _JOINING:
        end -= 1
    return fold(letters[:end])


def surface(text: str) -> str:
    """How a text is written: like ``fold``, but case counts. A run of white space is a space."""
    return _SPACE.sub(" ", text if text.isascii() else normalize("NFC", text).translate(_SURFACE))
