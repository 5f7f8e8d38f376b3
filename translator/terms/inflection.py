"""Tells whether a translation has a form in another number or gender: "infecciosas", "infeccioso".

A model that knows a term writes it as its sentence needs it. To force the form of the glossary
would be wrong there. Endings decide, of Portuguese and English only. Gender counts where the ending
is an adjective's, since "casa" is no feminine of "caso".
"""

import re
from collections.abc import Sequence
from unicodedata import normalize

__all__ = ["stems"]

# Ends of a word in the plural, each with that of the singular; the first that fits counts.
_PLURALS = {
    "pt": (
        *(("ões", "ão"), ("ães", "ão"), ("ãos", "ão"), ("ais", "al"), ("éis", "el")),
        *(("óis", "ol"), ("ens", "em"), ("ns", "m"), ("res", "r"), ("zes", "z"), ("s", "")),
    ),
    "en": (
        *(("ies", "y"), ("sses", "ss"), ("shes", "sh"), ("ches", "ch"), ("xes", "x")),
        *(("ss", "ss"), ("us", "us"), ("is", "is"), ("s", "")),
    ),
}
_FEMININE = re.compile("(?:(?<=[oóô]s)|(?<=iv)|(?<=[ai]d)|(?<=ic)|(?<=ári)|(?<=tóri))a$")
# A shorter word has no plural: "as", "is".
_MIN_STEM = 3


def stems(words: Sequence[str], language: str) -> tuple[str, ...] | None:
    """Words without what number and gender change; None where the language is not known.

    Two texts of one term have the same stems.

    Args:
        words: Words in small letters and marks, each perhaps with a space before it.
        language: BCP-47 code; only its language counts.
    """
    language = language.split("-")[0].lower()
    plurals = _PLURALS.get(language)
    if plurals is None:
        return None
    return tuple(_stem(normalize("NFC", word), plurals, language) for word in words)


def _stem(word: str, plurals: Sequence[tuple[str, str]], language: str) -> str:
    plural = next((pair for pair in plurals if word.endswith(pair[0])), None)
    if plural is not None:
        singular = word[: len(word) - len(plural[0])] + plural[1]
        word = singular if len(singular.strip()) >= _MIN_STEM else word
    if language == "pt" and len(word.strip()) > _MIN_STEM + 1:
        word = _FEMININE.sub("o", word)
    return word
