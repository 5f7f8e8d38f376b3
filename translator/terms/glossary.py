"""A glossary: valid terms that do not contradict each other, and can be found in a text."""

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
            # A term with a capital letter is found only as it is written.
            key = ("", surface(term.source)) if has_capital(term.source) else tuple(keys)
            other = known.setdefault(key, entry)
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

    Raises:
        InvalidRequestError: A term is not valid, or contradicts another; the message names the
            first ten.
    """

    def __init__(self, terms: Iterable[Term] = (), *, field: str = "glossary") -> None:
        reading = _Reading(tuple(terms))
        if reading.problems:
            raise InvalidRequestError(*_told(reading.problems, field))
        self.terms = tuple(reading.terms)
        self._index = Index(self.terms, reading.keys)

    def __len__(self) -> int:
        return len(self.terms)

    @cached_property
    def kept(self) -> "Glossary":
        """A glossary that keeps the first forms, for a text that contains them already."""
        forms = dict.fromkeys(term.forms[0] if term.forms else term.source for term in self.terms)
        return Glossary(map(Term, forms))

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
