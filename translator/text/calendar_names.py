"""Days and months by their whole names: "Mon–Fri" is "Monday to Friday", "Jan 5" January 5.

Opening hours and dates are mostly written so, and small models copy them or take *Sun* for the
star and *dom.* for a gift. Pure text, linear in its length.
"""

import re
from collections.abc import Iterator, Sequence

from translator.text.rewriting import Edit, in_order
from translator.text.words import lower_words

__all__ = ["calendar_names"]

_EN_DAYS = {
    "mon": "Monday",
    "tue": "Tuesday",
    "tues": "Tuesday",
    "wed": "Wednesday",
    "weds": "Wednesday",
    "thu": "Thursday",
    "thur": "Thursday",
    "thurs": "Thursday",
    "fri": "Friday",
    "sat": "Saturday",
    "sun": "Sunday",
}
_EN_MONTHS = {
    "jan": "January",
    "feb": "February",
    "mar": "March",
    "apr": "April",
    "jun": "June",
    "jul": "July",
    "aug": "August",
    "sep": "September",
    "sept": "September",
    "oct": "October",
    "nov": "November",
    "dec": "December",
}
_PT_DAYS = {
    "seg": "segunda",
    "ter": "terça",
    "qua": "quarta",
    "qui": "quinta",
    "sex": "sexta",
    "sáb": "sábado",
    "sab": "sábado",
    "dom": "domingo",
}
_PT_MONTHS = {
    "jan": "janeiro",
    "fev": "fevereiro",
    "mar": "março",
    "abr": "abril",
    "mai": "maio",
    "jun": "junho",
    "jul": "julho",
    "ago": "agosto",
    "set": "setembro",
    "out": "outubro",
    "nov": "novembro",
    "dez": "dezembro",
}
_EN_DAY, _EN_MONTH = "|".join(_EN_DAYS), "|".join(_EN_MONTHS)
_PT_DAY, _PT_MONTH = "|".join(_PT_DAYS), "|".join(_PT_MONTHS)
_DASH = r"\s?[-–—]\s?"
_END = r"(?=\s*(?:$|[.,;:!?)]))"
# Each pattern has groups for names, and perhaps one for what stands between them, with what that
# becomes. Names of days are also words: those count only beside another day, an hour or a date, or
# after what says when.
_RULES: dict[str, tuple[tuple[re.Pattern[str], str], ...]] = {
    "en": (
        (
            re.compile(
                rf"\b(?P<first>{_EN_DAY})\b\.?(?P<between>{_DASH}|\sto\s|\sthru\s|\sthrough\s)"
                rf"(?P<last>{_EN_DAY})\b(?:\.(?=\s*[,;:\d]))?",
                re.IGNORECASE,
            ),
            " to ",
        ),
        (
            re.compile(
                rf"\b(?P<first>{_EN_DAY})\b\.?(?P<between>,\s|\s&\s|\sand\s|\sor\s|/)"
                rf"(?=(?:{_EN_DAY})\b)",
                re.IGNORECASE,
            ),
            "",
        ),
        (
            re.compile(
                rf"(?:(?<=,\s)|(?<=&\s)|(?<=\band\s)|(?<=\bor\s)|(?<=/))(?P<first>{_EN_DAY})\b"
                r"(?:\.(?=\s*[,;:\d]))?"
                + rf"(?={_END}|\s[\d(]|\s?[-–—/]|\sand\b|\s(?:closed|open))",
                re.IGNORECASE,
            ),
            "",
        ),
        (
            # Before an hour or a date.
            re.compile(
                rf"(?<![\w’'.-])(?P<first>(?i:{_EN_DAY}))\b(?:\.(?=[\s,;:]))?"
                rf"(?=[:,]?\s?(?:\d|at\s\d|(?:{_EN_MONTH}|may)\b))",
                re.IGNORECASE,
            ),
            "",
        ),
        (
            # After what says when, and at an end. No other word begins with these.
            re.compile(
                rf"\b(?:closed|open|on|every|by|until|till|this|next|last|see\syou|due|from|before|"
                rf"after)\s(?P<first>{_EN_DAY})\b{_END}",
                re.IGNORECASE,
            ),
            "",
        ),
        (re.compile(r"(?<![\w’'.-])(?P<first>Tues?|Thu(?:rs?)?|Weds|Fri)\b(?!\.?\w)"), ""),
        (
            re.compile(
                rf"(?:\b(?<=\d\s)|\b(?<=\d(?:st|nd|rd|th)\s))(?P<first>{_EN_MONTH})\b"
                r"(?:\.(?=[\s,;:)]))?",
                re.IGNORECASE,
            ),
            "",
        ),
        (
            re.compile(
                rf"\b(?P<first>{_EN_MONTH})\b(?:\.(?=\s))?(?=\s(?:\d{{4}}|\d{{1,2}})\b(?![:%]))",
                re.IGNORECASE,
            ),
            "",
        ),
    ),
    "pt": (
        (
            re.compile(
                rf"\b(?P<first>{_PT_DAY})\b\.?(?P<between>{_DASH}|\sa\s|\sà\s|\saté\s)"
                rf"(?P<last>{_PT_DAY})\b\.?",
                re.IGNORECASE,
            ),
            " a ",
        ),
        (
            re.compile(
                # "Ter." is mostly a verb.
                rf"(?<![\w’'.-])(?P<first>{_PT_DAY})\.(?:(?<!ter\.)(?=\s?(?:[,;:(]|\d|às\s|das\s|até\s"
                rf"|e\s(?:{_PT_DAY})\b|fechad))|(?=\s?(?::|\d{{1,2}}(?:[h:]|/\d{{1,2}}\b))))",
                re.IGNORECASE,
            ),
            "",
        ),
        (
            re.compile(
                rf"(?<![\w’'.-])(?P<first>sáb|dom|seg)\b"
                rf"(?=:\s|\s(?:\d|das\s|às\s|e\s(?:{_PT_DAY})\b))",
                re.IGNORECASE,
            ),
            "",
        ),
        (
            re.compile(
                rf"\b(?<=\d\sde\s)(?P<first>{_PT_MONTH})\b(?:\.(?=[\s,;:)]))?(?=[\s.,;:)]|$)"
                rf"|\b(?<=\d\s)(?P<only>{_PT_MONTH})\b(?:\.(?=\s))?(?=\s\d{{4}}\b)",
                re.IGNORECASE,
            ),
            "",
        ),
    ),
}
# In small letters these are other words, unless they stand in a range.
_WORDS = {"en": frozenset(["dec", "mar", "mon", "sat", "sun", "wed"]), "pt": frozenset[str]()}
_NAMES = {"en": {**_EN_DAYS, **_EN_MONTHS}, "pt": {**_PT_DAYS, **_PT_MONTHS}}
_HINTS = {language: frozenset(names) for language, names in _NAMES.items()}


def calendar_names(text: str, language: str, words: Sequence[str] | None = None) -> Iterator[Edit]:
    """Find abbreviated days and months, with their names.

    Args:
        text: A segment, or as much of it as has come.
        language: Its BCP-47 code; only its language counts.
        words: ``lower_words(text)``, if that is known.
    """
    language = language.split("-")[0].lower()
    names = _NAMES.get(language)
    if names is None or _HINTS[language].isdisjoint(lower_words(text) if words is None else words):
        return
    # Earlier rules go first where two begin at one place.
    edits: dict[int, Edit] = {}
    for pattern, between in _RULES[language]:
        for match in pattern.finditer(text):
            for edit in _named(match, language, between):
                edits.setdefault(edit.start, edit)
    yield from in_order(edits.values())


def _named(match: re.Match[str], language: str, between: str) -> Iterator[Edit]:
    """The edits of a match: its names, with the full stops after them, and what is between them."""
    names = _NAMES[language]
    groups = match.groupdict()
    group = "first" if groups["first"] else "only"
    form = groups[group]
    if between:
        said = names[form.lower()] + between + names[groups["last"].lower()]
        yield Edit(match.start(group), match.end(), _cased(said, form))
    elif form not in _WORDS[language]:
        end = match.start("between") if groups.get("between") else match.end()
        yield Edit(match.start(group), end, _cased(names[form.lower()], form))


def _cased(name: str, form: str) -> str:
    return name[0].upper() + name[1:] if form[0].isupper() else name
