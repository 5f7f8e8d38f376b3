"""Addresses as they are spoken: "maria dot silva at gmail dot com" is maria.silva@gmail.com.

No model is to touch them then; see ``protection.py``. Pure text, linear in its length.
"""

import re
from typing import NamedTuple
from unicodedata import combining, normalize

from translator.text.rewriting import AS_IT_IS, Edit, Rewording

__all__ = ["spoken_addresses"]

# Of mail, and of the web: "ponto de" and "the dot it" are said of other things.
_MAIL_ENDS = (
    "com|org|net|edu|gov|info|io|dev|app|ai|co|br|pt|uk|us|de|fr|es|it|nl|ch|eu|au|ca|mx|ar|shop"
    "|store|online|tv"
)
_WEB_ENDS = "com|org|net|edu|gov|info|io|dev|app|ai|br|pt|uk|eu"
_COUNTRIES = "br|pt|uk|au|mx|ar"
# "O ponto com mais gente", "the dot com bubble".
_NO_NAME = r"(?!(?:o|a|os|as|um|uma|no|na|do|da|ao|este|esse|the|this|that|one|every)\s)"
_NAME = r"[^\W_]+"
# No name has more parts, nor an address more than a few lines' length.
_MAX_PARTS = 6
_LONGEST = 80


class _Words(NamedTuple):
    """How a language says the signs of an address, and what may follow one of the web.

    An address has one of ``told``: "at" is said of everything else as well.
    """

    dot: str
    at: str
    slash: str
    joints: dict[str, str]
    told: frozenset[str]
    after: str = ""


_SIGNS = {
    "en": _Words(
        "dot",
        "at",
        "slash",
        {"dot": ".", "underscore": "_", "dash": "-", "hyphen": "-"},
        frozenset(["dot"]),
    ),
    "pt": _Words(
        "ponto",
        "arroba",
        "barra",
        {"ponto": ".", "underline": "_", "sublinhado": "_", "traço": "-", "hífen": "-"},
        frozenset(["ponto", "arroba"]),
        # Other words are of the sentence: "o mesmo ponto com mais gente".
        r"(?=\s*(?:$|[.,;:!?)…]|(?:e|ou|para)\b))",
    ),
}


def _pattern(words: _Words) -> re.Pattern[str]:
    joint = "|".join(words.joints)
    parts = rf"{_NAME}(?:\s(?:{joint})\s{_NAME}){{0,{_MAX_PARTS}}}"
    country = rf"(?:\s{words.dot}\s(?:{_COUNTRIES})\b)?"
    mail = rf"{parts}\s{words.at}\s{parts}?\s{words.dot}\s(?:{_MAIL_ENDS})\b{country}"
    page = rf"(?:\s{words.slash}\s{_NAME}){{0,{_MAX_PARTS}}}"
    web = rf"{_NO_NAME}{parts}?\s{words.dot}\s(?:{_WEB_ENDS})\b{country}{page}{words.after}"
    return re.compile(rf"\b(?:{mail}|{web})(?!\s(?:{joint})\b)", re.IGNORECASE)


def _open_pattern(words: _Words) -> re.Pattern[str]:
    """What more words may turn into one, at the end of a text."""
    joint = "|".join(words.joints)
    before = rf"{_NAME}(?:\s(?:{joint}|{words.at})\s{_NAME}){{0,{_MAX_PARTS}}}"
    last = rf"\s(?:{joint}|{words.at}|{words.slash})(?:\s{_NAME})?\s*\Z"
    return re.compile(rf"\b{before}{last}", re.IGNORECASE)


_ADDRESSES = {language: _pattern(words) for language, words in _SIGNS.items()}
_OPEN = {language: _open_pattern(words) for language, words in _SIGNS.items()}


def spoken_addresses(text: str, language: str, words: list[str]) -> Rewording:
    """Find addresses that are spoken, of mail and of the web.

    Args:
        text: A segment, or as much of it as has come.
        language: Its BCP-47 code; only its language counts.
        words: ``lower_words(text)``.
    """
    language = language.split("-")[0].lower()
    signs = _SIGNS.get(language)
    if signs is None or signs.told.isdisjoint(words):
        return AS_IT_IS
    edits = [
        Edit(*found.span(), _written(found[0], signs))
        for found in _ADDRESSES[language].finditer(text)
    ]
    unfinished = _OPEN[language].search(text, max(0, len(text) - _LONGEST))
    return Rewording(tuple(edits), None if unfinished is None else unfinished.start())


def _written(said: str, signs: _Words) -> str:
    written = {**signs.joints, signs.at: "@", signs.slash: "/"}
    address = "".join(written.get(word, word) for word in said.lower().split())
    # Addresses have no accents: "joão ponto silva".
    return "".join(c for c in normalize("NFD", address) if not combining(c))
