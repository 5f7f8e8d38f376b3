"""Finds expressions that a table has plain words for.

A line of a table is an expression and its plain words, ``out of the blue = suddenly``. The
expression may end with what has to follow it, or must not, as a lookahead; one with a ^ begins a
sentence.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import NamedTuple

from translator.text.rewriting import Edit, in_order
from translator.text.words import begins_sentence, lower_words

__all__ = ["PlainWords"]

_GROUP = re.compile(r"\(\?[^)]*\)")
# Words of nearly all texts.
_COMMON = frozenset(
    [
        *["a", "about", "and", "are", "around", "as", "back", "be", "before", "by", "called"],
        *["could", "every", "for", "from", "get", "go", "good", "got", "he", "i", "in", "into"],
        *["is", "it", "let", "like", "m", "made", "make", "me", "my", "next", "no", "not"],
        *["of", "off", "on", "one", "other", "out", "over", "s", "second", "she", "something"],
        *["still", "take", "that", "the", "their", "there", "they", "this", "three", "through"],
        *["to", "two", "was", "we", "what", "which", "with", "year", "you", "your", "anos"],
        *["com", "como", "da", "de", "dia", "do", "dá", "em", "está", "fazer", "isso", "mundo"],
        *["na", "no", "não", "o", "os", "por", "que", "se", "tempo", "um", "uma", "volta"],
    ]
)
# No word of a title with more letters is without a capital.
_MAX_SMALL = 4


class _Expression(NamedTuple):
    form: str
    said: str
    is_first: bool


@cache
def _pattern(form: str) -> re.Pattern[str]:
    """The pattern of an expression, which is made once a text has its rarest word."""
    spelled = form.removeprefix("^").replace("'", "['’]").replace(" ", r"\s+")
    return re.compile(rf"(?<![\w'’-]){spelled}(?!\w)", re.IGNORECASE)


class PlainWords:
    """Tables of plain words.

    Args:
        tables: By language, in its BCP-47 code without a region.
    """

    def __init__(self, tables: Mapping[str, str]) -> None:
        self._known = {language: _by_rarest_word(lines) for language, lines in tables.items()}

    @classmethod
    def joined(cls, *tables: "PlainWords") -> "PlainWords":
        """Several as one, which looks through a text once."""
        one = cls({})
        for table in tables:
            for language, known in table._known.items():
                ours = one._known.setdefault(language, {})
                for word, expressions in known.items():
                    ours.setdefault(word, []).extend(expressions)
        return one

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
            for match in _pattern(expression.form).finditer(text)
            if not expression.is_first or begins_sentence(text, match.start())
        )


def _by_rarest_word(lines: str) -> dict[str, list[_Expression]]:
    """By the rarest word of each: a text is looked through for those whose word it has."""
    found: dict[str, list[_Expression]] = {}
    for line in lines.strip().splitlines():
        form, _, said = line.rpartition(" = ")
        parts = lower_words(_GROUP.sub("", form))
        rarest = max(parts, key=lambda part: (part not in _COMMON, len(part)))
        found.setdefault(rarest, []).append(_Expression(form, said, form[0] == "^"))
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
