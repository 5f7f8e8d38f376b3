"""Finds the translations of terms in a target text, and says how a term has to be written there."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple
from unicodedata import normalize

from translator.terms.inflection import stems
from translator.terms.match import Match
from translator.terms.pieces import Pieces, cut, keys_of, surface
from translator.terms.term import has_capital
from translator.text.case import capitals as in_capitals

__all__ = ["How", "TermUse", "form_for", "locate"]

_SENTENCE_END = ".!?…:。！？"
# Languages whose small letter i keeps its dot in capitals.
_DOTTED = frozenset(["az", "tr"])


class How(StrEnum):
    """How a term got into the translation, or that it did not."""

    ALREADY = "already"
    """The translation had it by itself, perhaps in another number or gender."""
    FORCED = "forced"
    """The decoder was made to write it."""
    MASKED = "masked"
    """A code word stood for it in the source."""
    FAILED = "failed"
    """The translation lacks it."""
    TOO_LATE = "too_late"
    """The place where it belongs had been committed already."""


@dataclass(frozen=True, slots=True)
class TermUse:
    """How a term of a segment was translated. Positions are code points.

    Attributes:
        entry: The term's index in its glossary, from 0.
        source_start: Where it begins in the source.
        source_end: Where it ends in the source.
        how: How it got into the target, or that it did not.
        target_start: Where its translation begins in the target; None if it is missing.
        target_end: Where its translation ends.
        glossary: The name of its glossary; "" for the request's own.
    """

    entry: int
    source_start: int
    source_end: int
    how: How
    target_start: int | None = None
    target_end: int | None = None
    glossary: str = ""


class _Wanted(NamedTuple):
    """A form that a match asks for.

    Attributes:
        form: How it is written.
        is_kept: Whether it is the term itself, which must not be translated.
        is_capitals: Whether it may be in capitals.
    """

    form: str
    is_kept: bool
    is_capitals: bool


def locate(
    matches: Sequence[Match], target: str, language: str = ""
) -> list[tuple[int, int] | None]:
    """Find a form of each match in a target text. One place never counts for two matches.

    If forms overlap, the longer one counts, then the earlier one. Matches of the same term get
    their places in order. Where a form is missing, its plural or feminine counts, if it is without
    a capital. Takes linear time in matches and text.

    Args:
        matches: Terms of the source, in order.
        target: Its translation.
        language: The target's BCP-47 code; "" if forms have to stand as they are.

    Returns:
        Start and end in the target for each match; None where a form of it is missing.
    """
    if not matches:
        return []
    pieces = cut(target)
    wanted: dict[_Wanted, list[int]] = {}
    for number, match in enumerate(matches):
        for form in match.forms:
            each = _Wanted(form, not match.term.forms, match.is_capitals)
            wanted.setdefault(each, []).append(number)
    # A place goes to the first match that has none yet.
    waiting = {each: iter(numbers) for each, numbers in wanted.items()}
    served: list[tuple[int, int, int]] = []
    is_served: set[int] = set()
    taken: set[int] = set()
    for _, begin, end, each in sorted(_places(wanted, target, pieces)):
        if taken.isdisjoint(range(begin, end)):
            first = next((n for n in waiting[each] if n not in is_served), None)
            if first is not None:
                taken.update(range(begin, end))
                is_served.add(first)
                served.append((begin, end, first))
    if language and len(served) < len(matches):
        missing = [number for number in range(len(matches)) if number not in is_served]
        inflected = list(_inflected(matches, missing, pieces, taken, language))
        served += inflected
        is_served.update(number for _, _, number in inflected)
    # Matches that want the same form get the places in order.
    numbers: dict[tuple[tuple[str, ...], bool], list[int]] = {}
    for number in sorted(is_served):
        numbers.setdefault(_wants(matches[number]), []).append(number)
    queues = {wants: iter(own) for wants, own in numbers.items()}
    spans: list[tuple[int, int] | None] = [None] * len(matches)
    for begin, end, number in sorted(served):
        spans[next(queues[_wants(matches[number])])] = (pieces.starts[begin], pieces.ends[end - 1])
    return spans


def _inflected(
    matches: Sequence[Match],
    missing: Sequence[int],
    pieces: Pieces,
    taken: set[int],
    language: str,
) -> Iterator[tuple[int, int, int]]:
    """Find forms in another number or gender: the first piece, the piece after it, the match.

    Args:
        matches: All matches.
        missing: The numbers of those to look for.
        pieces: The target's.
        taken: Those that are forms already; what is found is added.
        language: The target's BCP-47 code.
    """
    folded, keys = stems(pieces.folded, language), stems(pieces.keys, language)
    if folded is None or keys is None:
        return
    by_stem: dict[str, list[int]] = {}
    for place, stem in enumerate(folded):
        by_stem.setdefault(stem, []).append(place)
    # The places of a form, each of which one match looks at.
    places: dict[str, Iterator[tuple[int, int]]] = {}
    for number in missing:
        for form in matches[number].term.forms:
            if has_capital(form):
                continue
            if form not in places:
                own = keys_of(form)
                wanted = stems(own, language) or ()
                # One that is not the base form is meant as it is.
                is_base = wanted[:1] == tuple(normalize("NFC", key) for key in own[:1])
                places[form] = _places_of(wanted if is_base else (), by_stem, keys)
            free = next((p for p in places[form] if taken.isdisjoint(range(*p))), None)
            if free is not None:
                taken.update(range(*free))
                yield *free, number
                break


def _places_of(
    own: tuple[str, ...], by_stem: dict[str, list[int]], keys: tuple[str, ...]
) -> Iterator[tuple[int, int]]:
    """Where a text has the stems of a form: the first piece and the piece after it."""
    for begin in by_stem.get(own[0], ()) if own else ():
        end = begin + len(own)
        if keys[begin + 1 : end] == own[1:]:
            yield begin, end


def _wants(match: Match) -> tuple[tuple[str, ...], bool]:
    return match.forms, match.is_capitals


def _places(
    wanted: Iterable[_Wanted], target: str, pieces: Pieces
) -> Iterator[tuple[int, int, int, _Wanted]]:
    """Find all forms: minus the length of each, its first piece, and the piece after it."""
    by_piece: dict[str, list[int]] = {}
    for place, key in enumerate(pieces.folded):
        by_piece.setdefault(key, []).append(place)
    for each in wanted:
        own = cut(each.form)
        for begin in by_piece.get(own.folded[0], ()) if own else ():
            end = begin + len(own)
            if pieces.keys[begin + 1 : end] == own.keys[1:]:
                start, stop = pieces.starts[begin], pieces.ends[end - 1]
                if _is_written(target, start, stop, each):
                    yield start - stop, begin, end, each


def form_for(match: Match, before: str, language: str, *, capitals: bool | None = None) -> str:
    """How a term has to be written at a place in the target.

    Args:
        match: The term.
        before: The target segment up to the place. A form that begins the segment gets a capital.
        language: The target's BCP-47 code; only its language counts.
        capitals: Whether to write it in capitals. Default: where the source is.
    """
    form = match.forms[0]
    if not match.term.forms:
        return form
    if match.is_capitals if capitals is None else capitals:
        return in_capitals(form, language)
    return form if any(map(str.isalnum, before)) else _raised(form, language)


def _raised(form: str, language: str) -> str:
    """Give a form its first capital, unless its first word has one, or it begins with a digit."""
    word = form.split(" ")[0]
    place = next((i for i, letter in enumerate(word) if letter.isalnum()), len(word))
    if has_capital(word) or not word[place : place + 1].isalpha():
        return form
    is_dotted = word[place] == "i" and language.split("-")[0].lower() in _DOTTED
    capital = "İ" if is_dotted else word[place].title()
    return f"{form[:place]}{capital}{form[place + 1 :]}" if len(capital) == 1 else form


def _is_written(target: str, start: int, end: int, wanted: _Wanted) -> bool:
    """Whether the target writes a form in an allowed way."""
    here, form = surface(target[start:end]), surface(wanted.form)
    if here == form:
        return True
    if wanted.is_kept:
        # A segment in capitals may have been translated in small letters.
        return wanted.is_capitals
    if not has_capital(form) or (wanted.is_capitals and here.upper() == here):
        return True
    return here[1:] == form[1:] and here[0].lower() == form[0] and _starts(target, start)


def _starts(target: str, place: int) -> bool:
    """Whether a sentence begins at a place."""
    for character in reversed(target[max(0, place - 8) : place]):
        if character.isalnum():
            return False
        if character in _SENTENCE_END:
            return True
    return place <= 8
