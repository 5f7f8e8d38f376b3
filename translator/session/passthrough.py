"""Targets in the language of the source: the text is passed on, and no model is asked."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from translator.models.info import ModelInfo
from translator.session.events import AlignedRange, Binding
from translator.session.model_source import without_controls
from translator.session.segment import Segment
from translator.text.code_words import DEFAULT_CODE_WORDS
from translator.text.phrases import NO_PHRASES
from translator.text.tokens import EncodedText
from translator.text.words import UNSPACED

__all__ = ["Passage", "pass_through", "passage", "passing_partings", "words_of"]

_NO_MODEL = ModelInfo("", "", (), supports_alignment=True, max_source_tokens=0)
_WORD = re.compile(r"\S+")
# After a word: before white space, or between two characters of a script that is written without.
_WORD_END = re.compile(rf"(?<=\S)(?=\s)|(?<=[{UNSPACED}])(?=[{UNSPACED}])")
# Words at the end of a long segment without a mark that are not committed yet, so that it can
# still be cut before them where another target's translation allows it.
_CUTTABLE_WORDS = 8


class _NoTokenizer:
    """Implements ``Tokenizer`` for a target that has no tokens."""

    eos_id = 0
    open_id = None
    target_start = ()
    knows_sentences = False
    phrases = NO_PHRASES
    code_words = DEFAULT_CODE_WORDS

    def encode_source(self, text: str) -> EncodedText:
        return EncodedText((), ())

    def encode_target(self, text: str) -> tuple[int, ...]:
        return ()

    def piece(self, token: int) -> str:
        return ""

    def writes(self, character: str) -> bool:
        return True


_NO_TOKENIZER = _NoTokenizer()


def pass_through(target: str) -> Binding:
    """The binding of a target whose text is that of the source."""
    return Binding(target, _NO_MODEL, _NO_TOKENIZER)


def words_of(text: str) -> Iterator[AlignedRange]:
    """Each word of a whole text that is its own translation, with where it is in both."""
    return (AlignedRange(*word.span(), *word.span()) for word in _WORD.finditer(text))


@dataclass(frozen=True, slots=True)
class Passage:
    """What to pass on next. Positions and lengths are code points.

    Attributes:
        committed: Text to commit.
        draft: The draft after it.
        source_range: Where the text to commit stands in the segment's source.
        alignments: The same for each of its words.
    """

    committed: str
    draft: str
    source_range: tuple[int, int]
    alignments: tuple[AlignedRange, ...]


def passage(segment: Segment, num_committed: int) -> Passage:
    """What to pass on after the first ``num_committed`` code points of a segment's text.

    A closed segment commits all its text, stripped. An open one commits whole words as they come,
    or nothing while its language may still turn out to be another one. The rest and the tentative
    tail are the draft. Control characters count as white space, and are sent as spaces.
    """
    source = without_controls(segment.committed)
    begins = _begin(source)
    start = min(begins + num_committed, len(source))
    end = max(start, len(source.rstrip()) if segment.closed else _stable(segment, source))
    tail = without_controls(segment.tentative)
    draft = "" if segment.closed else (source[end:] + tail).rstrip()
    if end == begins:
        draft = draft.lstrip()
    return Passage(
        source[start:end],
        draft,
        (start, end),
        tuple(
            AlignedRange(m.start(), m.end(), m.start() - begins, m.end() - begins)
            for m in _WORD.finditer(source, start, end)
        ),
    )


def passing_partings(segment: Segment, num_committed: int) -> dict[int, bool]:
    """Where an open segment may be cut, and whether a mark is there; see ``Track.partings``."""
    source = without_controls(segment.committed)
    first = _begin(source) + num_committed
    return {
        m.start(): not source[: m.start()].rstrip()[-1:].isalnum()
        for m in _WORD.finditer(source)
        if m.start() > first
    }


def _begin(source: str) -> int:
    """Code points of white space before the first word, which are not part of the text."""
    return len(source) - len(source.lstrip())


def _stable(segment: Segment, source: str) -> int:
    """Code points of an open segment's source that are whole words and can be committed."""
    if segment.is_undetermined:
        return 0
    ends = [
        m.start()
        for m in _WORD_END.finditer(source)
        # A mark that combines with the character before it belongs to that.
        if not unicodedata.category(source[m.start()]).startswith("M")
    ]
    is_alone = all(binding.passes for binding in segment.config.bindings)
    is_cuttable = not is_alone and segment.config.segmenter.num_overlong(source) > 0
    kept = _CUTTABLE_WORDS if is_cuttable else 0
    return ends[-1 - kept] if len(ends) > kept else 0
