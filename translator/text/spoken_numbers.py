"""Numbers, dates and weekdays as they are spoken: "two point four" is 2.4, "na quinta" Thursday.

Small models translate the words: "dois pontos quatro", "trigésimo de junho", and "on the farm" for
"na quinta". They make "seis metros" of "six feet", but "6 pés" of "6 feet". They know figures and
whole names. Pure text, linear in its length.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from translator.text.number_words import (
    EN_NUMBERS,
    EN_ORDINALS,
    EN_SCALES,
    EN_TEENS,
    EN_TENS,
    EN_UNITS,
    PT_NUMBERS,
    PT_SCALES,
    PT_TEENS,
    PT_TENS,
    PT_UNITS,
    PT_VALUES,
    english_number,
    english_parts,
    one_of,
    sum_of,
    value_of,
)
from translator.text.rewriting import AS_IT_IS, Edit, Rewording, in_order
from translator.text.words import lower_words

__all__ = ["spoken_numbers"]

_EN_DAYS = {word: day for day, word in enumerate(EN_ORDINALS, 1)}
_EN_DAYS |= {"twentieth": 20, "thirtieth": 30, "thirty first": 31}
_EN_DAYS |= {f"twenty {word}": 20 + day for word, day in [*_EN_DAYS.items()][:9]}
_PT_DAYS = {"primeiro": 1} | {word: day for word, day in PT_NUMBERS.items() if 1 <= day <= 31}

_EN_MONTH = "january|february|march|april|may|june|july|august|september|october|november|december"
# "May first" and "march second" may be verbs.
_EN_CLEAR_MONTH = _EN_MONTH.replace("march|", "").replace("may|", "")
_PT_MONTH = (
    "janeiro|fevereiro|março|abril|maio|junho|julho|agosto|setembro|outubro|novembro|dezembro"
)
_WEEKDAY = "segunda|terça|quarta|quinta|sexta"
_WEEKDAYS = "segundas|terças|quartas|quintas|sextas"
# After a weekday; else it counts something, or is one: "na quinta vez", "na quinta do meu avô".
_AFTER_WEEKDAY = (
    r"(?=\s*(?:$|[.,;:!?)…]|(?:às?|ao|de manhã|que vem|passada|próxima|há|não|já|mas|e|ou|porque|"
    r"pois|se|eu|ele|ela|eles|elas|nós|você|vocês|a gente|vai|vou|vamos|vão|tem|tenho|temos|é|foi|"
    r"fecha|fecham|abre|abrem|fico|ficamos|começa|termina|chega|chego|depois|antes|mesmo|também)\b))"
)


_CENTURIES = {"seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20}
# Of a century: "oh five", "ten", "ninety four".
_EN_YEARS = {word: value for word, value in EN_NUMBERS.items() if value >= 10}
_EN_YEARS |= {f"oh {unit}": value for unit, value in zip(EN_UNITS, range(10), strict=True) if value}
_PT_PARTS = frozenset(part for word in PT_NUMBERS for part in word.split()) | {"cem", "cento"}
_PT_CENTURIES = {"setecentos": 1700, "oitocentos": 1800, "novecentos": 1900}


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text.replace(" ", r"\s"), re.IGNORECASE)


def _decimal(words: dict[str, int], mark: str) -> Callable[[re.Match[str]], str]:
    def said(match: re.Match[str]) -> str:
        digits = [str(words[word]) for word in match["digits"].lower().split()]
        return f"{value_of(words, match, 'whole')}{mark}{''.join(digits)}"

    return said


def _en_date(match: re.Match[str]) -> str:
    return f"{match['month'].capitalize()} {value_of(_EN_DAYS, match, 'day')}"


def _digits(words: dict[str, int]) -> Callable[[re.Match[str]], str]:
    """What digits that are said one by one are, such as those of a telephone; counting stays."""

    def said(match: re.Match[str]) -> str:
        digits: list[int] = []
        parts: list[str] = []
        times = 1
        for part in _DIGIT_OR_PAUSE.findall(match[0]):
            word = part.lower()
            if word in _TIMES:
                times = _TIMES[word]
            elif word in words:
                digits += [words[word]] * times
                parts.append(str(words[word]) * times)
                times = 1
            elif part[0] == ",":
                parts.append(part)
        num_counted = sum(abs(b - a) == 1 for a, b in pairwise(digits))
        is_number = len(digits) <= _MAX_DIGITS and 2 * num_counted < len(digits)
        return "".join(parts) if is_number else match[0]

    return said


_DIGIT_OR_PAUSE = re.compile(r"\w+|,\s|[^\w]")
# No number that is said so has more.
_MAX_DIGITS = 20
_TIMES = {"double": 2, "triple": 3}
_EN_DIGITS = {word: digit for digit, word in enumerate(EN_UNITS)} | {"oh": 0}
_PT_DIGITS = {word: digit for digit, word in enumerate(PT_UNITS)} | {"meia": 6}


def _digit_run(words: dict[str, int], before: str = "") -> re.Pattern[str]:
    digit = rf"{before}(?:{'|'.join(words)})"
    return re.compile(rf"\b{digit}(?:(?:,\s|\s|-){digit}\b){{3,}}", re.IGNORECASE)


def _en_year(match: re.Match[str]) -> str:
    return str(100 * _CENTURIES[match["century"].lower()] + value_of(_EN_YEARS, match, "year"))


def _pt_year(match: re.Match[str]) -> str:
    before = match.string[max(0, match.start() - 24) : match.start()].lower().split()[-1:]
    if before and (before[0] in _PT_PARTS or before[0].endswith(("entos", "entas"))):
        # "Trinta mil novecentos e dez".
        return match[0]
    rest = value_of(PT_NUMBERS, match, "rest") if match["rest"] else 0
    return str(_PT_CENTURIES[match["century"].lower()] + rest)


# Units that a model takes for those of its own language, "seis metros", unless it gets figures.
_EN_MEASURE = "feet|foot|inch|inches|yards|pounds|ounces|miles|gallons|pints|acres"
_EN_TIME = "hours|minutes|seconds"
_EN_HUNDREDS = {
    word: value for word, value in EN_NUMBERS.items() if 11 <= value < 100 and value % 10
}
_EN_NUMBER = rf"(?:{'|'.join([*EN_UNITS[1:], *EN_TEENS, *EN_TENS, 'hundred', *EN_SCALES])})"
_EN_JOINT = "".join(rf"|(?<={word}\s)and\s" for word in ("hundred", *EN_SCALES))
# Not the rest of "2.3 million".
_EN_COUNT = (
    r"(?<!\d\s)(?<!\d-)"
    rf"(?:a[\s-](?=(?:hundred|{'|'.join(EN_SCALES)})\b))?{_EN_NUMBER}\b"
    rf"(?:[\s-](?:{_EN_JOINT[1:]})?{_EN_NUMBER}\b)*"
)
_EN_INCHES = {word: value for word, value in EN_NUMBERS.items() if 1 <= value <= 11}


def _en_count(match: re.Match[str]) -> str:
    number = english_number(match["figure"])
    # "One foot" is no measure.
    return match["figure"] if number in (None, 1) else f"{number:,}"


def _en_half(match: re.Match[str]) -> str:
    number = english_number(match["count"])
    return match[0] if number is None else f"{number:,}.5 "


def _en_minus(match: re.Match[str]) -> str:
    number = english_number(match["count"])
    return match[0] if number is None else f"-{number:,}"


def _en_cardinal(match: re.Match[str]) -> str:
    """A number of several words; one that models know stays: "two hundred", "eighty-one"."""
    said = match[0]
    parts = english_parts(said)
    scale = len(parts) > 1 and parts[-1] in ("hundred", *EN_SCALES)
    number = english_number(said)
    is_plain = len(parts) - scale < 2 or (len(parts) == 2 and "-" in said)
    if number is None or number == _THOUSAND_AND_ONE or is_plain:
        return said
    for word in ("billion", "million"):
        if parts[-1] == word and number % EN_SCALES[word] == 0:
            return f"{number // EN_SCALES[word]} {word}"
    # As a year is written, which it may be.
    is_year = parts[:2] == ["two", "thousand"] and number < _LAST_YEAR
    return str(number) if is_year else f"{number:,}"


def _pt_cardinal(match: re.Match[str]) -> str:
    """The same in Portuguese, where models know all below a hundred but "oitenta e um"."""
    said = match[0]
    parts = _pt_parts(said)
    number = sum_of(parts, PT_VALUES, PT_SCALES)
    scale = len(parts) > 1 and parts[-1] in PT_SCALES
    if number is None or number == _THOUSAND_AND_ONE or len(parts) - scale < 2:
        return said
    if number < _HUNDRED and number % 10 != 1:
        return said
    if any(parts[-1].startswith(each) and number % 10**6 == 0 for each in ("milh", "bilh")):
        return said
    is_year = parts[:2] == ["dois", "mil"] and number < _LAST_YEAR
    return str(number) if is_year else f"{number:,}".replace(",", ".")


_HUNDRED = 100
# "Mil e uma" nights are as many as one likes.
_THOUSAND_AND_ONE = 1001
_LAST_YEAR = 2100
_PT_NUMBER = rf"(?:{'|'.join(sorted([*PT_VALUES, *PT_SCALES], key=len, reverse=True))})\b"
_PT_COUNT = rf"(?<!\d\s){_PT_NUMBER}(?:\s(?:e\s)?{_PT_NUMBER})*"
_EN_NO_CARDINAL = r"(?![\s-](?:" + "|".join([*EN_ORDINALS, "point"]) + r")\b)(?!-)"


# "Twenty ten" to "twenty thirty nine".
_EN_THIS_CENTURY = {word: value for word, value in EN_NUMBERS.items() if 10 <= value < 40}
# What has a number for its name, said in its parts: "room two oh five".
_EN_PLACES = (
    *("room", "flight", "bus", "highway", "route", "gate", "suite", "apartment", "channel"),
    *("extension", "interstate", "building", "locker"),
)
_EN_LABEL = rf"(?:{one_of(EN_NUMBERS)}|oh)"
_PT_PLACES = ("voo", "sala", "quarto", "apartamento", "ramal", "ônibus", "linha", "portão")


def _en_bare_year(match: re.Match[str]) -> str:
    if match["century"] is None:
        return str(1900 + value_of(_EN_YEARS, match, "old_year"))
    return str(2000 + value_of(_EN_THIS_CENTURY, match, "year"))


def _en_label(match: re.Match[str]) -> str:
    said = match["figure"]
    number = english_number(said) if "oh" not in said.lower().split() else None
    if number is not None:
        return str(number)
    parts = re.findall(rf"(?:{one_of(EN_NUMBERS)}|oh)\b", said, re.IGNORECASE)
    words = (" ".join(part.lower().replace("-", " ").split()) for part in parts)
    return "".join("0" if word == "oh" else str(EN_NUMBERS[word]) for word in words)


def _en_ordinal(match: re.Match[str]) -> str:
    number = EN_NUMBERS[match["ten"].lower()] + _EN_DAYS[match["unit"].lower()]
    endings = {1: "st", 2: "nd", 3: "rd"}
    return f"{number}{endings.get(number % 10, 'th')}"


def _roughly(said: str, count: str) -> str:
    """What is said before a number, which may begin a sentence."""
    return f"{said.capitalize()} {count.lower()}" if count[0].isupper() else f"{said} {count}"


def _en_thousands(match: re.Match[str]) -> str:
    number = english_number(match["count"])
    if number is None:
        return match["figure"]
    return f"{number}k" if match["unit"].lower() == "k" else f"{number} thousand dollars"


def _pt_label(match: re.Match[str]) -> str:
    words = match["figure"].lower().split()
    return "".join(str(_PT_DIGITS[word]) for word in words)


def _pt_price(match: re.Match[str]) -> str:
    """Reais and centavos: "trinta e dois e noventa" is 32,90."""
    whole, cents = (
        value_of(PT_NUMBERS, match, "whole"),
        value_of(PT_NUMBERS, match, "cents"),
    )
    joined = sum_of(_pt_parts(match["figure"]), PT_VALUES, {})
    return match["figure"] if joined is not None else f"{whole},{cents}"


def _pt_amount(match: re.Match[str]) -> str:
    number = sum_of(_pt_parts(match["figure"]), PT_VALUES, PT_SCALES)
    # A model knows "cinco reais" and "dois mil reais".
    return str(number) if number is not None and 100 <= number < 1000 else match["figure"]


def _pt_parts(said: str) -> list[str]:
    """The words of a number, without those that join them."""
    return [part for part in said.lower().split() if part != "e"]


def _en_height(match: re.Match[str]) -> str:
    feet, inches = EN_NUMBERS[match["feet"].lower()], _EN_INCHES[match["inches"].lower()]
    return f"{feet} feet {inches} inches tall"


class _Rule(NamedTuple):
    """A pattern, and what is said for it.

    Attributes:
        words: Of these a text has one, or the pattern is not looked for.
        pattern: What is found; its group "figure" is replaced, or else all of it.
        said: What takes its place.
    """

    words: frozenset[str]
    pattern: re.Pattern[str]
    said: Callable[[re.Match[str]], str]


def _rule(words: str, pattern: re.Pattern[str], said: Callable[[re.Match[str]], str]) -> _Rule:
    return _Rule(frozenset(words.split("|")), pattern, said)


_DIGIT_RUNS = {
    "en": (_digit_run(_EN_DIGITS, r"(?:(?:double|triple)\s)?"), _digits(_EN_DIGITS)),
    "pt": (_digit_run(_PT_DIGITS), _digits(_PT_DIGITS)),
}
_RULES: dict[str, tuple[_Rule, ...]] = {
    "en": (
        _rule(
            "point",
            _pattern(
                rf"\b(?P<whole>{one_of(EN_NUMBERS)}) point "
                rf"(?P<digits>(?:{'|'.join(EN_UNITS)})(?: (?:{'|'.join(EN_UNITS)}))*)\b(?!-)"
            ),
            _decimal(EN_NUMBERS, "."),
        ),
        _rule(
            "|".join(_CENTURIES),
            # Without what says when it may be a price: "nineteen ninety nine".
            _pattern(
                rf"\b(?:in|since|until|till|from|to|by|before|after|during|around|early|late|year|"
                rf"summer|winter|spring|fall|autumn|{_EN_MONTH},?) (?P<figure>"
                rf"(?P<century>{'|'.join(_CENTURIES)})[\s-](?P<year>{one_of(_EN_YEARS)}))\b(?!-)"
            ),
            _en_year,
        ),
        _rule(
            _EN_MONTH,
            _pattern(rf"\bthe (?P<day>{one_of(_EN_DAYS)}) of (?P<month>{_EN_MONTH})\b"),
            _en_date,
        ),
        _rule(
            _EN_MONTH,
            re.compile(
                rf"\b(?P<month>(?i:{_EN_CLEAR_MONTH})|March|May)\s"
                rf"(?:the\s)?(?P<day>(?i:{one_of(_EN_DAYS)}))\b(?!-)"
            ),
            _en_date,
        ),
        _rule(
            "foot|feet",
            _pattern(
                rf"\b(?P<feet>four|five|six|seven)[\s-](?:foot|feet)[\s-](?P<inches>"
                rf"{one_of(_EN_INCHES)})\b(?![\s-](?:{_EN_MEASURE}|hundred|thousand)\b)"
                r"(?: tall\b)?"
            ),
            _en_height,
        ),
        _rule(
            "half",
            _pattern(rf"\b(?P<count>{_EN_COUNT}) and a half (?=(?:{_EN_MEASURE})\b)"),
            _en_half,
        ),
        _rule(
            _EN_MEASURE,
            _pattern(rf"\b(?P<figure>{_EN_COUNT})(?=[\s-](?:{_EN_MEASURE})\b)"),
            _en_count,
        ),
        _rule(
            "minus",
            _pattern(rf"\bminus (?P<count>{_EN_COUNT})(?= degrees?\b)"),
            _en_minus,
        ),
        _rule(
            "every", _pattern(rf"\bevery (?P<figure>{_EN_COUNT})(?= (?:{_EN_TIME})\b)"), _en_count
        ),
        _rule(
            "hundred",
            _pattern(rf"\b(?P<many>{one_of(_EN_HUNDREDS)}) hundred\b(?!-| hours| and)"),
            lambda m: str(100 * value_of(_EN_HUNDREDS, m, "many")),
        ),
        _rule(
            # "Twenty twenty four"; a century may also be a price: "nineteen ninety nine".
            "twenty|nineteen",
            _pattern(
                rf"\b(?P<century>twenty)[\s-](?P<year>{one_of(_EN_THIS_CENTURY)})\b"
                rf"(?![\s-](?:{_EN_NUMBER}|{'|'.join(EN_ORDINALS)}|vision)\b)(?!-)"
                rf"|(?:\A|(?<=[.!?] )|(?<=\bof )|(?<=\bthe ))(?P<old>nineteen)[\s-]"
                rf"(?P<old_year>{one_of(_EN_YEARS)})\b(?! (?:dollars|cents|euros))(?!-)"
            ),
            _en_bare_year,
        ),
        _rule(
            "|".join(_EN_PLACES),
            _pattern(
                rf"\b(?:{'|'.join(_EN_PLACES)}) (?P<figure>{_EN_LABEL}(?:[\s-]{_EN_LABEL}\b)+)(?!-)"
            ),
            _en_label,
        ),
        _rule(
            "|".join(EN_TENS),
            _pattern(
                rf"\b(?P<ten>{'|'.join(EN_TENS)})[\s-](?P<unit>{'|'.join(EN_ORDINALS[:9])})\b"
                r"(?! (?:delay|pause|break|rule|timer|timeout)\b)(?!-)"
            ),
            _en_ordinal,
        ),
        _rule("nine", _pattern(r"\bnine one one\b"), lambda _: "911"),
        _rule(
            "k|grand",
            _pattern(
                rf"\b(?P<figure>(?P<count>{_EN_COUNT}) (?P<unit>k|grand))(?=\s*(?:$|[.,;:!?)…]))"
            ),
            _en_thousands,
        ),
        _rule(
            "odd",
            _pattern(
                rf"\b(?P<count>{_EN_COUNT}) odd (?=people|years|days|users|pages|times|items)"
            ),
            lambda m: _roughly("a little over", m["count"]) + " ",
        ),
        _rule(
            "|".join([*EN_TENS, "hundred", *EN_SCALES]),
            _pattern(rf"\b(?<![\d-])(?<!point ){_EN_COUNT}{_EN_NO_CARDINAL}"),
            _en_cardinal,
        ),
    ),
    "pt": (
        _rule(
            "vírgula",
            _pattern(
                rf"\b(?P<whole>{one_of(PT_NUMBERS)}) vírgula "
                rf"(?P<digits>(?:{'|'.join(PT_UNITS)})(?: (?:{'|'.join(PT_UNITS)}))*)\b(?!-)"
            ),
            _decimal(PT_NUMBERS, ","),
        ),
        _rule(
            "mil",
            _pattern(
                rf"\bmil(?: e)? (?P<century>{'|'.join(_PT_CENTURIES)})"
                rf"(?: e (?P<rest>{one_of(PT_NUMBERS)}))?\b"
            ),
            _pt_year,
        ),
        _rule(
            "metro|metros",
            _pattern(rf"\b(?P<whole>um|dois) metros? e (?P<rest>{one_of(PT_NUMBERS)})\b(?!-)"),
            lambda m: (
                f"{value_of(PT_NUMBERS, m, 'whole')},{value_of(PT_NUMBERS, m, 'rest'):02} metro"
            ),
        ),
        _rule(
            "meio",
            _pattern(rf"\b(?P<whole>{one_of(PT_NUMBERS)}) quilos? e meio\b"),
            lambda m: f"{value_of(PT_NUMBERS, m, 'whole')},5 kg",
        ),
        _rule(
            "século",
            _pattern(rf"\bséculo (?P<figure>(?P<number>{one_of(PT_NUMBERS)}))\b(?! e\b)"),
            lambda m: str(value_of(PT_NUMBERS, m, "number")),
        ),
        _rule(
            "dia",
            _pattern(rf"\bdia (?P<figure>(?P<day>{one_of(_PT_DAYS)}))(?= de (?:{_PT_MONTH})\b)"),
            lambda m: str(value_of(_PT_DAYS, m, "day")),
        ),
        _rule(
            "dia",
            _pattern(
                r"\b(?:no|até|até ao|ao|do|desde o) dia (?P<figure>(?!uma?\b)(?P<day>"
                rf"{one_of(_PT_DAYS)}))\b(?=\s*(?:$|[.,;:!?)…]|(?:às?|e|não|já|há|mas)\b))"
            ),
            lambda m: str(value_of(_PT_DAYS, m, "day")),
        ),
        _rule(
            _WEEKDAY,
            _pattern(
                r"\b(?:na|nesta|nessa|esta|essa|toda|cada|próxima|até|desde a|para|pra) "
                rf"(?P<figure>{_WEEKDAY})\b{_AFTER_WEEKDAY}"
            ),
            lambda m: f"{m['figure']}-feira",
        ),
        _rule(
            _WEEKDAYS,
            _pattern(rf"\b(?:às|nas|todas as) (?P<figure>{_WEEKDAYS})\b{_AFTER_WEEKDAY}"),
            lambda m: f"{m['figure']}-feiras",
        ),
        _rule(
            "|".join(_PT_PLACES),
            _pattern(
                rf"\b(?:{'|'.join(_PT_PLACES)}) (?P<figure>(?:{'|'.join(_PT_DIGITS)})"
                rf"(?: (?:{'|'.join(_PT_DIGITS)})\b){{1,5}})(?!-| (?:e|mil|{'|'.join(PT_TENS)})\b)"
            ),
            _pt_label,
        ),
        _rule(
            "custa|custam|custou|deu|sai|fica",
            _pattern(
                r"\b(?:custa|custam|custou|deu|sai por|fica em) "
                rf"(?P<figure>(?P<whole>{one_of(PT_NUMBERS)})"
                rf" e (?P<cents>{'|'.join([*PT_TENS, *PT_TEENS])}))\b(?! (?:e|mil|cent)\b)(?!-)"
            ),
            _pt_price,
        ),
        _rule(
            # Of "cem reais" a model makes "a hundred real".
            "reais",
            _pattern(rf"\b(?<![\d-])(?P<figure>{_PT_COUNT})(?= reais\b)"),
            _pt_amount,
        ),
        _rule(
            "altura",
            _pattern(rf"\bum e (?P<rest>{one_of(PT_NUMBERS)})(?= de altura\b)"),
            lambda m: f"1,{value_of(PT_NUMBERS, m, 'rest'):02} m",
        ),
        _rule(
            "poucos|poucas|tantos|tantas",
            _pattern(rf"\b(?P<count>{_PT_COUNT}) e (?P<some>pouc|tant)[oa]s\b(?! anos)"),
            lambda m: _roughly(f"{'pouco ' * (m['some'].lower() == 'pouc')}mais de", m["count"]),
        ),
        _rule(
            "menos",
            _pattern(rf"\bmenos (?P<count>{one_of(PT_NUMBERS)})(?= graus?\b)"),
            lambda m: f"-{value_of(PT_NUMBERS, m, 'count')}",
        ),
        _rule(
            "|".join(word for word, value in (PT_VALUES | PT_SCALES).items() if value >= 20),
            _pattern(rf"\b(?<![\d-])(?<!vírgula ){_PT_COUNT}(?! (?:vírgula|avos)\b)(?!-)"),
            _pt_cardinal,
        ),
    ),
}
_DIGITS = {"en": frozenset(_EN_DIGITS), "pt": frozenset(_PT_DIGITS)}
_MIN_DIGITS = 4
# What more words may turn into one, at the end of a text; "one" and "um" are mostly no numbers.
_UNFINISHED = {
    "en": _pattern(
        rf"\b(?!one\s*\Z){_EN_COUNT}(?: and| point(?: (?:{'|'.join(EN_UNITS)}))*)?\s*\Z"
        rf"|\bthe (?:{one_of(_EN_DAYS)}|twenty|thirty)(?: of)?\s*\Z"
        rf"|\b(?:{_EN_MONTH})(?: (?:twenty|thirty))?\s*\Z"
        rf"|\b{_EN_COUNT} (?:k|grand)\s*\Z"
        rf"|\b(?:{'|'.join(_EN_PLACES)}) {_EN_LABEL}(?:[\s-]{_EN_LABEL}\b)*\s*\Z"
    ),
    "pt": _pattern(
        rf"\b(?!uma?\s*\Z){_PT_COUNT}(?: e| vírgula(?: (?:{'|'.join(PT_UNITS)}))*)?\s*\Z"
        rf"|\bdia (?:{one_of(_PT_DAYS)})(?: (?:e|de))?\s*\Z"
        rf"|\b(?:{one_of(PT_NUMBERS)}) (?:metros?|quilos?) e\s*\Z"
        rf"|\b(?:na|nesta|nessa|esta|essa|toda|às|nas) (?:{_WEEKDAY})s?\s*\Z"
    ),
}
_LONGEST_UNFINISHED = 96
# The words that such a beginning ends with.
_LAST = {
    "en": frozenset(
        [
            *[*EN_UNITS, *EN_TEENS, *EN_TENS, *EN_ORDINALS, *_EN_MONTH.split("|")],
            *["twentieth", "thirtieth", "of", "point", "and", "hundred", *EN_SCALES],
            *["oh", "k", "grand"],
        ]
    ),
    "pt": frozenset([*PT_VALUES, *PT_SCALES, "zero", "primeiro", "e", "de", "vírgula"])
    | frozenset(f"dia|{_WEEKDAY}|{_WEEKDAYS}".split("|")),
}


def spoken_numbers(text: str, language: str, words: Sequence[str] | None = None) -> Rewording:
    """Find decimals, dates and weekdays that are said in words.

    Args:
        text: A segment, or as much of it as has come.
        language: Its BCP-47 code; only its language counts.
        words: ``lower_words(text)``, if that is known.
    """
    language = language.split("-")[0].lower()
    rules = _RULES.get(language)
    if rules is None:
        return AS_IT_IS
    edits: tuple[Edit, ...] = ()
    words = lower_words(text) if words is None else words
    found = [rule for rule in rules if not rule.words.isdisjoint(words)]
    num_digits = sum(map(_DIGITS[language].__contains__, words))
    if num_digits >= _MIN_DIGITS:
        found.insert(0, _Rule(frozenset(), *_DIGIT_RUNS[language]))
    if found:
        edits = tuple(in_order(_found(text, found)))
    unfinished = None
    if words and words[-1] in _LAST[language]:
        begin = max(0, len(text) - _LONGEST_UNFINISHED)
        unfinished = _UNFINISHED[language].search(text, begin)
    return Rewording(edits, None if unfinished is None else unfinished.start())


def _found(text: str, rules: Sequence[_Rule]) -> Iterator[Edit]:
    for _, pattern, said in rules:
        for match in pattern.finditer(text):
            group = "figure" if "figure" in pattern.groupindex else 0
            figures = said(match)
            if figures != match[group]:
                yield Edit(match.start(group), match.end(group), figures)
