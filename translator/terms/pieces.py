"""Cuts text into the pieces that terms are compared by, and folds away how they are written.

A piece is a word, one character of a script without spaces, or one mark. Terms begin and end where
pieces do, so a position is always one of the original text, however folding changes lengths.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from unicodedata import category, normalize

from translator.text.words import UNSPACED

__all__ = ["Pieces", "cut", "fold", "fold_start", "keys_of", "surface"]


def _ranges(characters: Iterable[int]) -> str:
    """The inside of a character class."""
    runs: list[list[int]] = []
    for each in characters:
        if runs and runs[-1][1] == each - 1:
            runs[-1][1] = each
        else:
            runs.append([each, each])
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in runs)


# Marks, and characters that are not seen, such as soft hyphens, belong to what is before them. A
# space without width is a space.
_ZERO_WIDTH_SPACE = "\u200b"
_JOINING = frozenset(["Mn", "Mc", "Me", "Cf"])
_ALL = [*range(0x20000), *range(0xE0000, 0xE0200)]
_KINDS = [(c, k) for c, k in zip(_ALL, map(category, map(chr, _ALL)), strict=True) if k in _JOINING]
_UNSEEN = [c for c, kind in _KINDS if kind == "Cf" and chr(c) != _ZERO_WIDTH_SPACE]
_MARKS = [c for c, kind in _KINDS if kind != "Cf"]
# What ends a Hangul syllable that is written as its letters belongs to its beginning.
_JAMO = range(0x1160, 0x1200)
_JOINED = _ranges(sorted({*_UNSEEN, *_MARKS, *_JAMO}))
# In Korean, endings are written onto words, so that a syllable counts as a word too.
_ALONE = f"{UNSPACED}\u1100-\u11ff\ua960-\ua97f\uac00-\ud7ff"
_WORD = rf"[^\W{_ALONE}]+(?:[{_JOINED}]+[^\W{_ALONE}]*)*"
# A number is one piece, with what is between its digits.
_PIECE = re.compile(
    rf"[{_ALONE}][{_JOINED}]*"
    rf"|{_WORD}(?:(?<=\d)[.,](?=\d){_WORD})*"
    rf"|[^\s{_ZERO_WIDTH_SPACE}][{_JOINED}]*"
)
_IGNORED = dict.fromkeys(_UNSEEN)
_TYPOGRAPHY = {ord(c): "'" for c in "’‘ʼ"} | {ord(c): "-" for c in "‐‑"}
# Both letters i of Turkish count as the one of other languages.
_FOLDED = _IGNORED | _TYPOGRAPHY | {ord("ı"): "i"}
_SURFACE = _IGNORED | _TYPOGRAPHY
_SPACE = re.compile(rf"[\s{_ZERO_WIDTH_SPACE}]+")


@dataclass(frozen=True, slots=True)
class Pieces:
    """The pieces of a text.

    Attributes:
        starts: Where each begins, in code points of the text.
        ends: Where each ends.
        folded: Each without what does not count; see ``fold``.
        keys: The same, after a space where there is white space before the piece.
        num_sure: How many of them stay the same whatever text follows.
    """

    starts: list[int]
    ends: list[int]
    folded: list[str]
    keys: list[str]
    num_sure: int

    def __len__(self) -> int:
        return len(self.starts)


def cut(text: str) -> Pieces:
    """Cut a text into pieces. A piece of unseen characters alone is left out."""
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
    """The keys of a term's pieces, whatever white space is before it."""
    pieces = cut(term)
    return [*pieces.folded[:1], *pieces.keys[1:]]


def _num_sure(text: str, starts: list[int], ends: list[int]) -> int:
    """Leave out the last piece if it may grow, and a number that may have decimals."""
    count = len(starts)
    if not count or ends[-1] < len(text):
        return count
    if count > 1 and text[starts[-1] :] in {".", ","} and text[starts[-1] - 1].isdecimal():
        return count - 2
    return count - 1


def fold(text: str) -> str:
    """Fold away case, composition, unseen characters, and the kind of apostrophe and hyphen."""
    if text.isascii():
        return text.lower()
    folded = normalize("NFD", normalize("NFD", text).casefold())
    return folded.replace("i\u0307", "i").translate(_FOLDED)


def fold_start(text: str) -> str:
    """Fold the beginning of a piece that may grow: what it will be begins with the result.

    Marks at its end are left out, because further ones may come before them.
    """
    letters = normalize("NFD", text)
    end = len(letters)
    while end and category(letters[end - 1]) in _JOINING:
        end -= 1
    return fold(letters[:end])


def surface(text: str) -> str:
    """How a text is written: like ``fold``, but case counts. A run of white space is a space."""
    return _SPACE.sub(" ", text if text.isascii() else normalize("NFC", text).translate(_SURFACE))
