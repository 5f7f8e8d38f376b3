"""Where target words end, so that no half word is ever committed."""

import re
from unicodedata import category

__all__ = [
    "UNSPACED",
    "count_steps",
    "count_words",
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
_SENTENCE_END = ".!?…。！？"
_AFTER_SENTENCE = ")]}»”’\"'」』"

# White space, and control characters, as which a model is given them. No pattern: that would look
# at each run of spaces once for each of them.
_BLANK = "".join(c for c in map(chr, range(0x3001)) if c.isspace() or category(c) == "Cc")


def word_ends(text: str, start: int = 0) -> list[int]:
    """End positions of the words of ``text`` from ``start`` on, in order.

    A word takes the white space before it along. Punctuation at the end of a word is a word of its
    own, since it changes more easily than the word does.
    """
    # White space at the end is part of no word, and would be looked at again from each place in it.
    return [match.end() for match in _WORD.finditer(text, start, len(text.rstrip()))]


def strip_final_punctuation(text: str) -> str:
    """``text`` without the punctuation that ends its sentence and the quotes after it.

    Control characters count as white space, as which a model is given them.
    """
    sentence = text.rstrip(_BLANK).rstrip(_AFTER_SENTENCE)
    words = sentence.rstrip(_SENTENCE_END)
    return text if words == sentence else words.rstrip()


def count_words(text: str) -> int:
    """Words of ``text``, split at white space: what the figures of a session count."""
    return len(text.split())


def count_steps(text: str) -> int:
    """How far a growing text has come: as ``count_words``, but each character of a script that is
    written without spaces counts.
    """
    if _UNSPACED.search(text) is None:
        return count_words(text)
    return sum(max(1, len(_UNSPACED.findall(word))) for word in text.split())


def num_erased(before: str, after: str) -> int:
    """Words of ``before`` that are gone from ``after``: all from the first that differs on."""
    old, new = before.split(), after.split()
    kept = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), None)
    return len(old) - (min(len(old), len(new)) if kept is None else kept)
