"""Finds sentence ends, from the text before a place and the letter that follows it.

The rules and abbreviations of some 240 languages are those of ``sentencex`` (Wikimedia; offsets in
code points, no data to download). This module handles what it gets
wrong in live text: marks that stand alone, brackets and list markers that hide a sentence end,
blank lines, and words that it takes for abbreviations (``abbreviations.py``).
"""

import re
import unicodedata

import sentencex

from translator.text.abbreviations import Dot, dot_after

__all__ = ["SentenceEnds", "last_word_end"]

_BREAK = r"\n\r\x0b\x0c\x1c-\x1e\x85\u2028"
_BLANK_LINE = re.compile(rf"(?>\r\n|[{_BREAK}])(?:[^\S{_BREAK}]*)(?>\r\n|[{_BREAK}])|\u2029")
_TOKEN = re.compile(r"\S+")
# Punctuation of other kinds than these may end a sentence, or be part of what ends one.
_NO_END = frozenset(
    ["Ps", "Pe", "Pi", "Pf", "Pd", "Pc", "Sm", "So", "Sk", "Sc", "Cf", "Cc", "Cn", "Co", "Mn", "Me"]
)
_NO_END_MARKS = frozenset("\"'*#&@/\\%•‣·§¶†‡¿¡")
# A mark that stands alone between two sentences and begins with one of these belongs to the second:
# dashes, bullets, arrows, notes, opening brackets and quotes. Any other, such as an emoji or a
# closing quote, belongs to the first.
_INTRODUCING = frozenset(
    "-‐‑‒–—―−<>|*#+=~_•‣⁃∙·◦▪▫■□●○◆◇★☆►▶▸▷➔➜➤→⇒✓✔§¶♩♪♫♬([{“‘«‹„‚¿¡「『（【《〈"
)
# What closes a quotation or interrupts it: a small letter after it goes on with the sentence.
_INTERRUPTING = frozenset(["Pd", "Pe", "Pf", "Pi"])
_REFERENCE = re.compile(r"([.!?]+)(?:\[\w{1,4}\]){1,4}\Z")
_LONGEST_REFERENCE = 32
_MAX_TAIL = 120
_MAX_TOKENS = 4
# Marks that stand alone, which sentencex takes for the markers of a list.
_ALONE = re.compile(r"(?<!\S)[^\w\s.!?…]+(?!\S)")
_WHITE_SPACE = re.compile(r"\s")
# Numbers in brackets are list markers to it too, and it does not know the character of an ellipsis.
_PLAIN = str.maketrans({"(": " ", ")": ",", "…": "..."})

# Where an apostrophe joins two words, as in "l'art".
_ELIDING = ("ca", "fr", "it")


class SentenceEnds:
    """Tells whether a sentence ends between two words.

    Args:
        language: BCP-47, without region.
    """

    def __init__(self, language: str) -> None:
        self._language = language

    def find(self, text: str, word_end: int, begin: int, letter: str) -> int | None:
        """Find where the sentence ends; None if it goes on.

        Args:
            text: The segment up to the next word at least.
            word_end: The end of the last word before.
            begin: Where the next word begins, with the marks attached to it.
            letter: The first letter or digit of the next word.

        Returns:
            ``begin``, or a place before it if marks there stand alone and introduce what follows.
        """
        # A list marker or an empty line is no sentence by itself; the next one takes it along.
        if not any(map(str.isalpha, text[:word_end])):
            return None
        gap = text[word_end:begin]
        if _BLANK_LINE.search(gap) is None and not self._is_end(text[:word_end], gap, letter):
            return None
        cut = begin
        for match in reversed(list(_TOKEN.finditer(gap))):
            if match.start() == 0 or not _introduces(match.group(), text[:word_end]):
                break
            cut = word_end + match.start()
        return cut

    def is_ended(self, text: str) -> bool:
        """Whether ``text`` is a complete sentence; see ``Segmenter.is_ended``."""
        text = text.rstrip()
        word_end = last_word_end(text)
        ending = _ending(text[word_end:])
        if ending.endswith("…") or ending.replace(" ", "").endswith(".."):
            return False
        # What follows a sentence that is complete may begin with a capital.
        return self.find(text, word_end, len(text), "X") == len(text)

    def _is_end(self, words: str, gap: str, letter: str) -> bool:
        """Whether the marks between ``words`` and the next one end a sentence."""
        ending = _first_ending(gap)
        if not ending and gap[:1] == "]":
            reference = _REFERENCE.search(f"{words[-_LONGEST_REFERENCE:]}]")
            if reference is not None:
                ending = reference[1]
                words = words[: len(words) + 1 - len(reference[0])]
                gap = ending + gap[1:]
        # In no language does a sentence end without a mark or with a comma: not worth a call.
        if not ending or ending[-1] in ",，、":
            return False
        if letter.islower() and any(map(_interrupts, gap[len(ending) :])):
            return False
        if ending == ".":
            dot = self._dot_after(words, letter)
            if dot is not Dot.UNKNOWN:
                return dot is Dot.ENDS
        # White space outside ASCII makes sentencex 1.0 panic ("I\u00a0. A").
        plain = _WHITE_SPACE.sub(" ", _ALONE.sub("", _tail(words) + ending).translate(_PLAIN))
        boundaries = sentencex.get_sentence_boundaries(self._language, f"{plain} {letter}")
        return any(len(plain) <= b["end_index"] <= len(plain) + 1 for b in boundaries)

    def _dot_after(self, words: str, letter: str) -> Dot:
        """What the full stop after ``words`` means."""
        last = words.rsplit(maxsplit=_MAX_TOKENS)[-_MAX_TOKENS:]
        former, word = ["", "", *(token for token in last if any(map(str.isalnum, token)))][-2:]
        if _is_rate(word) and not letter.islower():
            return Dot.ENDS
        marks = "/-'’" if self._language in _ELIDING else "/-"
        for mark in marks:
            word = word.rsplit(mark, 1)[-1]
        begin = next((i for i, c in enumerate(word) if c.isalnum() or c == "°"), 0)
        capitals = words.isupper()
        return dot_after(self._language, word[begin:], former, letter, capitals=capitals)


def _is_rate(word: str) -> bool:
    """Whether a word is a unit by a unit, as in "160km/h", "m/s" and "$5/kg"; not "and/or"."""
    before, slash, unit = word.rpartition("/")
    is_short = sum(map(str.isalpha, before)) <= 2
    return slash != "" and is_short and 1 <= len(unit) <= 2 and unit.isalpha() and unit.islower()


def _tail(words: str) -> str:
    """The last words of a segment: enough to judge its end, so that each look stays cheap."""
    return words if len(words) <= _MAX_TAIL else words[-_MAX_TAIL:].split(maxsplit=1)[-1]


def last_word_end(text: str) -> int:
    """Code points up to and including the last letter or digit."""
    end = len(text)
    while end and not text[end - 1].isalnum():
        end -= 1
    return end


def _ending(gap: str) -> str:
    """The marks between two words, up to the last one that may end a sentence."""
    end = len(gap)
    while end and not _may_end(gap[end - 1]):
        end -= 1
    return gap[:end]


def _first_ending(gap: str) -> str:
    """Like ``_ending``, without dots that trail off after a sentence end ("Yes. … No")."""
    ending = _ending(gap)
    attached = _ending(ending.split(maxsplit=1)[0]) if ending and not ending[0].isspace() else ""
    ending = attached or ending
    return ending.rstrip("…") or ending


def _may_end(mark: str) -> bool:
    return not (mark.isspace() or mark in _NO_END_MARKS or unicodedata.category(mark) in _NO_END)


def _interrupts(mark: str) -> bool:
    return mark in "\"'" or unicodedata.category(mark) in _INTERRUPTING


def _introduces(token: str, before: str) -> bool:
    """Whether a mark that stands alone belongs to the sentence after it."""
    if token[0] in "♩♪♫♬":
        # Songs have one before and one after.
        return before.count(token[0]) % 2 == 0
    return token[0] in _INTRODUCING
