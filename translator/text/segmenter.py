"""Where a segment ends: with a sentence, at a pause, or at a sensible place when none comes.

How the text was cut into chunks must not matter, so each decision is made from the text before one
fixed place only, and from the silence there: the first letter or digit of a word. A chunk that
brings many words is looked at as if they had come one by one. And a decision is about the place
just passed, never about an earlier one: what lies further back may have been translated and
committed as part of the segment.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from translator.limits import SegmentLimits
from translator.text.sentences import SentenceEnds, last_word_end
from translator.text.words import UNSPACED, count_steps, strip_final_punctuation

__all__ = ["SegmentEnd", "SegmentLimits", "Segmenter", "is_opaque"]

_WORD = re.compile(r"[^\W_]+")
# Scripts without spaces put none after a full stop either.
_UNSPACED_END = re.compile(r"[。！？｡][。！？｡」』）】》〉”’)\]]*")
_CLAUSE_END = re.compile(r"[,;:—–]\s*$")
# What parts a text: a mark before a space, or any of a script without spaces.
_MARK = re.compile(r"[.,;:!?…—–](?=\s)|[。，、；：！？]")
# Silence that ends any segment; one where the next word may begin a sentence; and, from so many
# words on, one of text without punctuation. Measured: docs/segmentation.md.
_LONG_PAUSE_S = 3.0
_PAUSE_S = 1.0
_BARE_PAUSE_S = 0.3
_BARE_PAUSE_WORDS = 8
# A run of this many characters without a space, in a script that uses spaces, is no language.
_MAX_WORD_LENGTH = 100


@dataclass(frozen=True, slots=True)
class SegmentEnd:
    """Where a segment ends.

    Attributes:
        position: Code points before the end.
        in_sentence: Whether a limit ended it, and its sentence goes on.
    """

    position: int
    in_sentence: bool = False


class Segmenter:
    """Finds the end of the first segment of a growing text.

    Args:
        language: BCP-47 code of the text; only its language counts.
        limits: The longest segment.
        find_sentences: False leaves sentence ends to the client; the limits still hold.
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
        """The end of the first segment of ``text``, or None when it is still open.

        It looks at no more of the text than the longest segment has and one word, so that cutting
        a text by calls with growing ``start`` takes time linear in its length.

        Args:
            text: The text since the last segment's end.
            scanned: Code points of it that an earlier call has seen without finding an end.
            pause_before: Seconds of silence before the word that begins at a position.
            start: Code points of ``text`` before the segment; all other positions count from it.
        """
        limit = self.limits.max_length
        # A word is looked at when its first letter is here, as if the text came letter by letter:
        # it is cut before any more of it is seen.
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
        """Whether an open segment's ``text`` is a complete sentence, should nothing follow it.

        It ends with a sentence-end mark, perhaps with closing quotes or an emoji after it; white
        space at its end does not count. An abbreviation, a list number, dots that trail off and a
        mark that introduces what is to come ("Hello. -") end nothing. What comes next may still
        show that it goes on ("It is 3." and "5 metres").
        """
        return self._sentences.is_ended(text)

    def settled_length(self, text: str) -> int:
        """Code points of an open segment's ``text`` that are its own, whatever word comes next.

        Less than all of it where marks stand alone after a complete sentence ("Hello. >> "), or
        may belong to the next word ('Hello. "'): they begin the next segment if a sentence begins
        after them. What is translated beyond this length must not be committed.
        """
        word_end = last_word_end(text)
        place = _word_begin(text, word_end, len(text)) if self._find_sentences else None
        found = None if place is None else self._sentences.find(text, word_end, place, "X")
        return len(text) if found is None else found

    def num_overlong(self, text: str) -> int:
        """How many times ``bare_words`` an open segment has gone on for without a mark.

        Where there seems to be punctuation, half as many times; 0 where the client segments.
        """
        if not self._find_sentences:
            return 0
        mark = max((match.end() for match in _MARK.finditer(text)), default=0)
        factor = 1 if _is_bare(text) else 2
        return count_steps(text[mark:]) // (factor * self.limits.bare_words)

    def split(self, text: str) -> Iterator[tuple[int, int]]:
        """The segments of a whole text as ``(start, end)``, the same as when it comes in pieces."""
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


def is_opaque(text: str) -> bool:
    """Whether ``text`` is one overlong run without spaces, such as a URL or encoded data.

    A model could only make nonsense of it, slowly; it is passed on as it is.
    """
    stripped = text.strip()
    return (
        len(stripped) > _MAX_WORD_LENGTH
        and not re.search(r"\s", stripped)
        and not re.search(f"[{UNSPACED}]", stripped)
    )


def _is_pause(before: str, letter: str, seconds: float) -> bool:
    """Whether a silence between ``before`` and the word with that first ``letter`` ends a segment.

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
    """Whether what stands before a silence is a sentence, or text that has no marks to tell."""
    return strip_final_punctuation(before) != before or _is_bare(before)


def _is_bare(text: str) -> bool:
    """Whether a text seems to have no punctuation: neither a mark nor a capital at its beginning.

    Punctuated speech pauses inside a sentence too, and its sentences end by themselves.
    """
    first = next(filter(str.isalnum, text), "")
    return not first.isupper() and _MARK.search(text) is None


def _word_begin(text: str, former_end: int, first: int) -> int | None:
    """Where the word begins whose first letter is at ``first``, with the marks attached to it.

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
    """A cut inside a word that is longer than a segment may be, not between combined characters."""
    end = limit
    while end > limit // 2 and _is_joined(text[start + end - 1], text[start + end]):
        end -= 1
    return end


def _is_joined(former: str, latter: str) -> bool:
    """Whether two characters are shown as one: with marks, joiners, skin tones."""
    return (
        unicodedata.category(latter).startswith("M")
        or "\u200d" in (former, latter)
        or "\U0001f3fb" <= latter <= "\U0001f3ff"
    )
