"""What a model must not touch, and what it cannot write: protected in the source, put back after.

A model of a few tens of thousands of pieces has no ``£``, no ``{`` and no emoji, and loses them
silently; an e-mail address or a placeholder comes back as other words. So each of them is taken out
before the model sees the text, and a *code word* stands in its place, such as ``%1``, which models
copy. In the translation the code word becomes again what it stood for. Typographic characters that
have a plain form, such as curly quotes and dashes, go to the model in that form
(``typography.py``).

Everything here is pure, linear in the text, and says where each place comes from, so that
alignments, media times and lengths are about the user's own text.

A text that grows keeps its code words: what is protected depends on its own word and its neighbours
only, and ``Protected.open_from`` says from where on that may still change.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from translator.text.borders import LEAD
from translator.text.code_words import DEFAULT_CODE_WORDS, CodeWords
from translator.text.detokenizer import TargetText
from translator.text.given_names import NO_STAND_INS, StandIns
from translator.text.identifiers import (
    CLOSING,
    OPENING,
    find_identifiers,
    find_unclosed,
    may_have_identifiers,
)
from translator.text.rewriting import AS_IT_IS, Edit, Rewording, Rewritten, rewrite
from translator.text.typography import (
    NO_BREAK,
    Plain,
    plain_edits,
    plain_form,
    restored,
    with_no_breaks,
)
from translator.text.words import UNSPACED

__all__ = ["Mask", "Protected", "Verbatim", "protect"]

# Every vocabulary has these.
# What of the text before a term's form stays, and how it goes on; given that text and the form.
Agree = Callable[[str, str], tuple[str, str]]
_COMMON = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,?!'- ")
_SPACES = str.maketrans(dict.fromkeys(NO_BREAK, " "))
_NUMBER_AFTER = re.compile(
    r"[\s\u00a0]?[-+\u2212]?\d[\d.,\u00a0]*(?<=\d)(?:[-–—]\d[\d.,]*(?<=\d))?"
)
# Also a range: "8–10 Ω".
_NUMBER_BEFORE = re.compile(r"(?<![\w.,–—-])[-+\u2212]?\d[\d.,]*(?:[-–—/x×]\d[\d.,]*)?[ \u00a0]?\Z")
# A sign or a unit, such as "Ω", is no longer.
_LONGEST_SIGN = 3
# Of a number before a unit, no more is looked at.
_LONGEST_NUMBER = 24
# Signs of these kinds stand before their number, others after it.
_BEFORE = ("Sc", "Sm", "Po")
# A letter or a digit of a script with spaces between its words.
_SPACED = re.compile(rf"[^\W_{UNSPACED}]")
# What may stand between two code words that go as one.
_BETWEEN = re.compile(r"[ \t\u00a0]?[-–—/|:x×+&=]?[ \t\u00a0]?")
_NUMBER_AT_END = re.compile(r"(?<![^\s(])[^\s\w]?\d[\d.,:/x×–—-]*\s*\Z")


class Verbatim(NamedTuple):
    """A part of a text that no model is to touch. Positions are code points.

    Attributes:
        start: Where it begins.
        end: Where it ends.
        text: What it is in the target; None: the same.
    """

    start: int
    end: int
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Mask:
    """A part of the source with a code word in its place. Positions are code points.

    Attributes:
        code: The code word.
        text: What it stands for.
        start: Where that begins in the text.
        end: Where it ends.
        joins_before: Whether it followed the word before without a space, and the code does not.
        joins_after: The same for the word after it.
        is_form: Whether it is a term's form, not what stands in the source.
    """

    code: str
    text: str
    start: int
    end: int
    joins_before: bool = False
    joins_after: bool = False
    is_form: bool = False


@dataclass(frozen=True, slots=True)
class Protected:
    """A text as a model gets it.

    Attributes:
        original: The text.
        rewritten: What the model gets, with where each place of it comes from.
        masks: What stands behind code words, in order.
        plain: Typographic characters that stand in their plain form, in order.
        open_from: If the text may still grow: the place from which on what follows may change how
            it is protected; None if none does.
        codes: The family of its code words.
        lead: A sign before the first item, such as a bullet, that the model does not see.
        reworded: What the model gets other words for, since it knows those better, in order.
        names: The given name that each stand-in stands for; see ``given_names.py``.
    """

    original: str
    rewritten: Rewritten
    masks: tuple[Mask, ...] = ()
    plain: tuple[Plain, ...] = ()
    open_from: int | None = None
    codes: CodeWords = DEFAULT_CODE_WORDS
    lead: str = ""
    reworded: tuple[Edit, ...] = ()
    names: tuple[tuple[str, str], ...] = ()

    @property
    def text(self) -> str:
        """What the model gets."""
        return self.rewritten.text

    @property
    def is_rewritten(self) -> bool:
        """Whether the model gets another text than the original, or reads it as another."""
        is_plain = not any(blank in self.original for blank in NO_BREAK)
        return bool(self.masks or self.plain or self.lead or self.reworded) or not is_plain

    def code_ranges(self) -> list[tuple[int, int]]:
        """Where the code words stand in what the model gets."""
        found = self.codes.find(self.text, len(self.masks))
        return [(end - len(key), end) for _, end, key in found]

    @property
    def visible(self) -> str:
        """The original with spaces in place of what is behind code words."""
        hidden = (Edit(m.start, m.end, " " * (m.end - m.start)) for m in self.masks)
        return rewrite(self.original, hidden).text

    @property
    def has_words(self) -> bool:
        """Whether a letter is left for the model; digits and marks are the same anywhere."""
        visible = self.visible[len(self.lead) :]
        # A single letter in a row of items is a name: size L, row A.
        is_name = self.lead != "" and len(visible.strip()) == 1
        return any(map(str.isalpha, visible)) and not is_name

    def optional_plurals(self) -> Iterator[tuple[int, int]]:
        """Where the words stand that the model gets the plural of for "file(s)"."""
        for edit in self.reworded:
            start = edit.start
            if edit.text and self.original[edit.end - 1] == ")":
                while start and self.original[start - 1].isalpha():
                    start -= 1
                yield start, edit.end

    def concealed(self, target: str) -> str:
        """A target as the model would have said it: the opposite of ``restored``."""
        edits: list[Edit] = []
        reached = 0
        if self.lead and target.startswith(self.lead):
            reached = len(self.lead)
            edits.append(Edit(0, reached, ""))
        for mask in self.masks:
            start = target.find(mask.text, reached)
            if start >= 0:
                reached = start + len(mask.text)
                edits.append(Edit(start, reached, _spaced(mask)))
        said = rewrite(target, edits).text
        for plain in self.plain:
            said = said.replace(plain.text, plain.plain)
        for stand_in, name in self.names:
            said = re.sub(rf"\b{name}\b", stand_in, said)
        return said.translate(_SPACES)

    def missing(self, target: str) -> list[Mask]:
        """The masks whose code word is not in a model's output."""
        there = {key for _, _, key in self.codes.find(target, len(self.masks))}
        return [mask for mask in self.masks if self.codes.key(mask.code) not in there]

    def restored(
        self,
        target: TargetText,
        missing: Iterable[tuple[Mask, int]] = (),
        agree: Agree = lambda before, _: (before, ""),
    ) -> TargetText:
        """Put back into a model's output what was protected.

        A code word that stands there again, or that nothing stands behind, is left out.

        Args:
            target: The output.
            missing: What to put in that the model left out, each with its place.
            agree: Given the text before a term's form and the form, says what of the text stays,
                and how it goes on.
        """
        edits = list(restored(self.original, self.plain, target.text)) if self.plain else []
        if self.masks:
            edits += self._unmasked(target.text, agree)
            for mask, place in missing:
                edits.append(Edit(place, place, f" {mask.text}" if place else f"{mask.text} "))
                edits += _agreed(target.text, place, mask, agree)
        for stand_in, name in self.names:
            found = re.finditer(rf"\b{stand_in}\b", target.text)
            edits += (Edit(*match.span(), name) for match in found)
        edits.sort(key=lambda edit: edit.start)
        if self.lead:
            edits.insert(0, Edit(0, 0, self.lead))
        if edits:
            target = target.edited(edits)
        return replace(target, text=with_no_breaks(self.original, target.text))

    def _unmasked(self, target: str, agree: Agree) -> Iterator[Edit]:
        masks = {self.codes.key(mask.code): mask for mask in self.masks}
        for start, end, key in self.codes.find(target, len(self.masks)):
            mask = masks.pop(key, None)
            if mask is None:
                yield Edit(start, end, "")
                continue
            if not mask.joins_before:
                start = end - len(mask.code)
            if mask.joins_after and target[end : end + 1] == " ":
                end += 1
            # A model may leave out the space: "ver%1".
            is_glued = not mask.joins_before and mask.text[:1].isalnum()
            is_glued = is_glued and _SPACED.match(target, max(0, start - 1), start) is not None
            yield Edit(start, end, f" {mask.text}" if is_glued else mask.text)
            yield from _agreed(target, start, mask, agree)


def _agreed(target: str, place: int, mask: Mask, agree: Agree) -> Iterator[Edit]:
    """The words before a term's form, such as an article, where they have to be others."""
    if not mask.is_form:
        return
    before = target[:place].removesuffix(" ")
    # Two words at most.
    start = before.rfind(" ", 0, max(0, before.rfind(" "))) + 1
    kept, agreed = agree(before[start:], mask.text)
    if agreed:
        yield Edit(start + len(kept), len(before), agreed)


def protect(
    text: str,
    writes: Callable[[str], bool],
    verbatim: Sequence[Verbatim] = (),
    codes: CodeWords = DEFAULT_CODE_WORDS,
    rewording: Rewording = AS_IT_IS,
    stand_ins: StandIns = NO_STAND_INS,
) -> Protected:
    """Protect what a model must not touch or cannot write.

    Args:
        text: A segment, or as much of it as has come.
        writes: Whether the model reads a character and can write it.
        verbatim: Further parts that no model is to touch, in order; none overlap.
        codes: The model's code words.
        rewording: What a model would not know, such as times of day in words. It gets other words
        rewording: What a model would not know, such as times of day in words. It gets other words
            instead, and the target keeps what it makes of them.
        stand_ins: What it gets for given names, which the target gets back.
    """
    rewording = rewording.with_others(stand_ins.edits, stand_ins.open_from)
    characters = set(text)
    strange = {c for c in characters - _COMMON if not (c.isspace() or writes(c))}
    own = list(_own_codes(text, codes))
    verbatim = _with_addresses(verbatim, rewording)
    lead = LEAD.match(text)
    if not (lead or verbatim or strange or own or may_have_identifiers(text, characters)):
        return Protected(
            text,
            rewrite(text, rewording.edits),
            open_from=_first(_open_number(text), rewording.open_from),
            codes=codes,
            reworded=rewording.edits,
            names=stand_ins.names,
        )
    first = lead.end() if lead else 0
    given = [(part.start, part.end) for part in verbatim]
    ranges = _merged([*given, *own, *find_identifiers(text)])
    # A sign that the model gets a word for is not lost: "@ 6:30".
    worded = [(each.start, each.end) for each in rewording.beside(ranges)]
    lost = [
        i
        for i in range(first, len(text))
        if text[i] in strange and not _is_inside(i, worded) and _is_lost(text, i, writes)
    ]
    ranges = _joined(text, _merged([*ranges, *_lost_ranges(text, lost, ranges)]))
    masks = tuple(
        Mask(
            codes.word(number),
            _put_back(text, start, end, verbatim),
            start,
            end,
            joins_before=start > 0 and (text[start - 1].isalnum() or text[start - 1] in CLOSING),
            joins_after=end < len(text) and (text[end].isalnum() or text[end] == "%"),
            is_form=_is_form(text, start, end, verbatim),
        )
        for number, (start, end) in enumerate(ranges, 1)
    )
    # What follows a protected part belongs to it: the "(s)" of a term.
    reworded = rewording.beside(ranges)
    taken = sorted([*ranges, *((each.start, each.end) for each in reworded)])
    found = plain_edits(text, strange, writes)
    plain = tuple(each for each in found if not _is_inside(each.start, taken))
    edits = [Edit(0, first, "")] if first else []
    edits += reworded
    edits += [Edit(p.start, p.end, p.plain) for p in plain]
    edits += [Edit(m.start, m.end, _spaced(m)) for m in masks]
    edits.sort(key=lambda edit: edit.start)
    open_from = _first(_open_from(text, ranges), rewording.open_from)
    return Protected(
        text,
        rewrite(text, edits),
        masks,
        plain,
        open_from,
        codes,
        lead[0] if lead else "",
        reworded,
        stand_ins.names,
    )


def _own_codes(text: str, codes: CodeWords) -> Iterator[tuple[int, int]]:
    """Words of a text that are code words; those of the default are placeholders anyway."""
    if codes != DEFAULT_CODE_WORDS:
        for _, end, key in codes.find(text):
            yield end - len(key), end


def _put_back(text: str, start: int, end: int, verbatim: Sequence[Verbatim]) -> str:
    """What becomes of ``[start, end)`` in the target."""
    edits = (
        Edit(part.start - start, part.end - start, part.text)
        for part in verbatim
        if part.text is not None and start <= part.start and part.end <= end
    )
    return rewrite(text[start:end], edits).text


def _stands_for_itself(said: str) -> bool:
    return find_identifiers(said) == [(0, len(said))]


def _with_addresses(verbatim: Sequence[Verbatim], rewording: Rewording) -> Sequence[Verbatim]:
    """What no model is to touch, with the addresses that are spoken in the text."""
    spoken = [
        Verbatim(edit.start, edit.end, edit.text)
        for edit in rewording.beside([(part.start, part.end) for part in verbatim])
        if _stands_for_itself(edit.text)
    ]
    return sorted([*verbatim, *spoken]) if spoken else verbatim


def _is_form(text: str, start: int, end: int, verbatim: Sequence[Verbatim]) -> bool:
    said = _put_back(text, start, end, verbatim)
    return said != text[start:end] and not _stands_for_itself(said)


def _spaced(mask: Mask) -> str:
    return f"{' ' * mask.joins_before}{mask.code}{' ' * mask.joins_after}"


def _is_lost(text: str, place: int, writes: Callable[[str], bool]) -> bool:
    """Whether a character that the model lacks would be lost: it has no other form."""
    character = text[place]
    if plain_form(text, place, writes) is not None:
        return False
    category = unicodedata.category(character)
    if category in ("Cf", "Cc"):
        # Invisible: it belongs to what it stands beside.
        return False
    if category[0] == "M" and place:
        composed = unicodedata.normalize("NFC", text[place - 1] + character)
        return len(composed) > 1 or not writes(composed)
    if character in "ªº" and not text[place - 1 : place].isalnum():
        return text[place - 1 : place] != "."
    if category[0] == "L":
        # Letters in another form, such as ligatures and the "º" of "1º", are read as letters.
        usual = unicodedata.normalize("NFKC", character)
        return usual == character or not all(map(writes, usual))
    return True


def _lost_ranges(
    text: str, lost: Sequence[int], known: Sequence[tuple[int, int]]
) -> Iterator[tuple[int, int]]:
    """The words that hold characters the model lacks; of symbols only those themselves."""
    reached = 0
    for place in lost:
        if place < reached or _is_inside(place, known):
            continue
        if _is_symbol(text[place]):
            start, end = place, place + 1
            while end < len(text) and (_is_symbol(text[end]) or _goes_on(text[end])):
                end += 1
        else:
            start, end = _word_around(text, place, reached)
            if end - start <= _LONGEST_SIGN:
                start, end = _with_number(text, start, end, reached)
        yield start, end
        reached = end


def _word_around(text: str, place: int, first: int) -> tuple[int, int]:
    """The word around a character, without the marks at its ends and without symbols."""
    start, end = place, place + 1
    while start > first and not (text[start - 1].isspace() or _is_symbol(text[start - 1])):
        start -= 1
    while end < len(text) and not (text[end].isspace() or _is_symbol(text[end])):
        end += 1
    while start < place and text[start] in OPENING:
        start += 1
    while end > place + 1 and text[end - 1] in CLOSING:
        end -= 1
    return start, end


def _with_number(text: str, start: int, end: int, first: int) -> tuple[int, int]:
    """A sign together with the number that it belongs to: "£ 5", "50 Ω"."""
    after = _NUMBER_AFTER.match(text, end)
    before = _NUMBER_BEFORE.search(text[max(first, start - _LONGEST_NUMBER) : start])
    if before is not None and (after is None or unicodedata.category(text[start]) not in _BEFORE):
        return start - len(before[0]), end
    return (start, after.end()) if after is not None else (start, end)


def _is_symbol(character: str) -> bool:
    """Whether a character stands for itself, not for a part of the word that it touches."""
    if character in "•‣¿¡" or "\u2190" <= character <= "\u21ff":
        return True
    return unicodedata.category(character) == "So" and character not in "©®™℠°№℃℉"


def _goes_on(character: str) -> bool:
    """Whether a character belongs to the emoji before it."""
    return (
        character in "\u200d\ufe0e\ufe0f\u20e3"
        or "\U0001f3fb" <= character <= "\U0001f3ff"
        or "\U000e0020" <= character <= "\U000e007f"
    )


def _is_inside(place: int, ranges: Sequence[tuple[int, int]]) -> bool:
    at = bisect_right(ranges, (place, len(ranges) + (1 << 40)))
    return at > 0 and ranges[at - 1][1] > place


def _merged(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The ranges in order, those that overlap as one."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if merged and start < merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def _joined(text: str, ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Make one of neighbours: a model keeps the order of its code words less well than one."""
    joined: list[tuple[int, int]] = []
    for start, end in ranges:
        if joined and _BETWEEN.fullmatch(text, joined[-1][1], start) is not None:
            joined[-1] = joined[-1][0], end
        else:
            joined.append((start, end))
    return joined


def _open_from(text: str, ranges: Sequence[tuple[int, int]]) -> int | None:
    places = []
    unclosed = find_unclosed(text)
    if unclosed is not None:
        places.append(unclosed)
    end = len(text.rstrip())
    last_word = text.rfind(" ", 0, end) + 1
    if ranges and ranges[-1][1] >= end - 1:
        places.append(ranges[-1][0])
    word = text[last_word:]
    if end == len(text) and may_have_identifiers(word, set(word)):
        places.append(last_word)
    number = _open_number(text)
    if number is not None:
        places.append(number)
    # What is protected next may be a neighbour of what is protected before it.
    for place in [end, *places]:
        last = next((each for each in reversed(ranges) if each[1] <= place), None)
        if last is not None and _BETWEEN.fullmatch(text, last[1], place) is not None:
            places.append(last[0])
    return min(places, default=None)


def _first(*places: int | None) -> int | None:
    return min((place for place in places if place is not None), default=None)


def _open_number(text: str) -> int | None:
    """Where a number at the end begins: a unit may follow it."""
    if not text or not (text[-1].isdigit() or text[-1].isspace()):
        return None
    match = _NUMBER_AT_END.search(text, max(0, len(text) - _LONGEST_NUMBER))
    return None if match is None else match.start()
