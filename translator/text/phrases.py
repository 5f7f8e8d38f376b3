"""Whole utterances with a translation of their own: "Thank you." needs no model.

What people say most often, a small model knows worst: greetings, thanks and single words have
little context, and corpora of web pages hardly have them. A phrase counts only where it is all of a
segment. A "#" in it stands for a number: "Only # left!". Pure text.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from translator.text.case import with_first_capital
from translator.text.rewriting import Edit, rewrite
from translator.text.sentence_form import with_first_small

__all__ = ["MARKS", "NO_PHRASES", "SLOT", "Phrase", "Phrases"]

# Stands for a number.
SLOT = "#"
# No phrase has more numbers, or more code points with all the white space around it.
_MAX_SLOTS = 8
_LONGEST = 1000

MARKS = ".!?…"
_QUESTION = "?"
_FULL_STOP, _COMMA = ".", ","
# What tells sounds and speakers in subtitles, and quotes.
_ENCLOSED = re.compile(r"(?P<open>[\[(*\"“])(?P<inside>[^\[\]()*\"“”]{1,100})(?P<close>[\])*\"”])")
# "10x" has one too.
_NUMBER = re.compile(r"(?<![\w.,#])\d+(?:[.,]\d+)*(?!#|(?!x\b)\w)")


@dataclass(frozen=True, slots=True)
class Phrase:
    """An utterance and its translation.

    Attributes:
        source: As a sentence, with its mark, or as a word.
        target: The same in the other language, with as many "#" in the same order.
    """

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Phrases:
    """Phrases of a language pair, by what they are but for case.

    Attributes:
        exact: Their translations without the mark at the end, by the phrase with it.
        loose: The same by the phrase without it, with its commas and without, each with whether it
            is a question.
        language: The target's BCP-47 code.
        digest: Of all that it was made of, in its order.
    """

    exact: Mapping[str, str] = field(default_factory=dict)
    loose: Mapping[str, tuple[str, bool]] = field(default_factory=dict)
    language: str = ""
    digest: str = ""

    @classmethod
    def of(cls, phrases: Iterable[Phrase], language: str) -> "Phrases":
        """Take phrases; of two that are the same, the first counts."""
        exact: dict[str, str] = {}
        loose: dict[str, tuple[str, bool]] = {}
        plain: dict[str, tuple[str, bool]] = {}
        digest = hashlib.sha256()
        for phrase in phrases:
            digest.update(f"{phrase.source}\t{phrase.target}\n".encode())
            source, mark = _ended(phrase.source)
            target, _ = _ended(phrase.target)
            found = (target, _QUESTION in mark)
            exact.setdefault(_key(source) + mark, target)
            loose.setdefault(_key(source), found)
            # Recognised speech often lacks commas. The other way round they make a difference:
            # "Não, posso." is no "Não posso.".
            plain.setdefault(_key(source.replace(", ", " ")), found)
        return cls(exact, plain | loose, language, digest.hexdigest())

    def find(
        self,
        text: str,
        written: Callable[[str], str] = str,
        kept: Sequence[tuple[int, int]] = (),
    ) -> str | None:
        """The translation of a text that is a phrase, with case and mark of the text; else None.

        "thank you" and "Thank you!" are the phrase "Thank you.", unless they are phrases of their
        own. A question is one only with its mark or without any.

        Args:
            text: A segment.
            written: How the target writes a number of the text.
            kept: Ranges of the text that stand in the place of numbers, and stay as they are.
        """
        if not self.loose or len(text) > _LONGEST:
            return None
        enclosed = _ENCLOSED.fullmatch(text.strip()) if not kept else None
        if enclosed is not None and (inside := self.find(enclosed["inside"], written)) is not None:
            return f"{enclosed['open']}{inside}{enclosed['close']}"
        found = None if kept else self._find(text)
        if found is not None:
            return found
        slots = [(start, end, text[start:end]) for start, end in kept]
        for number in _NUMBER.finditer(text):
            start, end = number.span()
            if not any(start < last and first < end for first, last in kept):
                slots.append((start, end, written(number[0])))
        if not 0 < len(slots) <= _MAX_SLOTS:
            return None
        slots.sort()
        edits = [Edit(start, end, SLOT) for start, end, _ in slots]
        found = self._find(rewrite(text, edits).text)
        if found is None or found.count(SLOT) != len(slots):
            return None
        parts = found.split(SLOT)
        said = (value + part for (_, _, value), part in zip(slots, parts[1:], strict=True))
        return parts[0] + "".join(said)

    def find_opening(self, phrase: str) -> str | None:
        """The translation of a phrase that goes before a clause, with a comma at its end.

        "Boa noite,", if there is such a phrase, else "Boa noite.".

        Args:
            phrase: It without a mark.
        """
        for mark in (_COMMA, _FULL_STOP):
            found = self.find(phrase + mark)
            if found is not None:
                return found.rstrip(mark) + _COMMA
        return None

    def _find(self, text: str) -> str | None:
        source, mark = _ended(text.strip())
        key = _key(source)
        target = self.exact.get(key + mark)
        if target is None:
            target, is_question = self.loose.get(key, ("", False))
            if not target or (mark and is_question != (_QUESTION in mark)):
                return None
        first = next(filter(str.isalnum, source), "")
        if first.islower():
            target = with_first_small(target, self.language)
        else:
            target = with_first_capital(target, source, self.language)
        return target + mark


NO_PHRASES = Phrases()


def _ended(text: str) -> tuple[str, str]:
    """A text without the marks at its end, and these."""
    said = text.rstrip(MARKS)
    return said.rstrip(), text[len(said) :]


def _key(text: str) -> str:
    return " ".join(text.replace("’", "'").split()).casefold()
