"""Endings in brackets: "file(s)" is "files", and "bem-vindo(a)" is "bem-vindo".

Forms and shops leave it open whether there is one or more, and whom they speak to. Models are
trained on hardly any of it: the embedded ones make "anexos)" of "attachment(s)" and "Thank you(a)"
of "obrigado(a)". So the plural stands for one as well, and the first of two genders for both. Pure
text, linear in its length.
"""

import re
from collections.abc import Iterator

from translator.text.rewriting import Edit

__all__ = ["optional_endings"]

_LETTER = r"[^\W\d_]"
_BRACKETS = re.compile(rf"(?<={_LETTER})\((?P<ending>{_LETTER}{{1,4}})\)(?!\w)")
_SLASH = re.compile(r"(?<=[oOrR])/(?:a|A)(?![\w/])|(?<=[oO][sS])/(?:as|AS)(?![\w/])")
# What a plural ending takes the place of.
_PLURALS: dict[str, dict[str, str]] = {
    "en": {"s": "", "es": "", "ies": "y", "ren": ""},
    # The last four are of verbs: "requer(em)", "pode(m)", "foi(ram)", "está(ão)".
    "pt": {
        "s": "",
        "es": "",
        "ns": "m",
        "is": "l",
        "ões": "ão",
        "ães": "ão",
        "em": "",
        "m": "",
        "ram": "i",
        "ão": "á",
    },
    "es": {"s": "", "es": ""},
}
_GENDERS: dict[str, frozenset[str]] = {
    "pt": frozenset(["a", "as", "o", "os", "à", "às", "ora", "oras", "sua", "suas"]),
    "es": frozenset(["a", "as", "o", "os", "ora", "oras"]),
}


def optional_endings(text: str, language: str) -> Iterator[Edit]:
    """Find the endings that a word may have or not, with what to say for each.

    Args:
        text: A segment, or as much of it as has come.
        language: Its BCP-47 code; only its language counts.
    """
    language = language.split("-")[0].lower()
    if language not in _PLURALS:
        return
    genders = _GENDERS.get(language, frozenset())
    edits = [*_in_brackets(text, language, genders)] if "(" in text else []
    if genders and "/" in text:
        edits += [Edit(match.start(), match.end(), "") for match in _SLASH.finditer(text)]
    yield from sorted(edits, key=lambda edit: edit.start)


def _in_brackets(text: str, language: str, genders: frozenset[str]) -> Iterator[Edit]:
    plurals = _PLURALS[language]
    reached = 0
    for match in _BRACKETS.finditer(text):
        ending = match["ending"].lower()
        start, end = match.span()
        if ending in genders:
            yield Edit(start, end, "")
        elif (replaced := plurals.get(ending)) is not None:
            begin = start - len(replaced)
            # "f(s)" is a function.
            is_word = text[start - 2 : start].isalpha() or bool(genders)
            if not is_word or text[begin:start].lower() != replaced:
                continue
            # "Product(s) require(s) attention."
            is_verb = language == "en" and reached and len(text[reached:start].split()) == 1
            yield Edit(begin, end, "" if is_verb else match["ending"])
            reached = end
