"""Finds where words end, so that half a word is never committed."""

import re
from unicodedata import category

__all__ = [
    "UNSPACED",
    "begins_sentence",
    "count_steps",
    "count_words",
    "lower_words",
    "num_erased",
    "strip_final_punctuation",
    "word_ends",
]

# Scripts written without spaces between words: each character counts as a word.
UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
)
# Punctuation that closes a word or sentence. It is a word of its own only before a space or the
# end, so that "3.5" and "d'água" stay whole.
_CLOSING = ".,;:!?…)\\]}»”’\"'。，、；：！？）」』"
# A character of those scripts, or all up to the last one that closes nothing, or what closes.
_WORD = re.compile(rf"\s*(?:[{UNSPACED}]|[^\s{UNSPACED}]*[^\s{UNSPACED}{_CLOSING}]|[{_CLOSING}]+)")
_UNSPACED = re.compile(f"[{UNSPACED}]")
_RUN = re.compile(r"[^\W_]+")
_SENTENCE_END = ".!?…。！？"
_AFTER_SENTENCE = ")]}»”’\"'」』"

# White space, and control characters, which a model gets as spaces. A pattern would be quadratic
# in runs of spaces.
_BLANK = "".join(c for c in map(chr, range(0x3001)) if c.isspace() or category(c) == "Cc")


def word_ends(text: str, start: int = 0) -> list[int]:
    """End positions of the words of ``text``, from ``start`` on, in order.

    A word includes the white space before it. Punctuation after a word counts as a word of its own,
    because it changes more easily than the word does.
    """
    # White space at the end is not part of a word, and would be searched from each place in it.
    return [match.end() for match in _WORD.finditer(text, start, len(text.rstrip()))]


def strip_final_punctuation(text: str) -> str:
    """Strip the punctuation that ends a sentence, and the quotes after it.

    Control characters count as white space, because that is what a model gets instead of them.
    """
    sentence = text.rstrip(_BLANK).rstrip(_AFTER_SENTENCE)
    words = sentence.rstrip(_SENTENCE_END)
    return text if words == sentence else words.rstrip()


def count_words(text: str) -> int:
    """Number of words in ``text``, split at white space. A session's figures count these."""
    return len(text.split())


def begins_sentence(text: str, place: int) -> bool:
    """Whether what stands at ``place`` begins the text, or follows a mark that ends a sentence."""
    before = text[max(0, place - 8) : place].rstrip()
    return not before or before[-1] in _SENTENCE_END


def lower_words(text: str) -> list[str]:
    """The runs of letters and digits in ``text``, in lower case."""
    return _RUN.findall(text.lower())


def count_steps(text: str) -> int:
    """Like ``count_words``, but in scripts written without spaces each character counts."""
    if _UNSPACED.search(text) is None:
        return count_words(text)
    return sum(max(1, len(_UNSPACED.findall(word))) for word in text.split())


def num_erased(before: str, after: str) -> int:
    """How many words of ``before`` are gone from ``after``: all from the first difference on."""
    old, new = before.split(), after.split()
    kept = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), None)
    return len(old) - (min(len(old), len(new)) if kept is None else kept)
