"""Writes numbers as the target language does: one that stands alone, and those that a model copies.

"1,200.50" is "1.200,50" in Portuguese. What a mark means is known only where the source's language
has it in that place: the English "1,200" is twelve hundred, but "2.500" and "3.5" may be anything,
such as a version, and stay.
"""

import re

__all__ = ["as_written_in", "copied", "number_as_written_in", "with_format", "with_ordinals"]

# Languages by their marks for decimals and between thousands.
_COMMA_GROUPS = frozenset(["en", "ja", "ko", "zh"])
_POINT_GROUPS = frozenset(["da", "de", "id", "it", "nl", "pt", "tr"])
_CURRENCY = r"(?:[A-Z]{0,3}\$|[€£¥]|USD|EUR|GBP|BRL)"
_ALONE = re.compile(
    rf"\s*(?P<before>[-+−]?\s?{_CURRENCY}\s?|[-+−]?)(?P<number>\d[\d.,]*)"
    rf"(?P<after>\s?(?:%|{_CURRENCY}))?\s*"
)
_NUMBER = re.compile(r"(?<![\w.,])\d[\d.,]*\d(?!\w)")
_AMOUNT = re.compile(
    rf"{_CURRENCY}\s?(\d[\d.,]*\d)(?!\w)|(?<![\w.,])(\d[\d.,]*\d)\s?{_CURRENCY}(?!\w)"
)
_COMMA_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_POINT_GROUPED = re.compile(r"\d{1,3}(?:\.\d{3})+(?:,\d+)?")
_COMMA_DECIMAL = re.compile(r"\d+,(?:\d{1,2}|\d{4,})")
_POINT_DECIMAL = re.compile(r"\d+\.(?:\d{1,2}|\d{4,})")
_DIGIT = re.compile(r"\d")
_OF_ORDINALS = ("º", "ª", "°", "st", "nd", "rd", "th")
_ORDINAL = re.compile(r"(?<![\w.,])(\d{1,4})(st|nd|rd|th|[ºª°])(?!\w)")
_LETTERED = re.compile(r"(?<![\w.,])(\d{1,4})([oa])(?!\w)")
# No text has anything else there: "May 1" is "1º de maio".
_FIRST = re.compile(
    r"(?<![\w.,])1o(?= de (?:janeiro|fevereiro|março|abril|maio|junho|julho|agosto|setembro"
    r"|outubro|novembro|dezembro)\b)"
)
_LETTERED_DEGREE = re.compile(r"(?<=\d)o(?=[CF]\b)|(?<=\d )o(?=[CF]\b)")
# Of a computer.
_ADDRESS = re.compile(r"(?:(?:1?\d?\d|2[0-4]\d|25[0-5])\.){3}(?:1?\d?\d|2[0-4]\d|25[0-5])")
_EXCHANGED = str.maketrans(".,", ",.")


def as_written_in(text: str, source: str, target: str) -> str:
    """A text as the target writes it, if it is a number alone; else the text.

    A price or a percentage is one too. The length is the same.

    Args:
        text: A segment.
        source: BCP-47 code of its language.
        target: BCP-47 code of the target.
    """
    formats, found = _formats(source, target), _ALONE.fullmatch(text)
    if formats is None or found is None:
        return text
    grouped, decimal = formats
    number = found["number"]
    # Of versions and sections only points are usual.
    is_amount = bool(found["before"].strip("+-− ") or found["after"]) or decimal is _COMMA_DECIMAL
    if _ADDRESS.fullmatch(number):
        return text
    if not (grouped.fullmatch(number) or (is_amount and decimal.fullmatch(number))):
        return text
    start, end = found.span("number")
    return text[:start] + number.translate(_EXCHANGED) + text[end:]


def number_as_written_in(number: str, source: str, target: str) -> str:
    """A number whose decimals are none of a version, as the target writes it: 4.8 as 4,8."""
    return as_written_in(f"{number}%", source, target).removesuffix("%")


def copied(text: str, source: str, target: str) -> str:
    """A text that no model translates, with its numbers as the target writes them.

    The length is the same.
    """
    return with_format(as_written_in(text, source, target), text, source, target)


def with_format(said: str, text: str, source: str, target: str) -> str:
    """A translation whose amounts and thousands have the target's marks: no "1,249,99".

    The length is the same.

    Args:
        said: The translation.
        text: What it translates.
        source: BCP-47 code of the text's language.
        target: BCP-47 code of the translation's.
    """
    formats = _formats(source, target) if "," in text or "." in text else None
    if formats is None:
        return said
    grouped, decimal = formats
    amounts = {a or b for a, b in _AMOUNT.findall(text) if decimal.fullmatch(a or b)}
    wanted: dict[str, str] = {}
    for number in set(_NUMBER.findall(text)):
        digits = _digits(number)
        is_known = number in amounts or grouped.fullmatch(number)
        if digits in wanted or not is_known or _ADDRESS.fullmatch(number):
            # Of two with the same digits nobody knows which is which.
            wanted[digits] = ""
        else:
            wanted[digits] = number.translate(_EXCHANGED)

    def written(found: re.Match[str]) -> str:
        own = wanted.get(_digits(found[0]), "")
        return own if len(own) == len(found[0]) else found[0]

    return _NUMBER.sub(written, said) if any(wanted.values()) else said


def with_ordinals(said: str, text: str) -> str:
    """A translation with the signs of ordinals and degrees: "3º andar" and 21 °C, not "3o", "21oC".

    Vocabularies may have letters instead. The length is the same.

    Args:
        said: The translation.
        text: What it translates.
    """
    if "1o de " in said:
        said = _FIRST.sub("1º", said)
    if _DIGIT.search(said) is None or not any(map(text.__contains__, _OF_ORDINALS)):
        return said
    known = {number for number, _ in _ORDINAL.findall(text)}

    def signed(found: re.Match[str]) -> str:
        sign = "º" if found[2] == "o" else "ª"
        return found[1] + sign if found[1] in known else found[0]

    said = _LETTERED.sub(signed, said)
    return _LETTERED_DEGREE.sub("°", said) if "°" in text or "º" in text else said


def _digits(number: str) -> str:
    return number.replace(",", "").replace(".", "")


def _formats(source: str, target: str) -> tuple[re.Pattern[str], re.Pattern[str]] | None:
    """How the source writes numbers with thousands, and decimals, if the target exchanges marks."""
    source, target = (code.split("-")[0].lower() for code in (source, target))
    if source in _COMMA_GROUPS and target in _POINT_GROUPS:
        return _COMMA_GROUPED, _POINT_DECIMAL
    if source in _POINT_GROUPS and target in _COMMA_GROUPS:
        return _POINT_GROUPED, _COMMA_DECIMAL
    return None
