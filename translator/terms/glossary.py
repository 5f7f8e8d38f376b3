"""A glossary: valid terms that do not contradict each other, and can be found in a text."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from translator.errors import FieldViolation, InvalidRequestError
from translator.terms.match import Found, Index
from translator.terms.pieces import keys_of, surface
from translator.terms.term import Part, Term, cleaned, faults, has_capital, quoted

__all__ = ["MAX_LENGTH", "MAX_TERMS", "Glossary", "Problem", "find_problems"]

MAX_TERMS = 10_000
# The length of all terms and forms together, in code points.
MAX_LENGTH = 1_000_000
# An error names at most this many problems.
_MAX_TOLD = 10


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a glossary.

    Attributes:
        entry: The term's index, from 0; None for the glossary as a whole.
        part: Which part of the term.
        description: What is wrong, with the value and what is allowed.
        other: The index of the earlier term that it contradicts.
    """

    entry: int | None
    part: Part
    description: str
    other: int | None = None


def find_problems(terms: Sequence[Term]) -> list[Problem]:
    """Find terms that are not valid, or contradict each other."""
    return _Reading(terms).problems


class _Reading:
    """Terms, cleaned and cut into pieces, and what is wrong with them.

    Attributes:
        problems: If there are any, do not use the rest.
        terms: The terms to look for.
        keys: The pieces of each term.
    """

    def __init__(self, terms: Sequence[Term]) -> None:
        self.problems: list[Problem] = []
        self.terms: list[Term] = []
        self.keys: list[list[str]] = []
        length = sum(len(term.source) + sum(map(len, term.forms)) for term in terms)
        if len(terms) > MAX_TERMS:
            told = f"{len(terms)} terms; at most {MAX_TERMS} are allowed"
            self.problems.append(Problem(None, "", told))
        elif length > MAX_LENGTH:
            told = f"its terms have {length} characters together; at most {MAX_LENGTH} are allowed"
            self.problems.append(Problem(None, "", told))
        else:
            self._read(terms)

    def _read(self, terms: Sequence[Term]) -> None:
        known: dict[tuple[str, ...], int] = {}
        for entry, given in enumerate(terms):
            term = cleaned(given)
            keys = keys_of(term.source)
            self.terms.append(term)
            self.keys.append(keys)
            found = [Problem(entry, part, told) for part, told in faults(given)]
            self.problems += found
            if found:
                continue
            other = known.setdefault(_key(term, keys), entry)
            former = self.terms[other]
            if former.forms != term.forms:
                is_now = f"{_forms(former)} before, and {_forms(term)} here"
                told = f"{quoted(term.source)} is {is_now}"
                self.problems.append(Problem(entry, "", told, other))


class Glossary:
    """Terms and their translations. It does not change.

    Args:
        terms: The terms. One that says the same as an earlier one is ignored.
        field: How errors name the list, such as ``streaming_config.glossary``.
        name: Its name, for ``origin``.

    Raises:
        InvalidRequestError: A term is not valid, or contradicts another; the message names the
            first ten.
    """

    def __init__(
        self, terms: Iterable[Term] = (), *, field: str = "glossary", name: str = ""
    ) -> None:
        reading = _Reading(tuple(terms))
        if reading.problems:
            raise InvalidRequestError(*_told(reading.problems, field))
        self._set(reading.terms, reading.keys, ((name, n) for n in range(len(reading.terms))))

    @classmethod
    def layered(cls, layers: Iterable["Glossary"]) -> "Glossary":
        """Make one glossary of several. Of those that have a term the first one's counts.

        A term without a capital stands for those with capitals in later layers too.
        """
        known: set[tuple[str, ...]] = set()
        terms: list[Term] = []
        keys: list[list[str]] = []
        origins: list[tuple[str, int]] = []
        for glossary in layers:
            own: set[tuple[str, ...]] = set()
            for entry, (term, pieces) in enumerate(
                zip(glossary.terms, glossary._keys, strict=True)
            ):
                key = _key(term, pieces)
                if key in known or tuple(pieces) in known:
                    continue
                own.add(key)
                terms.append(term)
                keys.append(pieces)
                origins.append(glossary.origin(entry))
            known |= own
        layered = cls.__new__(cls)
        layered._set(terms, keys, origins)
        return layered

    def _set(
        self,
        terms: Sequence[Term],
        keys: Sequence[list[str]],
        origins: Iterable[tuple[str, int]],
    ) -> None:
        self.terms = tuple(terms)
        self._keys = keys
        self._origins = tuple(origins)
        self._index = Index(self.terms, keys)

    def __len__(self) -> int:
        return len(self.terms)

    def origin(self, entry: int) -> tuple[str, int]:
        """The name of the glossary that a term comes from, and which entry of that it is."""
        return self._origins[entry]

    @cached_property
    def kept(self) -> "Glossary":
        """A glossary that keeps the first forms, for a text that contains them already."""
        forms = dict.fromkeys(term.forms[0] if term.forms else term.source for term in self.terms)
        terms = [Term(form) for form in forms]
        kept = Glossary.__new__(Glossary)
        # Forms are valid, but those of several layers may be more than a glossary may have.
        kept._set(terms, [keys_of(form) for form in forms], (("", n) for n in range(len(terms))))
        return kept

    @cached_property
    def fingerprint(self) -> str:
        """A digest of its terms; two glossaries with the same one do the same."""
        terms = [[term.source, *term.forms] for term in self.terms]
        return hashlib.sha256(json.dumps(terms).encode()).hexdigest()[:32]

    def find(
        self,
        text: str,
        *,
        capitals: bool = False,
        grows: bool = False,
        wholes: Sequence[tuple[int, int]] = (),
    ) -> Found:
        """Find the terms in a text; see ``Index.find``."""
        return self._index.find(text, capitals=capitals, grows=grows, wholes=wholes)


def _key(term: Term, keys: Sequence[str]) -> tuple[str, ...]:
    """What two terms have in common that are the same: with a capital, how they are written."""
    return ("", surface(term.source)) if has_capital(term.source) else tuple(keys)


def _forms(term: Term) -> str:
    return " or ".join(map(quoted, term.forms)) if term.forms else "kept as it is"


def _told(problems: list[Problem], field: str) -> tuple[str, str, *tuple[FieldViolation, ...]]:
    violations = []
    for problem in problems[:_MAX_TOLD]:
        name = field if problem.entry is None else f"{field}[{problem.entry}]"
        name += f".{problem.part}" if problem.part else ""
        other = "" if problem.other is None else f" ({field}[{problem.other}])"
        violations.append(FieldViolation(name, problem.description + other))
    if len(problems) > _MAX_TOLD:
        more = f"{len(problems) - _MAX_TOLD} more terms are not valid"
        violations.append(FieldViolation(field, more))
    return violations[0].field, violations[0].description, *violations[1:]
