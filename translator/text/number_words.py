"""The words of numbers in English and Portuguese, and what they add up to. Pure text."""

import re
from collections.abc import Mapping, Sequence

__all__ = [
    "EN_NUMBERS",
    "EN_ORDINALS",
    "EN_SCALES",
    "EN_TEENS",
    "EN_TENS",
    "EN_UNITS",
    "PT_NUMBERS",
    "PT_SCALES",
    "PT_TEENS",
    "PT_TENS",
    "PT_UNITS",
    "PT_VALUES",
    "english_number",
    "english_parts",
    "one_of",
    "sum_of",
    "value_of",
]

EN_UNITS = "zero one two three four five six seven eight nine".split()  # noqa: SIM905
EN_TEENS = (
    "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()  # noqa: SIM905
)
EN_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()  # noqa: SIM905
EN_ORDINALS = [
    *["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"],
    *["tenth", "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth"],
    *["seventeenth", "eighteenth", "nineteenth"],
]
PT_UNITS = "zero um dois três quatro cinco seis sete oito nove".split()  # noqa: SIM905
PT_TEENS = (
    "dez onze doze treze quatorze quinze dezesseis dezessete dezoito dezenove".split()  # noqa: SIM905
)
PT_TENS = "vinte trinta quarenta cinquenta sessenta setenta oitenta noventa".split()  # noqa: SIM905


def _below_hundred(
    units: list[str], teens: list[str], tens: list[str], joint: str
) -> dict[str, int]:
    values = {word: value for value, word in enumerate([*units, *teens])}
    for ten, word in enumerate(tens, 2):
        values[word] = 10 * ten
        values |= {f"{word}{joint}{unit}": 10 * ten + n for n, unit in enumerate(units) if n}
    return values


# Below a hundred.
EN_NUMBERS = _below_hundred(EN_UNITS, EN_TEENS, EN_TENS, " ")
PT_NUMBERS = _below_hundred(PT_UNITS, PT_TEENS, PT_TENS, " e ") | {
    "uma": 1,
    "duas": 2,
    "catorze": 14,
    "dezasseis": 16,
    "dezassete": 17,
    "dezanove": 19,
}
EN_SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9}
PT_SCALES = {
    "mil": 10**3,
    "milhão": 10**6,
    "milhões": 10**6,
    "bilhão": 10**9,
    "bilhões": 10**9,
}
PT_VALUES = {word: value for word, value in PT_NUMBERS.items() if " " not in word and value} | {
    "cem": 100,
    "cento": 100,
    **{
        f"{hundreds}ent{ending}s": 100 * number
        for number, hundreds in (
            *((2, "duz"), (3, "trez"), (4, "quatroc"), (5, "quinh"), (6, "seisc")),
            *((7, "setec"), (8, "oitoc"), (9, "novec")),
        )
        for ending in "oa"
    },
}


def one_of(words: dict[str, int]) -> str:
    """A pattern for any of the words, longer ones first; a hyphen may stand for a space."""
    longest_first = sorted(words, key=len, reverse=True)
    return "|".join(longest_first).replace(" e ", r"\se\s").replace(" ", r"[\s-]")


def value_of(words: dict[str, int], match: re.Match[str], group: str) -> int:
    """The value of the words that a group of a match has; a hyphen may stand for a space."""
    return words[" ".join(match[group].lower().replace("-", " ").split())]


def english_number(said: str) -> int | None:
    """A whole number: "two hundred and five" is 205; "five six" is none."""
    return sum_of(english_parts(said), EN_NUMBERS, EN_SCALES)


def english_parts(said: str) -> list[str]:
    """The words of a number, without those that join them."""
    return [word for word in re.split(r"[\s-]", said.lower()) if word not in ("a", "and")]


def sum_of(
    words: Sequence[str], values: Mapping[str, int], scales: Mapping[str, int]
) -> int | None:
    """What number words add up to; None if no number is said so.

    Args:
        words: Without those that join them; "hundred" multiplies what is before it.
        values: Of words below a thousand.
        scales: Of words that multiply the hundreds before them.
    """
    total = group = 0
    # What comes next in the group, and in all, has to be less.
    limit, scale_limit = 1000, 10**12
    for word in words:
        if word in scales:
            if scales[word] >= scale_limit:
                return None
            scale_limit = scales[word]
            total += scale_limit * max(1, group)
            group, limit = 0, 1000
        elif word == "hundred":
            if limit == 100 or group >= 100:
                return None
            group, limit = 100 * max(1, group), 100
        else:
            value = values[word]
            # After "twenty" comes one of nine units, after "five" nothing; "two zero" are digits.
            if not 0 < value < limit:
                return None
            group += value
            limit = 100 if value >= 100 else 10 if value >= 20 else 1
    return total + group if group < scale_limit else None
