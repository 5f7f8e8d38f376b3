"""Measures how far something is from the end of the source."""

import re

from translator.text.words import UNSPACED

__all__ = ["length_without_last", "settled_length"]

# As count_steps counts: a character of a script without spaces, or a word without any such.
_STEP = re.compile(rf"[{UNSPACED}]|(?<!\S)[^\s{UNSPACED}]+(?!\S)")
# What ends a phrase, with the brackets and quotes after it; the comma of "1,5" does not.
_PHRASE_END = re.compile(r"[,;:)\]][)\]\"'”’»]*(?!\S)|[、，；：）」』]")


def length_without_last(source: str, num_words: int) -> int:
    """Length of ``source`` without its last ``num_words`` words.

    In scripts written without spaces a character counts as a word. 0 if there are fewer words.
    """
    if num_words == 0:
        return len(source)
    starts = _step_starts(source, num_words)
    return starts[-num_words] if num_words <= len(starts) else 0


def settled_length(source: str, num_words: int) -> int:
    """The same where the end of a phrase counts as a word, one that withholds nothing itself.

    Whatever comes after a comma, the phrase before it is over, and that tells as much about it as
    one more word would. "one, two three" without its last 3 words is "one,".
    """
    if num_words == 0:
        return len(source)
    starts = _step_starts(source, num_words)
    first = starts[0] if starts else 0
    ends = [match.end() for match in _PHRASE_END.finditer(source, first)]
    cuts = sorted(starts + ends)
    return cuts[-num_words] if num_words <= len(cuts) else 0


def _step_starts(source: str, num_words: int) -> list[int]:
    """Where the words at the end of ``source`` begin, ``num_words`` of them if it has so many."""
    # There is at least a word in each piece between white space, so what is before the last
    # ``num_words`` of them does not matter.
    pieces = source.rsplit(None, num_words)
    begin = len(pieces[0]) if len(pieces) > num_words else 0
    return [match.start() for match in _STEP.finditer(source, begin)]
