"""Measures how far something is from the end of the source."""

import re

from translator.text.words import UNSPACED

__all__ = ["length_without_last"]

# As count_steps counts: a character of a script without spaces, or a word without any such.
_STEP = re.compile(rf"[{UNSPACED}]|(?<!\S)[^\s{UNSPACED}]+(?!\S)")


def length_without_last(source: str, num_words: int) -> int:
    """Length of ``source`` without its last ``num_words`` words.

    In scripts written without spaces a character counts as a word. 0 if there are fewer words.
    """
    if num_words == 0:
        return len(source)
    # There is at least a word in each piece between white space, so what is before the last
    # ``num_words`` of them does not matter.
    pieces = source.rsplit(None, num_words)
    begin = len(pieces[0]) if len(pieces) > num_words else 0
    starts = [match.start() for match in _STEP.finditer(source, begin)]
    return starts[-num_words] if num_words <= len(starts) else 0
