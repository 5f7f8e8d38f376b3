"""What stands for itself in every language: placeholders, tags, addresses, paths, codes.

Each is found by its own form, in its own word, so a text that grows keeps what was found; a
placeholder may have spaces in it, and ``find_unclosed`` says where one may have begun.
"""

import re
from bisect import bisect_left
from collections.abc import Set as AbstractSet

from translator.text.words import UNSPACED

__all__ = [
    "CLOSING",
    "MAX_WORD_LENGTH",
    "OPENING",
    "find_identifiers",
    "find_unclosed",
    "may_have_identifiers",
]

# In a script that uses spaces, a run of this many characters without one is not language.
MAX_WORD_LENGTH = 100
# Marks that stand around a word and do not belong to it.
OPENING = "([\"'*“‘«„"
CLOSING = ".,;:!?)]\"'*…”’»"
_UNSPACED = re.compile(f"[{UNSPACED}]")
_WORD = re.compile(r"\S+")
# A text with none of these, and no dot in a word, holds nothing that stands for itself.
_SUSPECTS = frozenset("@#{}<>\\~^`$%_=[]|/:&")
_SUSPECT = re.compile(r"\.\w|-[-A-Z0-9]")
_SUSPECT_NUMBER = re.compile(r"\d{3}|\d[A-Za-z]|[A-Za-z]\d")
_DIGITS = frozenset("0123456789")
# What placeholders, tags and the like begin with.
_SPANNERS = frozenset("{%$<[:&+`=|")
# Placeholders and tags, which may have spaces in them, but are no longer than this.
_LONGEST = 200
_SPANNING = re.compile(
    rf"""
      \{{\{{ (?:[^{{}}]|\{{[^{{}}]*\}}){{0,{_LONGEST}}}? \}}\}}
    | \{{% [^{{}}]{{0,{_LONGEST}}}? %\}}
    | \$\{{ [^{{}}\n]{{0,{_LONGEST}}} \}}
    | \#?\{{ [^{{}}\n]{{0,{_LONGEST}}} \}}
    | \[\[ [^\[\]\n]{{1,{_LONGEST}}} \]\]
    | <!-- .{{0,{_LONGEST}}}? -->
    | `[^`\n]{{1,{_LONGEST}}}`
    | && | \|\| | [<=]=+>? | =>
    | </?[A-Za-z][^<>\n]{{0,{_LONGEST}}}>
    | <(?=[A-Za-z0-9_%$][^<>\s]{{0,60}}>)[^<>\s]{{1,60}}>
    | (?<![\w%]) %\([^()\s]{{1,60}}\) [-+\#0]*\d*(?:\.\d+)?[a-zA-Z]
    | (?<![\w%]) %(?:\d+\$)?[-+\#0]*\d*(?:\.\d+)?(?:hh?|ll?|[jztL])?[sdiuoxXfFeEgGcpq@](?![A-Za-z])
    | %L?\d+
    | (?<![\w%]) %[A-Za-z_]\w*%
    | (?<!\w) \$t\([^()\n]{{1,{_LONGEST}}}\)
    | (?<!\w) \$[A-Za-z_][\w.]*
    | (?<!\w) :[a-z_][a-z0-9_+-]*: (?!\w)
    | &(?:\#\d{{1,7}}|\#x[0-9a-fA-F]{{1,6}}|[a-zA-Z][a-zA-Z0-9]{{1,30}});
    | (?<!\w) [A-Z]{{2}}\d{{2}}(?:\ [A-Z0-9]{{4}}){{2,7}}(?:\ [A-Z0-9]{{1,3}})?(?!\w)
    | (?<![\w+]) \+\d{{1,3}}(?:[\ .-]?(?:\(\d{{1,5}}\)|\d{{1,5}})){{2,6}}(?!\w)
    """,
    re.VERBOSE | re.DOTALL,
)
# What begins such a one and may still be closed.
_UNCLOSED = re.compile(
    rf"(?:\{{|<(?=[A-Za-z/!]|\Z)|\[\[|\$\{{|%\(|`)[^{{}}<>`\n]{{0,{_LONGEST}}}\Z"
)

_IBAN = re.compile(r"[A-Z]{2}\d{2} [A-Z0-9]{4} ")

_DOMAINS = (
    "com|org|net|edu|gov|mil|int|info|biz|io|dev|app|ai|co|br|pt|uk|us|de|fr|es|it|nl|be|ch|at|pl|eu|"
    "jp|cn|in|ru|au|ca|mx|ar|shop|store|online|site|tech|blog|cloud|xyz|tv"
)
_FILES = (
    "pdf|docx?|xlsx?|pptx?|odt|csv|tsv|txt|md|rtf|png|jpe?g|gif|svg|webp|zip|gz|tar|7z|rar|html?|css|"
    "json|xml|ya?ml|toml|ini|log|py|js|ts|java|exe|dll|apk|iso|mp[34]|wav|mov|avi|srt|vtt|sql|sh"
)
# A whole word, without the marks around it, that stands for itself in every language.
_NAMED = re.compile(
    rf"""
      (?i:[a-z][a-z0-9+.-]{{1,20}}://\S+)
    | (?i:www\.[^\s.]+\.\S+ | mailto:\S+)
    | (?i:[\w.+-]+@[\w-]+(?:\.[\w-]+)+)
    | (?i:(?:[a-z0-9_-]+\.)+(?:{_DOMAINS})(?::\d+)?(?:[/?\#]\S*)?)
    | (?i:[\w-]+(?:\.[\w-]+)*\.(?:{_FILES}))
    | @[\w.]*\w | \#\w*[A-Za-z_]\w* | \#[0-9A-Fa-f]{{3,8}} | \#\d+
    | (?i:[0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}})
    | (?i:[0-9a-f]{{2}}(?:[:-][0-9a-f]{{2}}){{5}})
    | (?i:0x[0-9a-f]+)
    | (?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{{7,}}
    | (?i:(?:[0-9a-f]{{0,4}}:){{2,7}}[0-9a-f]{{1,4}})(?<=[:a-fA-F0-9]{{8}})
    | [vV]\d+(?:\.\d+)*(?:[-+.]\w+)* | \d+(?:\.\d+){{2,}}(?:[-+][\w.]+)?
    | \d{{7,}} | \d+(?:-\d+){{3,}} | \d+(?:\.\d+)*(?:[-/]\d+)+-\d+
    | (?:[A-Za-z]:)?(?:\\[\w.$-]+)+\\? | ~?(?:/[\w.@%+-]+){{2,}}/? | ~/[\w.@%+/-]+ | \./[\w./-]+
    | --?[a-z][\w-]+(?:=\S+)? (?<=\w\w\w)
    | (?=\w*_)\w*[A-Za-z0-9]\w*(?:[.-]\w+)* (?<!_)
    | (?=[\w/-]*\d)(?=[\w/-]*[A-Z])[A-Z0-9]+(?:[-_/][A-Z0-9]+)+
    | (?:[A-Z]\w*|\d\w*)(?:-(?:[A-Z]\w*|\d\w*)){{2,}}
    | [A-Z]{{1,4}}\d{{3,}}[A-Z0-9]* | [A-Z]{{3,}}\d{{2,}}\w*
    | \d+[A-Z]+\d+\w* | [A-Z]+\d+[A-Z]+\d\w*
    """,
    re.VERBOSE,
)
_IPV4 = re.compile(r"(?:(?:1?\d?\d|2[0-4]\d|25[0-5])(?:\.(?!\Z)|(?![.\d]))){4}(?:[:/]\d+)?")
# Written like a code, but known to every model: "COVID-19", "F-16", "24/7".
_ORDINARY = re.compile(r"[A-Z]+-\d{1,2}|\d{1,2}[A-Z]+|[\d/.,:-]{1,10}|[A-Z]\d{1,3}|I{1,3}-?\d+")
# A date or a range of years is a number like others.
_DATE = re.compile(
    r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}|\d{1,4}-\d{1,4}|\d{1,3}(?:[.,]\d{3})+(?:[.,]\d+)?"
)


def may_have_identifiers(text: str, characters: AbstractSet[str]) -> bool:
    """Whether there may be any in a text, of these characters. Cheap, for most have none."""
    return (
        not characters.isdisjoint(_SUSPECTS)
        or _SUSPECT.search(text) is not None
        or (not characters.isdisjoint(_DIGITS) and _SUSPECT_NUMBER.search(text) is not None)
        or _has_long_run(text)
    )


def _has_long_run(text: str) -> bool:
    return len(text) > MAX_WORD_LENGTH and max(map(len, text.split()), default=0) > MAX_WORD_LENGTH


def find_identifiers(text: str) -> list[tuple[int, int]]:
    """Find what stands for itself: ranges in code points, in no order, which may overlap."""
    has_spanners = not _SPANNERS.isdisjoint(text) or _IBAN.search(text) is not None
    spanning = [match.span() for match in _SPANNING.finditer(text)] if has_spanners else []
    ranges = spanning[:]
    starts = [start for start, _ in spanning]
    for match in _WORD.finditer(text):
        start, end = _core(text, *match.span())
        at = bisect_left(starts, end)
        if at and spanning[at - 1][1] > start:
            continue
        word = text[start:end]
        if (len(word) > MAX_WORD_LENGTH or not word.isalpha()) and _is_name(word):
            ranges.append((start, end))
    return ranges


def find_unclosed(text: str) -> int | None:
    """Where a placeholder or a tag begins that more text may close; None if none does."""
    match = _UNCLOSED.search(text, max(0, len(text) - _LONGEST))
    if match is None or (match[0][0] == "`" and text.count("`") % 2 == 0):
        return None
    return match.start()


def _core(text: str, start: int, end: int) -> tuple[int, int]:
    """A word without the marks around it."""
    while start < end and text[start] in OPENING:
        start += 1
    while end > start and text[end - 1] in CLOSING:
        end -= 1
    return start, end


def _is_name(word: str) -> bool:
    if len(word) > MAX_WORD_LENGTH:
        return _UNSPACED.search(word) is None
    if _IPV4.fullmatch(word) is not None:
        return True
    if _NAMED.fullmatch(word) is None:
        return False
    return _ORDINARY.fullmatch(word) is None and _DATE.fullmatch(word) is None
