"""Texts that differ only in their numbers are translated once."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Self

from translator.errors import ClientError
from translator.jobs.stored_units import known_units
from translator.jobs.units import Unit, UnitResult, UnitTranslator

__all__ = ["NumberTemplate", "NumberedUnits"]

_TOGETHER, _MOST_LENGTH = 2048, 2_000_000
_UNITS = (
    "kWh|mAh|kHz|MHz|GHz|pcs|lbs|kg|mg|ml|cl|mm|cm|km|in|ft|oz|lb|kW|mA|Ah|GB|TB|MB|Hz|pc|"
    "min|hrs|°C|°F|g|l|L|m|V|W|A|h|x|°|%|\"|″|'|′"
)
_NUMBER = r"\d+(?:[.,]\d+)*"
# A word that is a measure: "45", "(2.5", "500ml", "30x40cm", "$1,200". Whatever else has digits is
# a name, a code, a date or a time, and part of the text.
_MEASURE = re.compile(
    rf"(?<!\S)[(\"“'$€£]?(?:{_NUMBER}(?:{_UNITS})?[x×*–-])*{_NUMBER}(?:{_UNITS})?[)\"”'.,;:!?]*(?!\S)"
)
_NUMBERS = re.compile(_NUMBER)
# Languages in which a noun after 2 looks otherwise than one after 5.
_MANY_PLURALS = frozenset(
    "ar be bs cs cy ga gd gv he hr kw lt lv mt pl ro ru sh sk sl sr uk".split()  # noqa: SIM905
)
_GROUPED = re.compile(r"[1-9]\d{0,2}([.,])\d{3}(?:\1\d{3})*(?:[.,]\d{1,2})?")
_DECIMAL = re.compile(r"\d+[.,]\d+")


@dataclass(frozen=True, slots=True)
class NumberTemplate:
    """A text with numbers that stand for all others of their shape.

    Attributes:
        text: The text with these numbers.
        numbers: Each of them, and what stands in its place in the text that is meant.
    """

    text: str
    numbers: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, text: str) -> Self:
        """The template of a text: the same for all texts that differ in numbers of one shape.

        0 and 1 stay, since what follows them may be in the singular, and so does the beginning of a
        year.
        """
        taken = set(_NUMBERS.findall(_MEASURE.sub("", text)))
        numbers: list[tuple[str, str]] = []

        def standing_for(match: re.Match[str]) -> str:
            own = match.group()
            other = _of_shape(own, len(numbers), taken)
            if other is None:
                taken.add(own)
                return own
            taken.add(other)
            numbers.append((other, own))
            return other

        measured = _MEASURE.sub(lambda match: _NUMBERS.sub(standing_for, match.group()), text)
        return cls(measured, tuple(numbers))

    def filled(self, translation: str) -> str | None:
        """A translation of the template with the numbers that are meant.

        None if one of the numbers does not stand in it exactly once, as it is.
        """
        found = _NUMBERS.findall(translation)
        if any(found.count(other) != 1 for other, _ in self.numbers):
            return None
        own = dict(self.numbers)
        return _NUMBERS.sub(lambda match: own.get(match.group(), match.group()), translation)


def _of_shape(number: str, index: int, taken: set[str]) -> str | None:
    """A number that stands for those that look like one; None: it has to stay."""
    if number.isdigit():
        if number.startswith("0") or number == "1":
            return None
        kept = 2 if re.fullmatch("(?:19|20)..", number) else 0
    elif _GROUPED.fullmatch(number):
        kept = 0
    elif _DECIMAL.fullmatch(number):
        kept = 1 if number[0] in "01" and not number[1].isdigit() else 0
    else:
        return None
    for offset in range(8):
        digits = iter(range(len(number)))
        # 2 to 9, none like its neighbour.
        other = number[:kept] + "".join(
            each if each in ".," else str(2 + (5 + 3 * index + offset + 3 * next(digits)) % 8)
            for each in number[kept:]
        )
        if other not in taken:
            return other
    return None


class NumberedUnits:
    """A ``UnitTranslator`` that has templates translated for units with ``numbers``.

    What a unit gets does not depend on other units: the numbers of a template are always the same.

    Args:
        translator: Translates.
        target: Language to translate into, BCP-47.

    Raises:
        ClientError: In this language words depend on numbers too much.
    """

    def __init__(self, translator: UnitTranslator, target: str) -> None:
        if re.split("[-_]", target.lower())[0] in _MANY_PLURALS:
            raise ClientError(
                f"numbers: in {target!r} the words beside a number depend on it, so texts that "
                "differ in numbers have to be translated one by one; leave the option out"
            )
        self._translator = translator

    def known(self, units: Iterable[Unit]) -> Iterator[tuple[Unit, bytes, UnitResult | None]]:
        """See ``StoredUnits.known``."""
        return known_units(
            self._translator,
            (_as(unit, NumberTemplate.of(unit.text)) if unit.numbers else unit for unit in units),
        )

    def translate(self, units: Iterable[Unit]) -> Iterator[UnitResult]:
        """See ``UnitTranslator.translate``."""
        source = iter(units)
        while some := _some(source):
            templates = [NumberTemplate.of(unit.text) if unit.numbers else None for unit in some]
            results = list(self._translator.translate(map(_as, some, templates)))
            filled = list(map(_filled, templates, results))
            # Those in whose translation a number is missing are translated by themselves.
            again = self._translator.translate(
                unit for unit, result in zip(some, filled, strict=True) if result is None
            )
            for result in filled:
                yield next(again) if result is None else result


def _as(unit: Unit, template: NumberTemplate | None) -> Unit:
    return unit if template is None else replace(unit, text=template.text)


def _filled(template: NumberTemplate | None, result: UnitResult) -> UnitResult | None:
    if template is None or not template.numbers:
        return result
    if result.text is None or result.issues:
        return None
    text = template.filled(result.text)
    return None if text is None else replace(result, text=text)


def _some(units: Iterator[Unit]) -> list[Unit]:
    """So many that the engines seldom run dry, or those up to an empty one."""
    some: list[Unit] = []
    length = 0
    for unit in units:
        some.append(unit)
        length += len(unit.text)
        if len(some) == _TOGETHER or length > _MOST_LENGTH or not unit.text:
            break
    return some
