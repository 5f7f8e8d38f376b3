"""A glossary at work on a segment: its terms, as parts that no model is to touch."""

from collections.abc import Sequence

from translator.terms.check import form_for
from translator.terms.glossary import Glossary
from translator.terms.match import Found, Match
from translator.text.protection import Verbatim, protect
from translator.text.tokens import Tokenizer

__all__ = ["as_verbatim", "find_terms"]


def find_terms(
    glossary: Glossary,
    tokenizer: Tokenizer,
    text: str,
    *,
    capitals: bool = False,
    grows: bool = False,
) -> Found:
    """Find the terms of a segment. What stands for itself, such as an address, holds none.

    Args:
        glossary: The terms.
        tokenizer: The model's.
        text: The segment's source, or as much of it as has come.
        capitals: Whether it is in capitals.
        grows: Whether more of it may come; then only what is certain is found.
    """
    masks = protect(text, tokenizer.writes, codes=tokenizer.code_words).masks
    wholes = [(mask.start, mask.end) for mask in masks]
    return glossary.find(text, capitals=capitals, grows=grows, wholes=wholes)


def as_verbatim(text: str, matches: Sequence[Match], language: str) -> list[Verbatim]:
    """Terms as parts of ``text``, each with the form that stands for it in the target.

    Args:
        text: The segment's source. A form whose term begins it begins the target's sentence.
        matches: Terms in it, in order.
        language: The target's BCP-47 code.
    """
    return [
        Verbatim(match.start, match.end, form_for(match, text[: match.start], language))
        for match in matches
    ]
