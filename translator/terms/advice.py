"""Points out terms that are valid but probably not what the author meant."""

import re
from collections.abc import Iterator, Sequence

from translator.terms.pieces import keys_of, surface
from translator.terms.term import Term, cleaned, has_capital, quoted
from translator.text.segmenter import Segmenter

__all__ = ["advice"]

_MAY_END = re.compile(r"[.!?…。！？｡]")
# Languages whose nouns have capitals.
_NOUN_CAPITALS = frozenset(["de", "lb"])


def advice(
    terms: Sequence[Term], source: str = "en", target: str = ""
) -> Iterator[tuple[int, str, int | None]]:
    """Yield notes on valid terms: the entry, the note, and the other entry that it concerns.

    Args:
        terms: The terms of a valid glossary.
        source: BCP-47 code of the terms' language; it decides where sentences end.
        target: BCP-47 code of their translations.
    """
    segmenter = Segmenter(source or "en")
    capitals = target.split("-")[0].lower() not in _NOUN_CAPITALS
    written: dict[str, int] = {}
    small: dict[tuple[str, ...], int] = {}
    texts = [cleaned(term) for term in terms]
    for entry, term in enumerate(texts):
        if not has_capital(term.source):
            small.setdefault(tuple(keys_of(term.source)), entry)
    for entry, term in enumerate(texts):
        key = surface(term.source)
        key = key if has_capital(key) else key.lower()
        first = written.setdefault(key, entry)
        if first != entry:
            yield entry, "says the same as an earlier one", first
            continue
        if _MAY_END.search(term.source) and segmenter.find_end(term.source) is not None:
            yield entry, f"{quoted(term.source)} is never found: a sentence ends inside it", None
        if has_capital(term.source):
            other = small.get(tuple(keys_of(term.source)))
            if other is not None:
                told = f"where a sentence begins with {quoted(term.source)}, it is this term"
                yield entry, f"{told}, not the one in small letters", other
            continue
        for form in term.forms:
            if capitals and _is_raised(form):
                yield (
                    entry,
                    f"{quoted(form)} is written with its capital inside a sentence too",
                    None,
                )


def _is_raised(form: str) -> bool:
    """Whether a form looks like the beginning of a sentence, as spreadsheets tend to write it."""
    return form[:1].isupper() and len(form.split()[0]) > 1 and not has_capital(form[1:])
