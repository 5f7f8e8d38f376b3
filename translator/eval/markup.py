"""How well tags stay around their words when a page is translated.

For each pair of tags of a reference, its words are compared with those of the same pair in the
translation, as bags of words: with ``m`` words in common, F1 is ``2 m`` by the number of words of
both, each summed up over all pairs (micro average). Words are compared without case. A pair that is
missing has no words.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from translator.documents.html_tokens import TokenKind, tokenize

__all__ = ["MarkupScore", "score_markup", "tagged_words"]

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class MarkupScore:
    """What a set of translated pages scores.

    Attributes:
        num_pairs: Pairs of tags in the references.
        num_kept: Of these, the pairs that are in the translation as well.
        f1: Of the words between tags, from 0 to 1; 1 if there are none.
    """

    num_pairs: int
    num_kept: int
    f1: float


def tagged_words(html: str) -> list[tuple[str, Counter[str]]]:
    """Each pair of tags, as its opening tag, with the words in it, in the order of closing."""
    found: list[tuple[str, Counter[str]]] = []
    stack: list[tuple[str, str, Counter[str]]] = []
    # Joined, since a tag may be inside a word.
    text = ""

    def count() -> None:
        nonlocal text
        words = [word.casefold() for word in _WORD.findall(text)]
        for _, _, each in stack:
            each.update(words)
        text = ""

    for token in tokenize(html):
        source = html[token.start : token.end]
        if token.kind is TokenKind.TEXT:
            text += source
        elif token.kind is TokenKind.REFERENCE:
            text += token.data
        elif token.kind is TokenKind.OPEN:
            count()
            stack.append((token.name, source, Counter()))
        elif token.kind is TokenKind.CLOSE:
            count()
            if any(name == token.name for name, _, _ in stack):
                while stack[-1][0] != token.name:
                    stack.pop()
                _, opening, words = stack.pop()
                found.append((opening, words))
    return found


def score_markup(pages: Iterable[tuple[str, str]]) -> MarkupScore:
    """Score (translation, reference) pages. Pairs with the same opening tag go by their order."""
    num_pairs = num_kept = common = total = 0
    for translation, reference in pages:
        there: dict[str, list[Counter[str]]] = {}
        for opening, words in tagged_words(translation):
            there.setdefault(opening, []).append(words)
        for opening, words in tagged_words(reference):
            num_pairs += 1
            total += words.total()
            if there.get(opening):
                num_kept += 1
                own = there[opening].pop(0)
                common += (own & words).total()
                total += own.total()
    return MarkupScore(num_pairs, num_kept, 2 * common / total if total else 1.0)
