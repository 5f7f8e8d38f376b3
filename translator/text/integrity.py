"""Checks that what counts in a source stands in its translation: numbers, currencies, its length.

A number is the same number in another format: "1,200.50" and "1.200,50", "5:30 pm" and "17h30",
"1990s" and "anos 90", "5,000" and "5 mil", "19th" and "XIX". "12,345,67" is none: of several marks
all are those of the source, or all are exchanged. Small whole numbers may be written out ("two"),
unless a unit or a currency stands beside them.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

__all__ = ["Issue", "IssueKind", "find_issues", "numbers_of"]

_NUMBER = re.compile(r"\d+(?:[.,'\u2019\u00a0\u202f]\d+)*|(?<=[\s(])\d{1,3}(?: \d{3})+(?!\d)")
# Between groups of digits, as in "1 200".
_GROUPED = re.compile(r"(?<=\d)[ \u00a0\u202f](?=\d{3}(?!\d))")
_DIGITS = re.compile(r"\D+")
_MARKS = re.compile(r"[.,]")
_EXCHANGED = str.maketrans(".,", ",.")
_ROMAN = re.compile(r"\b[IVXLC]+\b")
_ROMAN_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}
# What makes a small number one that is not written out.
_UNIT_AFTER = re.compile(
    r"[\"″′]|\s?(?:%|°|[$€£¥]|(?:mm?|cm|km|g|mg|kg|ml|l|kW|W|V|A|Hz|[KMGT]B|px|in|ft|lb|oz|h|min|s)\b)"
)
_CURRENCY_BEFORE = re.compile(r"(?:(?:\b[A-Z]{1,3})?\$|\b(?:USD|EUR|GBP|BRL|JPY|CHF)) ?\Z")
_DOLLARS = re.compile(
    r"\$|\b(?:d[oó]lar|dollar|buck|peso)|\b(?:USD|BRL|CAD|AUD|MXN|reais|real)\b", re.IGNORECASE
)
_LARGEST_WRITTEN_OUT = 12
# Some words that may become figures, in the languages of the embedded models.
_NUMBER_WORD = re.compile(
    r"\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|twenty|thirty|forty|"
    r"fifty|sixty|seventy|eighty|ninety|hundreds?|thousands?|millions?|billions?|second|third|fourth|"
    r"fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|\w+t[eh]enth|\w+tieth|century|dozen|"
    r"half|noon|midnight|dois|duas|três|quatro|cinco|seis|sete|oito|nove|dez|onze|doze|treze|"
    r"[cq]uatorze|quinze|dez[ae]\w+|vinte|\w+renta|\w+quenta|\w+senta|\w+tenta|cem|cento|\w+centos|"
    r"mil|milh\w+|bilh\w+|primeir[oa]|segund[oa]|terceir[oa]|quart[oa]|quint[oa]|sext[oa]|século|"
    r"dúzia|mei[oa])\b",
    re.IGNORECASE,
)
# A translation so much shorter than its source lacks something.
_MIN_RATIO = 0.3
_MIN_LENGTH = 60


class IssueKind(Enum):
    """What is wrong with a translation."""

    NUMBER = "number"
    CURRENCY = "currency"
    LENGTH = "length"
    MARKUP = "markup"


@dataclass(frozen=True, slots=True)
class Issue:
    """What of a source is not in its translation.

    Attributes:
        kind: What it is.
        start: Where it begins in the source, in code points.
        end: Where it ends.
    """

    kind: IssueKind
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Number:
    """A number of a source, with the currency before it."""

    start: int
    end: int
    text: str
    digits: str
    currency: str
    is_small: bool


def numbers_of(text: str) -> set[str]:
    """The numbers of a text by their digits alone, without zeros at the start."""
    return {_plain(match[0]) for match in _NUMBER.finditer(text)}


def find_issues(source: str, target: str, known: Iterable[str] = ()) -> Iterator[Issue]:
    """Find what of a source its translation lacks.

    Args:
        source: A segment; spaces in place of what is protected otherwise.
        target: Its whole translation.
        known: Texts whose numbers may stand in it too, such as what is protected.
    """
    if any(map(str.isdigit, source)):
        yield from _number_issues(source, target, known)
    length = len(source.strip())
    if length >= _MIN_LENGTH and len(target) < _MIN_RATIO * length:
        yield Issue(IssueKind.LENGTH, 0, len(source))


def _number_issues(source: str, target: str, known: Iterable[str]) -> Iterator[Issue]:
    there = _readings(target)
    garbled = _garbled(source, target)
    numbers = list(_numbers(source))
    # A small number that is not there is written out, unless another one stands in its place.
    may_be_words = not any(number.is_small for number in numbers) or not _has_another(
        target, (source, *known)
    )
    for number in numbers:
        is_there = not there.isdisjoint(_forms(number)) or (number.is_small and may_be_words)
        if number.digits in garbled or not is_there:
            yield Issue(IssueKind.NUMBER, number.start, number.end)
        elif number.currency and not _has_currency(number.currency, target):
            yield Issue(IssueKind.CURRENCY, number.start, number.end)


def _has_another(target: str, sources: Iterable[str]) -> bool:
    """Whether a target has a number that is none of its sources' in whatever format."""
    forms: set[str] = set()
    for source in sources:
        for number in _numbers(source):
            forms |= _forms(number)
        # "The second of May" is 2 de maio, and "two hundred" 200.
        if _NUMBER_WORD.search(source):
            return False
    return any(_values(match[0]).isdisjoint(forms) for match in _NUMBER.finditer(target))


def _numbers(source: str) -> Iterator[_Number]:
    for match in _NUMBER.finditer(source):
        start, end = match.span()
        digits = _plain(match[0])
        before = _CURRENCY_BEFORE.search(source[max(0, start - 5) : start])
        currency = ""
        if before is not None:
            currency = before[0].strip()
            start -= len(before[0])
        is_small = (
            match[0].isdigit()
            and int(match[0][:4]) <= _LARGEST_WRITTEN_OUT
            and not currency
            and _UNIT_AFTER.match(source, end) is None
        )
        yield _Number(start, end, match[0], digits, currency, is_small)


def _garbled(source: str, target: str) -> set[str]:
    """The digits of source numbers with several marks that a target has with other marks only."""
    formats: dict[str, set[str]] = {}
    for match in _NUMBER.finditer(source):
        marks = "".join(_MARKS.findall(match[0]))
        if len(marks) > 1:
            formats.setdefault(_plain(match[0]), set()).add(marks)
    if not formats:
        return set()
    found: dict[str, list[bool]] = {}
    for match in _NUMBER.finditer(target):
        digits, marks = _plain(match[0]), "".join(_MARKS.findall(match[0]))
        if digits in formats:
            allowed = {each for own in formats[digits] for each in (own, own.translate(_EXCHANGED))}
            # Without grouping only the last one is left, or none.
            is_right = len(marks) < 2 or marks in allowed
            found.setdefault(digits, []).append(is_right)
    return {digits for digits, are_right in found.items() if not any(are_right)}


def _plain(number: str) -> str:
    return _DIGITS.sub("", number).lstrip("0") or "0"


def _readings(target: str) -> set[str]:
    """What the numbers of a target may be worth."""
    readings = {str(_roman(match[0])) for match in _ROMAN.finditer(target)}
    for text in (target, _GROUPED.sub("", target)):
        for match in _NUMBER.finditer(text):
            readings |= _values(match[0])
    return readings


def _forms(number: _Number) -> set[str]:
    """What a target may have for a number: what it is worth, and other ways to write it."""
    forms = _values(number.text)
    for value in list(forms):
        for zeros in ("000", "000000"):
            # "5 mil".
            if value.endswith(zeros) and value.isdigit():
                forms.add(value[: -len(zeros)])
        if value.startswith("0."):
            # "99 cents".
            forms.add(number.digits)
    if len(number.digits) <= 2:
        hour = int(number.digits)
        forms |= {str(hour + 12), str(hour - 12)}
    if len(number.digits) == 4:
        # "1990s", "anos 90".
        forms.add(number.digits[2:])
    return forms


def _values(number: str) -> set[str]:
    """What a number may be worth, without zeros at its ends: "1,200" is 1200, or 1.2.

    Its digits where that has no meaning, as in "12.05.2026".
    """
    *whole, last = _DIGITS.split(number)
    *marks, last_mark = _DIGITS.findall(number) or [""]
    values = {_plain(number)} if len(last) == 3 else set()
    if whole and last_mark not in marks:
        decimals = last.rstrip("0")
        values.add(_plain("".join(whole)) + (f".{decimals}" if decimals else ""))
    return values or {_plain(number)}


def _has_currency(currency: str, target: str) -> bool:
    """Whether a target names a currency of dollars; a "R$" stays one."""
    if currency == "R$":
        return "R$" in target or re.search(r"\breais\b|\breal\b|BRL", target) is not None
    if "$" in currency:
        return _DOLLARS.search(target) is not None and not ("R$" in target and "R$" not in currency)
    return currency in target


def _roman(numeral: str) -> int:
    values = [_ROMAN_VALUES[letter] for letter in numeral]
    return sum(-v if v < max(values[i:]) else v for i, v in enumerate(values))
