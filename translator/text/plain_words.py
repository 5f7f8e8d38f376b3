"""Finds expressions that a table has plain words for.

A line of a table is an expression and its plain words, ``out of the blue = suddenly``. The
expression may end with what has to follow it, or must not, as a lookahead; one with a ^ begins a
sentence.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from translator.text.rewriting import Edit, in_order
from translator.text.words import begins_sentence, lower_words

__all__ = ["PlainWords"]

_GROUP = re.compile(r"\(\?[^)]*\)")
# Words of nearly all texts.
_COMMON = frozenset(
    [
        *["a", "and", "are", "as", "be", "before", "by", "for", "from", "get", "go", "got", "he"],
        *["i", "in", "is", "it", "let", "m", "me", "my", "next", "of", "off", "on", "out", "over"],
        *["s", "she", "the", "there", "to", "was", "we", "with", "you", "your", "com", "da", "de"],
        *["do", "dá", "em", "na", "no", "o", "os", "por", "que", "se", "um", "uma"],
    ]
)
# No word of a title with more letters is without a capital.
_MAX_SMALL = 4


class _Expression(NamedTuple):
    pattern: re.Pattern[str]
    said: str
    is_first: bool


class PlainWords:
    """Tables of plain words.

    Args:
        tables: By language, in its BCP-47 code without a region.
    """

    def __init__(self, tables: Mapping[str, str]) -> None:
        self._known = {language: _by_rarest_word(lines) for language, lines in tables.items()}

    def find(self, text: str, language: str, words: Sequence[str] | None = None) -> Iterator[Edit]:
        """Find expressions, with what to say for each, in order; of two in one place the longer.

        Args:
            text: A segment, or as much of it as has come.
            language: Its BCP-47 code; only its language counts.
            words: ``lower_words(text)``, if that is known.
        """
        known = self._known.get(language.split("-")[0].lower())
        if known is None:
            return
        yield from in_order(
            Edit(*match.span(), _said(text, match, expression.said))
            for word in dict.fromkeys(lower_words(text) if words is None else words)
            for expression in known.get(word, ())
            for match in expression.pattern.finditer(text)
            if not expression.is_first or begins_sentence(text, match.start())
        )


def _by_rarest_word(lines: str) -> dict[str, list[_Expression]]:
    """By the rarest word of each: a text is looked through for those whose word it has."""
    found: dict[str, list[_Expression]] = {}
    for line in lines.strip().splitlines():
        form, _, said = line.rpartition(" = ")
        parts = lower_words(_GROUP.sub("", form))
        rarest = max(parts, key=lambda part: (part not in _COMMON, len(part)))
        spelled = form.removeprefix("^").replace("'", "['’]").replace(" ", r"\s+")
        pattern = re.compile(rf"(?<![\w'’-]){spelled}(?!\w)", re.IGNORECASE)
        found.setdefault(rarest, []).append(_Expression(pattern, said, form[0] == "^"))
    return found


def _said(text: str, match: re.Match[str], said: str) -> str:
    form = match[0]
    if form.isupper():
        return said.upper()
    parts = form.split()
    if len(parts) > 1 and all(part[0].isupper() and part[1:].islower() for part in parts):
        # In a title; small words have no capitals there.
        return " ".join(w[0].upper() + w[1:] if len(w) > _MAX_SMALL else w for w in said.split())
    is_first = form[0].isupper() and begins_sentence(text, match.start())
    return said[0].upper() + said[1:] if is_first else said
