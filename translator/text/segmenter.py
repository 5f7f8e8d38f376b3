"""Finds where a segment ends: with a sentence, at a pause, or else at a sensible place.

The result must not depend on how the text was cut into chunks. So each decision is made at the
first letter or digit of a word, and looks only at the text before it and the silence there. A chunk
of many words is treated as if they had come one by one. A decision is only ever about the place
just passed: text further back may already be translated and committed as part of the segment.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from translator.limits import SegmentLimits
from translator.text.borders import separator_at_end
from translator.text.sentences import SentenceEnds, last_word_end
from translator.text.words import count_steps, strip_final_punctuation

__all__ = ["SegmentEnd", "SegmentLimits", "Segmenter"]

_WORD = re.compile(r"[^\W_]+")
# Scripts without spaces put none after a full stop either.
_UNSPACED_END = re.compile(r"[。！？｡][。！？｡」』）】》〉”’)\]]*")
_CLAUSE_END = re.compile(r"[,;:—–]\s*$")
# Marks that divide a text: before a space, or anywhere in a script without spaces.
_MARK = re.compile(r"[.,;:!?…—–](?=\s)|[。，、；：！？]")
# Silence that ends any segment; one where the next word may begin a sentence; and, from so many
# words on, one of text without punctuation. Measured: docs/segmentation.md.
_LONG_PAUSE_S = 3.0
_PAUSE_S = 1.0
_BARE_PAUSE_S = 0.3
_BARE_PAUSE_WORDS = 8


@dataclass(frozen=True, slots=True)
class SegmentEnd:
    """Where a segment ends, and why.

    Attributes:
        position: Code points before the end.
        in_sentence: Whether a limit ended it in the middle of a sentence.
    """

    position: int
    in_sentence: bool = False


class Segmenter:
    """Finds the end of the first segment in a text that grows.

    Args:
        language: BCP-47 code of the text; only its language counts.
        limits: The longest segment.
        find_sentences: If False, the client marks sentence ends; the limits still hold.
    """

    def __init__(
        self, language: str, limits: SegmentLimits | None = None, *, find_sentences: bool = True
    ) -> None:
        self.language = language
        self.limits = limits or SegmentLimits()
        self._find_sentences = find_sentences
        self._sentences = SentenceEnds(language.split("-")[0].lower())

    def find_end(
        self,
        text: str,
        scanned: int = 0,
        pause_before: Callable[[int], float] = lambda _: 0.0,
        *,
        start: int = 0,
    ) -> SegmentEnd | None:
        """Find the end of the first segment of ``text``; None while it is still open.

        It reads no further than the longest segment plus one word, so cutting a whole text by
        calls with growing ``start`` takes linear time.

        Args:
            text: The text since the last segment's end.
            scanned: Code points that an earlier call has searched without finding an end.
            pause_before: Seconds of silence before the word that begins at a position.
            start: Code points of ``text`` before the segment; all other positions count from it.
        """
        limit = self.limits.max_length
        # A word is judged by its first letter, as if the text came letter by letter.
        begin = start + scanned
        word_end: int | None = None
        for match in _WORD.finditer(text, begin, start + limit + 1):
            first = match.start()
            if word_end is None:
                word_end = start + last_word_end(text[start:first])
            place = _word_begin(text, word_end, first)
            former_end, word_end = word_end, match.end()
            if place is None:
                continue
            before = text[start:place]
            if self._find_sentences:
                sign = separator_at_end(before)
                if sign is not None:
                    return SegmentEnd(sign)
                end = self._sentences.find(before, former_end - start, place - start, text[first])
                if end is not None:
                    return SegmentEnd(end)
                if _is_pause(before, text[first], pause_before(place - start)):
                    return SegmentEnd(place - start, in_sentence=not _is_finished(before))
            if self._is_full(before):
                return SegmentEnd(place - start, in_sentence=True)
        if len(text) - start > limit:
            return SegmentEnd(_hard_cut(text, start, limit), in_sentence=True)
        return None

    def is_ended(self, text: str) -> bool:
        """Whether an open segment's ``text`` is a complete sentence if nothing follows it.

        It ends with a sentence-end mark, perhaps with closing quotes or an emoji after it; white
        space at its end does not count. An abbreviation, a list number, dots that trail off and a
        mark that introduces what is to come ("Hello. -") end nothing. What comes next may still
        show that it goes on ("It is 3." and "5 metres").
        """
        return self._sentences.is_ended(text)

    def settled_length(self, text: str) -> int:
        """Code points of an open segment's ``text`` that stay in it, whatever word comes next.

        Less than all of it where marks stand alone after a complete sentence ("Hello. >> "), or
        may belong to the next word ('Hello. "'): they begin the next segment if a sentence begins
        after them. So does a sign that parts items ("Small • "). What is translated beyond this
        length must not be committed.
        """
        if not self._find_sentences:
            return len(text)
        sign = separator_at_end(text)
        if sign is not None:
            return sign
        word_end = last_word_end(text)
        place = _word_begin(text, word_end, len(text))
        found = None if place is None else self._sentences.find(text, word_end, place, "X")
        return len(text) if found is None else found

    def num_overlong(self, text: str) -> int:
        """How many times over an open segment has run for ``bare_words`` without a mark.

        Half of that if the text seems to have punctuation; 0 if the client segments.
        """
        if not self._find_sentences:
            return 0
        mark = max((match.end() for match in _MARK.finditer(text)), default=0)
        factor = 1 if _is_bare(text) else 2
        return count_steps(text[mark:]) // (factor * self.limits.bare_words)

    def split(self, text: str) -> Iterator[tuple[int, int]]:
        """Cut a whole text into segments ``(start, end)``, the same as if it came in pieces."""
        start = 0
        while start < len(text):
            end = self.find_end(text, start=start)
            stop = len(text) if end is None else start + end.position
            yield start, stop
            start = stop

    def _is_full(self, before: str) -> bool:
        """Whether a limit ends the segment after ``before``."""
        num_words = len(before.split())
        limits = self.limits
        if num_words >= limits.max_words:
            return True
        is_long = 4 * num_words >= 3 * limits.max_words or 4 * len(before) >= 3 * limits.max_length
        return is_long and _CLAUSE_END.search(before) is not None


def _is_pause(before: str, letter: str, seconds: float) -> bool:
    """Whether a silence between ``before`` and a word that starts with ``letter`` ends a segment.

    Text that clearly goes on, with neither a mark before nor a capital after, needs a long one:
    people pause inside sentences to think.
    """
    if seconds < _BARE_PAUSE_S or not any(map(str.isalnum, before)):
        return False
    if seconds >= _LONG_PAUSE_S:
        return True
    if _is_bare(before):
        return count_steps(before) >= _BARE_PAUSE_WORDS
    return seconds >= _PAUSE_S and (not letter.islower() or _is_finished(before))


def _is_finished(before: str) -> bool:
    """Whether the text before a silence is a sentence, or has no punctuation to tell by."""
    return strip_final_punctuation(before) != before or _is_bare(before)


def _is_bare(text: str) -> bool:
    """Whether a text seems to have no punctuation: no mark, and no capital at its start.

    Punctuated speech pauses inside a sentence too, and its sentences end by themselves.
    """
    first = next(filter(str.isalnum, text), "")
    return not first.isupper() and _MARK.search(text) is None


def _word_begin(text: str, former_end: int, first: int) -> int | None:
    """Where a word begins, with the marks attached to it; its first letter is at ``first``.

    None inside a word, as after an apostrophe. ``former_end`` is where the letters before end.
    """
    begin = None
    for place in range(first, former_end, -1):
        if text[place - 1].isspace():
            begin = place
            break
    for match in _UNSPACED_END.finditer(text, begin or former_end, first):
        begin = match.end()
    return begin


def _hard_cut(text: str, start: int, limit: int) -> int:
    """Cut inside a word that is longer than a segment may be, but not between joined characters."""
    end = limit
    while end > limit // 2 and _is_joined(text[start + end - 1], text[start + end]):
        end -= 1
    return end


def _is_joined(former: str, latter: str) -> bool:
    """Whether two characters are displayed as one: combining marks, joiners, skin tones."""
    return (
        unicodedata.category(latter).startswith("M")
        or "\u200d" in (former, latter)
        or "\U0001f3fb" <= latter <= "\U0001f3ff"
    )
