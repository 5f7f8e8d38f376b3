"""Times of day as figures: "half past ten" is 10:30, "às 10h30" too, and "9am–6pm" 9:00–18:00.

Small models know figures better: the embedded ones make "pela metade dos dez" of the first, "at ten
and a half" of the second, and add "p.m." to the third. Pure text, linear in its length.
"""

import itertools
import re
from collections.abc import Callable, Iterator, Sequence

from translator.text.number_words import EN_NUMBERS, EN_UNITS, PT_NUMBERS, one_of
from translator.text.rewriting import AS_IT_IS, Edit, Rewording, in_order
from translator.text.words import lower_words

__all__ = ["clock_times"]

_EN_HOURS = "one two three four five six seven eight nine ten eleven twelve".split()  # noqa: SIM905
# "Ten fifty-two", "nine oh five".
_EN_AFTER_HOUR = {word: value for word, value in EN_NUMBERS.items() if 10 <= value < 60}
_EN_AFTER_HOUR |= {f"oh {word}": EN_NUMBERS[word] for word in EN_UNITS[1:]}
_EN_MINUTES = _EN_AFTER_HOUR | {"five": 5, "quarter": 15, "a quarter": 15, "half": 30}
_PT_HOURS = {
    "uma": 1,
    "duas": 2,
    "três": 3,
    "quatro": 4,
    "cinco": 5,
    "seis": 6,
    "sete": 7,
    "oito": 8,
    "nove": 9,
    "dez": 10,
    "onze": 11,
    "doze": 12,
    "treze": 13,
    "catorze": 14,
    "quatorze": 14,
    "quinze": 15,
    "dezesseis": 16,
    "dezasseis": 16,
    "dezessete": 17,
    "dezassete": 17,
    "dezoito": 18,
    "dezenove": 19,
    "dezanove": 19,
    "vinte e uma": 21,
    "vinte e duas": 22,
    "vinte e três": 23,
    "meio-dia": 12,
    "meio dia": 12,
    "meia-noite": 0,
    "meia noite": 0,
}
_PT_MINUTES = {word: value for word, value in PT_NUMBERS.items() if 10 <= value < 60}
_PT_MINUTES |= {"cinco": 5, "um quarto": 15, "meia": 30}
# After what may also be an article these count something: "as duas e três".
_PT_FEW_MINUTES = {word: value for word, value in PT_NUMBERS.items() if 1 <= value < 10}
_EN_HOUR = "|".join(_EN_HOURS)
_PT_HOUR = "|".join(_PT_HOURS)
# Longer ones first.
_PT_MINUTE = "|".join(sorted(_PT_MINUTES, key=len, reverse=True))
# After an hour alone: else it may count something ("at nine dollars").
_EN_AFTER = (
    r"(?=\s*(?:$|[.,;:!?)…]|(?:tomorrow|tonight|today|sharp|on|every|this|next|in\sthe)\b))"
    r"(?![.,:]\d)"
)
_PT_AFTER = (
    r"(?=\s*(?:$|[.,;:!?)…]|(?:amanhã|hoje|em\sponto|da\s(?:manhã|tarde|noite))\b))(?![.,:]\d)"
)
# "A uma" and "é uma" mostly have the article; "à uma" is a time.
_PT_NO_ARTICLE = r"(?!(?<!à )(?<!às )uma\b)"
# What an hour follows, in Portuguese.
_PT_BEFORE = r"(?:à|às|a|as|da|das|pela|pelas|pras|é|são|era|eram|ao|do|pelo)"


def _pattern(text: str) -> re.Pattern[str]:
    # One space stands for one of any kind; a line may break there.
    return re.compile(text.replace(" ", r"\s"), re.IGNORECASE)


def _time(hour: int, minute: int) -> str:
    return f"{hour}:{minute:02}"


def _before(hour: int, minutes: int) -> str:
    """So many minutes before an hour; before one it is twelve, and before midnight 23."""
    return _time({0: 23, 1: 12}.get(hour, hour - 1), 60 - minutes)


def _word(match: re.Match[str], group: str) -> str:
    return " ".join(match[group].lower().replace("-", " ").split())


def _en_hour(match: re.Match[str]) -> int:
    word = _word(match, "hour")
    return int(word) if word.isdigit() else _EN_HOURS.index(word) + 1


def _pt_hour(match: re.Match[str]) -> int:
    word = _word(match, "hour")
    return int(word) if word.isdigit() else _PT_HOURS[word]


# Hours of opening: a time, or two of them.
_EN_TIME = r"(?:1[0-2]|0?[1-9])(?:[:.][0-5]\d)?"
_EN_HALF = r"(?:[ap]\.m\.|[ap]m)(?!\w)"
_TIME_PARTS = re.compile(r"(\d{1,2})(?:[:.h](\d\d))?")


def _figures(time: str, *, is_pm: bool | None = None) -> str:
    """A time in figures, of 24 hours where it says which half of the day it is in."""
    found = _TIME_PARTS.match(time)
    assert found is not None  # noqa: S101
    hour, minute = int(found[1]), int(found[2] or 0)
    return _time(hour if is_pm is None else hour % 12 + 12 * is_pm, minute)


def _en_halves(match: re.Match[str]) -> dict[str, str]:
    """What "9am–6pm" is, and "9–5 p.m.", of which the first is in the morning."""
    is_pm = match["half"][0].lower() == "p"
    # At the end of a segment the full stop of "p.m." is the sentence's too.
    is_end = match["half"][-1] == "." and not match.string[match.end("time") :].strip()
    said = {"time": _figures(match["last"], is_pm=is_pm) + ("." if is_end else "")}
    if match["first"] is not None:
        if match["first_half"] is not None:
            is_pm = match["first_half"][0].lower() == "p"
        else:
            first, last = (int(re.split("[:.]", match[name])[0]) % 12 for name in ("first", "last"))
            is_pm = is_pm == (first < last)
        said["first_time"] = _figures(match["first"], is_pm=is_pm)
    return said


# Each pattern with what is said for its group "time", or for each of several groups.
_Rule = tuple[re.Pattern[str], Callable[[re.Match[str]], str | dict[str, str]]]
_RULES: dict[str, tuple[_Rule, ...]] = {
    "en": (
        (
            _pattern(
                rf"(?<![\w.:,$£€-])(?:(?P<first_time>(?P<first>{_EN_TIME})"
                rf"(?:\s?(?P<first_half>{_EN_HALF}))?)(?:\s?[-–—]\s?|\sto\s))?"
                rf"(?P<time>(?P<last>{_EN_TIME})\s?(?P<half>{_EN_HALF}))"
            ),
            _en_halves,
        ),
        (
            _pattern(
                r"\b(?P<time>(?P<minute>half|(?:a )?quarter|five|ten|twenty(?:[- ]five)?)"
                rf"(?: minutes)? past (?P<hour>{_EN_HOUR}))\b"
            ),
            lambda m: _time(_en_hour(m), _EN_MINUTES[_word(m, "minute")]),
        ),
        (
            _pattern(rf"\b(?P<time>(?P<hour>{_EN_HOUR}) o['’]clock)\b"),
            lambda m: _time(_en_hour(m), 0),
        ),
        (
            # Not "from three and a quarter to four".
            _pattern(
                r"(?<!\band a )(?<!\band )\b"
                rf"(?P<time>(?:a )?quarter (?:to|till) (?P<hour>{_EN_HOUR}))\b"
            ),
            lambda m: _before(_en_hour(m), 15),
        ),
        (
            _pattern(
                r"\b(?:at|by|until|till|it['’]s|it is) (?P<time>(?P<minute>five|ten|"
                rf"twenty(?:[- ]five)?)(?: minutes)? (?:to|till) (?P<hour>{_EN_HOUR}))\b{_EN_AFTER}"
            ),
            lambda m: _before(_en_hour(m), _EN_MINUTES[_word(m, "minute")]),
        ),
        (
            _pattern(
                r"\b(?:at|by|until|till|before|after|around|since|from)"
                rf" (?P<time>(?P<hour>{_EN_HOUR})[ -](?P<minute>{one_of(_EN_AFTER_HOUR)}))\b(?!-)"
                r"(?! (?:a|an|per|each|dollars?|euros?|cents?|percent|hundred|thousand|million)\b)"
            ),
            lambda m: _time(_en_hour(m), _EN_MINUTES[_word(m, "minute")]),
        ),
        (
            _pattern(
                rf"\b(?:at|until|till) (?P<time>(?P<hour>{_EN_HOUR}|1[0-2]|[1-9]))\b{_EN_AFTER}"
            ),
            lambda m: _time(_en_hour(m), 0),
        ),
        # A deadline: "by 9 pm" was "por 21:00".
        (
            _pattern(
                rf"\b(?P<time>by) (?=(?:noon|midnight|{_EN_TIME}\s?{_EN_HALF}|\d\d?:[0-5]\d"
                rf"|(?:half|(?:a )?quarter) past (?:{_EN_HOUR})|(?:{_EN_HOUR}) o['’]clock)(?!\w))"
            ),
            lambda m: "Before" if m["time"][0] == "B" else "before",
        ),
        (
            _pattern(
                rf"\b(?:there|here|home|back|ready) (?P<time>by (?P<hour>{_EN_HOUR}))\b{_EN_AFTER}"
            ),
            lambda m: f"before {_time(_en_hour(m), 0)}",
        ),
        (
            _pattern(
                rf"\b(?:{_EN_HOUR}|o['’]clock|\d|[ap]m|[ap]\.m\.) (?P<time>sharp)\b{_EN_AFTER}"
            ),
            lambda m: "exactly",
        ),
    ),
    "pt": (
        (
            _pattern(
                r"(?<![\w.:,-])(?P<first>\d{1,2}h(?:[0-5]\d)?)\s?[-–—]\s?"
                r"(?P<last>\d{1,2}h(?:[0-5]\d)?)(?!\w)"
            ),
            lambda m: {name: _figures(m[name]) for name in ("first", "last")},
        ),
        (
            _pattern(r"\bdas (?P<first>\d{1,2}h) às (?P<last>\d{1,2}h)(?!\w)"),
            lambda m: {name: _figures(m[name]) for name in ("first", "last")},
        ),
        (
            # "Às 18h", and "16h: café", but not "das 14h de filme". Models know "às 9h".
            _pattern(
                r"(?:\b(?:às|das) |(?:^|(?<=[;(] ))(?=\d\dh:))"
                r"(?P<time>(?:1[3-9]|2[0-3])h)(?!\w| de )"
            ),
            lambda m: _figures(m["time"]),
        ),
        # A length of time stays: "dura 2h30", "a 1h30 daqui".
        (
            _pattern(
                r"\b(?:(?:às|as|das|pelas|são|eram) (?=\d)|(?:à|da|pela|é|era) (?=1h))"
                r"(?P<time>(?P<hour>\d{1,2})h(?P<minute>[0-5]\d))\b"
            ),
            lambda m: f"{m['hour']}:{m['minute']}",
        ),
        (
            _pattern(
                rf"\b{_PT_BEFORE} (?P<time>{_PT_NO_ARTICLE}(?P<hour>{_PT_HOUR}|1?\d|2[0-3])"
                rf" e (?P<minute>{_PT_MINUTE}))\b(?! dúzia)"
            ),
            lambda m: _time(_pt_hour(m), _PT_MINUTES[_word(m, "minute")]),
        ),
        (
            _pattern(
                rf"\b(?:às|à|são) (?P<time>(?P<hour>{_PT_HOUR})"
                rf" e (?P<minute>{one_of(_PT_FEW_MINUTES)}))\b{_PT_AFTER}"
            ),
            lambda m: _time(_pt_hour(m), _PT_FEW_MINUTES[_word(m, "minute")]),
        ),
        (
            _pattern(
                rf"\b{_PT_BEFORE} (?P<time>{_PT_NO_ARTICLE}(?P<hour>{_PT_HOUR})"
                r" menos (?P<minute>um quarto|cinco|dez|vinte(?: e cinco)?))\b"
            ),
            lambda m: _before(_pt_hour(m), _PT_MINUTES[_word(m, "minute")]),
        ),
        (
            _pattern(
                rf"\b(?:às|são|eram) (?P<time>(?P<minute>{_PT_MINUTE}) (?:para (?:as?|às?)|pras?)"
                rf" (?P<hour>{_PT_HOUR}))\b"
            ),
            lambda m: _before(_pt_hour(m), _PT_MINUTES[_word(m, "minute")]),
        ),
        (
            _pattern(
                rf"\b(?P<time>faltam? (?P<minute>{_PT_MINUTE}) (?:para (?:as?|às?)|pras?)"
                rf" (?P<hour>{_PT_HOUR}))\b"
            ),
            lambda m: (
                f"{'S' if m['time'][0].isupper() else 's'}ão"
                f" {_before(_pt_hour(m), _PT_MINUTES[_word(m, 'minute')])}"
            ),
        ),
        (
            _pattern(
                rf"\baté (?:as|às) (?P<time>{_PT_NO_ARTICLE}(?P<hour>{_PT_HOUR}))\b{_PT_AFTER}"
            ),
            lambda m: _time(_pt_hour(m), 0),
        ),
    ),
}
# What more words may turn into a time, at the end of a text. The longest has six words.
_UNFINISHED = {
    "en": _pattern(
        r"\b(?:half|(?:a )?quarter|(?:five|ten|twenty(?:[- ]five)?)(?: minutes)?)"
        r"(?: (?:past|to|till))?\s*\Z"
        r"|\b(?:at|by|until|till|before|after|around|since|from)"
        rf" (?:{_EN_HOUR}|1[0-2]|[1-9])(?: (?:twenty|thirty|forty|fifty|oh))?\s*\Z"
    ),
    "pt": _pattern(
        rf"\b{_PT_BEFORE} {_PT_NO_ARTICLE}(?:{_PT_HOUR}|1?\d|2[0-3])"
        r"(?: (?:e|menos)(?: um| (?:vinte|trinta|quarenta|cinquenta)(?: e)?)?)?\s*\Z"
        rf"|\b(?:às|são|eram|faltam?) (?:{_PT_MINUTE})(?: para(?: as?| às?)?| pras?)?\s*\Z"
        rf"|\baté (?:as|às) {_PT_NO_ARTICLE}(?:{_PT_HOUR})\s*\Z"
    ),
}
_LONGEST_UNFINISHED = 48
_FIGURES = frozenset(map(str, range(24)))
# Words before a time, and those that it may begin with; nearly all texts lack such a pair.
_BEFORE = {
    "en": frozenset("at by until till before after around since from s is".split()),  # noqa: SIM905
    "pt": frozenset("à às a as da das pela pelas pras é são era eram ao do pelo até".split()),  # noqa: SIM905
}
_BEGINNING = {
    "en": frozenset([*_EN_HOURS, "twenty", "noon", "midnight"]) | _FIGURES,
    "pt": (frozenset([*_PT_HOURS, *_PT_MINUTES, "meio"]) | _FIGURES) - {"uma"},
}
_DIGIT = re.compile(r"\d")
# Figures that are enough.
_HOURS = {
    "en": re.compile(r"\d\s?(?:[ap]\.m\.|[ap]m\b)", re.IGNORECASE),
    "pt": re.compile(r"\dh(?:\d\d)?\s?[-–—:]|\b(?:às|das)\s\d{1,2}h", re.IGNORECASE),
}
# Words that are enough.
_ENOUGH = {
    "en": frozenset({"clock", "half", "quarter", "past"}),
    "pt": frozenset({"falta", "faltam"}),
}
# What may begin a time without a word before it, at the end of a text.
_AT_END = {"en": frozenset({"five", "ten", "twenty"}), "pt": frozenset[str]()}


def _may_have_times(text: str, language: str, words: Sequence[str]) -> bool:
    """Whether a text may have a time; cheap, because each growing text is asked again and again."""
    if _DIGIT.search(text) and _HOURS[language].search(text):
        return True
    if not _ENOUGH[language].isdisjoint(words) or not _AT_END[language].isdisjoint(words[-4:]):
        return True
    before, beginning = _BEFORE[language], _BEGINNING[language]
    return any(
        a in before
        and (b in beginning or (b[0].isdigit() and "h" in b) or (a in ("à", "às") and b == "uma"))
        for a, b in itertools.pairwise(words)
    )


def clock_times(text: str, language: str, words: Sequence[str] | None = None) -> Rewording:
    """Find the times of day that are said in words, or with an "h".

    Args:
        text: A segment, or as much of it as has come.
        language: Its BCP-47 code; only its language counts.
        words: ``lower_words(text)``, if that is known.
    """
    language = language.split("-")[0].lower()
    rules = _RULES.get(language)
    if rules is None:
        return AS_IT_IS
    if not _may_have_times(text, language, lower_words(text) if words is None else words):
        return AS_IT_IS
    edits = tuple(in_order(_found(text, rules)))
    unfinished = _UNFINISHED[language].search(text, max(0, len(text) - _LONGEST_UNFINISHED))
    return Rewording(edits, None if unfinished is None else unfinished.start())


def _found(text: str, rules: tuple[_Rule, ...]) -> Iterator[Edit]:
    for pattern, said in rules:
        for match in pattern.finditer(text):
            times = said(match)
            for group, time in ({"time": times} if isinstance(times, str) else times).items():
                yield Edit(*match.span(group), time)
