"""A term, and the check whether it is valid."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from unicodedata import category, normalize

__all__ = [
    "MAX_FORMS",
    "MAX_TERM_LENGTH",
    "Part",
    "Term",
    "cleaned",
    "faults",
    "has_capital",
    "quoted",
]

# The length of a term or a form, in code points.
MAX_TERM_LENGTH = 500
MAX_FORMS = 20

# A part of an entry; "" is the whole entry, or the whole glossary.
Part = Literal["source_term", "target_term", ""]

_SPACE = re.compile(r"\s+")
# People put tabs and line ends into cells, so these are white space; other controls are mistakes.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_LONGEST_QUOTE = 40
# Symbols and characters for private use may be terms; marks alone may not.
_SAYING = frozenset(["Sm", "Sc", "Sk", "So", "Co"])


@dataclass(frozen=True, slots=True)
class Term:
    """A term and its translations.

    Attributes:
        source: The term. In lower case, it is found in any case. With a capital letter, it is found
            only as it is written, or in capitals if the whole segment is in capitals.
        forms: Its translations. Any of them is accepted; the first is used if the translation has
            none. Empty if the term is to stay as it is in the source.
    """

    source: str
    forms: tuple[str, ...] = ()


def has_capital(text: str) -> bool:
    """Whether a term or form has a capital letter, so that its case counts."""
    return text != text.lower() and any(c.isupper() or c.istitle() for c in text)


def cleaned(term: Term) -> Term:
    """Compose a term's characters (NFC), and take each run of white space for one space."""
    return Term(_cleaned(term.source), tuple(dict.fromkeys(map(_cleaned, term.forms))))


def faults(term: Term) -> Iterator[tuple[Part, str]]:
    """List what is wrong with a term: the part, and what is wrong with it."""
    fault = _fault(term.source)
    if fault:
        yield "source_term", fault
    if len(term.forms) > MAX_FORMS:
        yield "target_term", f"{len(term.forms)} forms; at most {MAX_FORMS} are allowed"
        return
    for form in term.forms:
        fault = _fault(form)
        if fault:
            yield "target_term", fault


def quoted(text: str) -> str:
    """A term as errors quote it."""
    return repr(text if len(text) <= _LONGEST_QUOTE else f"{text[: _LONGEST_QUOTE - 1]}…")


def _cleaned(text: str) -> str:
    if text.isascii() and text.isalnum():
        return text
    return _SPACE.sub(" ", normalize("NFC", text)).strip(" \ufeff")


def _fault(text: str) -> str:
    if not text:
        return "it is empty"
    if len(text) > MAX_TERM_LENGTH:
        return f"{quoted(text)} has {len(text)} characters; at most {MAX_TERM_LENGTH} are allowed"
    if text.isspace():
        return f"{quoted(text)} is white space only"
    control = _CONTROL.search(text)
    if control is not None:
        code, place = f"U+{ord(control[0]):04X}", control.start() + 1
        return f"{quoted(text)} has the control character {code} at {place}"
    if not (text.isalnum() or any(c.isalnum() or category(c) in _SAYING for c in text)):
        return f"{quoted(text)} has no letter, digit or symbol"
    return ""
