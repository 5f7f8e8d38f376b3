"""Typographic characters that a model lacks: their plain form goes in, their own comes back out.

Curly quotes, dashes and the ellipsis have a plain form that every vocabulary holds. A translation
has as many of them as it needs, at its own places, so they are restored by where they stand: the
quote that opens becomes the one that opened in the source, an apostrophe inside a word the one that
was inside a word.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import Enum

from translator.text.rewriting import Edit

__all__ = ["NO_BREAK", "Plain", "plain_edits", "plain_form", "restored", "with_no_breaks"]

_QUOTES = dict.fromkeys("“”„‟«»″", '"')
_APOSTROPHES = dict.fromkeys("‘’‚‛′‹›´", "'")
_DASHES = dict.fromkeys("–—‐‑‒―−", "-")
_PLAIN = {**_QUOTES, **_APOSTROPHES, **_DASHES, "…": "..."}
# In the target: what may be the plain form of one of them.
_TARGET = re.compile(r"\.\.\.|[\"']| - |-")
# The spaces that no line breaks at: the usual and the narrow one.
NO_BREAK = "\u00a0\u202f"
_BLANK = f" {NO_BREAK}"
# A space between two words, with the number before it or else the word after it.
_BETWEEN_WORDS = re.compile(
    rf"(?:(?<![\w.,])(?P<number>\d[\d.,]*))?(?<=\S)(?P<blank>[{_BLANK}])(?=(?P<word>[^\W_]+)|\S)"
)


_ANY_DASH = frozenset([*_DASHES, "-"])


class _Place(Enum):
    """How a mark stands among its neighbours."""

    OPENING = 1
    CLOSING = 2
    IN_WORD = 3
    IN_NUMBER = 4
    ALONE = 5
    BESIDE_NUMBER = 6


@dataclass(frozen=True, slots=True)
class Plain:
    """A typographic character of the source ``[start, end)``, and the plain form the model gets."""

    start: int
    end: int
    text: str
    plain: str
    place: _Place


def plain_form(text: str, position: int, writes: Callable[[str], bool]) -> str | None:
    """The form of a character that the model has, or None.

    A minus sign before a digit has none: it belongs to the number.
    """
    character = text[position]
    if character == "\u2212" and text[position + 1 : position + 2].isdigit():
        return None
    plain = _PLAIN.get(character)
    # French puts spaces inside its quotes.
    is_inside = character == "«" or (character == "»" and "«" in text[:position])
    if (
        plain in ('"', "'")
        and not is_inside
        and _place(text, position, position + 1) is _Place.ALONE
    ):
        # It stands for itself.
        return None
    if plain is None:
        # Some vocabularies have the small letter only.
        plain = character.lower()
        if len(plain) > 1 or plain == character:
            return None
    return plain if all(map(writes, plain)) else None


def plain_edits(
    text: str, strange: AbstractSet[str], writes: Callable[[str], bool]
) -> Iterator[Plain]:
    """Find the characters that the model lacks while it has their plain form.

    Args:
        text: The text.
        strange: The characters of it that the model lacks.
        writes: Whether the model has a character.
    """
    for position, character in enumerate(text):
        if character not in strange:
            continue
        start, end = position, position + 1
        plain = plain_form(text, position, writes)
        if plain is None:
            continue
        if character == "«" and text[end : end + 1] in _BLANK and end < len(text):
            end += 1
        elif character == "»" and start and text[start - 1] in _BLANK:
            start -= 1
        place = _place(text, start, end)
        if character in "—―" and place in (_Place.IN_WORD, _Place.BESIDE_NUMBER):
            # Between two words, it is no hyphen.
            plain, place = " - ", _Place.ALONE
        yield Plain(start, end, text[start:end], plain, place)


def restored(source: str, plain: Sequence[Plain], target: str) -> Iterator[Edit]:
    """The edits that put the source's own characters into a target."""
    if not plain:
        return
    taken: dict[tuple[str, _Place], int] = {}
    # Those of the source that may stand for a mark in a place; none where that is not clear.
    known: dict[tuple[str, _Place], list[Plain]] = {}
    for match in _TARGET.finditer(target):
        start, end = match.span()
        mark = match[0].strip()
        place = _Place.ALONE if len(match[0]) == 3 and mark == "-" else _place(target, start, end)
        if (mark, place) not in known:
            is_clear = mark != "-" or not _has_native(source, mark, place)
            known[mark, place] = [
                p
                for p in plain
                if is_clear and p.plain.strip() == mark and _fits(p.place, place, mark)
            ]
        own = known[mark, place]
        if not own:
            continue
        number = taken.get((mark, place), 0)
        taken[mark, place] = number + 1
        found = own[min(number, len(own) - 1)]
        if mark != "-":
            yield Edit(start, end, found.text)
        elif len(match[0]) == 3:
            # With the source's own spaces, which may be such as no line breaks at.
            before, after = (
                each if each and each in _BLANK else " "
                for each in (source[found.start - 1 : found.start], source[found.end :][:1])
            )
            own_text = found.text if len(found.plain) == 3 else f"{before}{found.text}{after}"
            yield Edit(start, end, own_text)
        else:
            yield Edit(start, end, found.text)


def with_no_breaks(source: str, target: str) -> str:
    """Put the source's no-break spaces into a target; its length stays.

    What stands between a number and the word after it, or before a word that both have, is paired
    in the order of the texts. So a source that grows at its end changes nothing in what its target
    began with.
    """
    if not any(blank in source for blank in NO_BREAK):
        return target
    own: dict[str, list[str]] = {}
    for key, _, blank in _blanks(source):
        own.setdefault(key, []).append(blank)
    characters = list(target)
    for key, position, blank in _blanks(target):
        blanks = own.get(key)
        if blanks and (source_blank := blanks.pop(0)) != " " == blank:
            characters[position] = source_blank
    return "".join(characters)


def _blanks(text: str) -> Iterator[tuple[str, int, str]]:
    """The spaces of a text, each with what it belongs to and its position."""
    for match in _BETWEEN_WORDS.finditer(text):
        number, word = match["number"], match["word"]
        # Both languages' separators are the same here: 1.50 and 1,50.
        key = (number or "").replace(",", ".") or f" {(word or '').casefold()}"
        if key != " ":
            yield key, match.start("blank"), match["blank"]


def _fits(source: _Place, target: _Place, mark: str) -> bool:
    if mark == "...":
        return True
    if mark == "'" and {source, target} <= {_Place.IN_WORD, _Place.CLOSING}:
        return True
    # "9am–6pm" is 9:00–18:00.
    if source is _Place.BESIDE_NUMBER and target is _Place.IN_NUMBER:
        return True
    return source is target


def _has_native(source: str, mark: str, place: _Place) -> bool:
    """Whether the source has the plain mark itself in such a place, so that it is not clear whose
    the target's is.
    """
    return any(_place(source, m.start(), m.end()) is place for m in re.finditer(mark, source))


def _place(text: str, start: int, end: int) -> _Place:
    before, after = text[start - 1 : start], text[end : end + 1]
    if before.isdigit() and after.isdigit():
        return _Place.IN_NUMBER
    if before.isalnum() and after.isalnum():
        is_beside = text[start] in _ANY_DASH and (before.isdigit() or after.isdigit())
        return _Place.BESIDE_NUMBER if is_beside else _Place.IN_WORD
    if not (before.strip() or after.strip()):
        return _Place.ALONE
    is_after_word = bool(before.strip()) and before not in "([{-–—"
    return _Place.CLOSING if is_after_word else _Place.OPENING
