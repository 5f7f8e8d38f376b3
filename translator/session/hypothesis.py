"""From a segment's source to a request's tokens, and from its hypothesis back to text."""

import re
from dataclasses import dataclass

from translator.engine.request import Hypothesis
from translator.models.base import EncodedText, Tokenizer
from translator.policy.base import TargetWord
from translator.session.events import AlignedRange
from translator.text.detokenizer import TargetText, detokenize
from translator.text.words import word_ends

__all__ = ["ModelSource", "TargetHypothesis"]

# Control characters mean nothing to a model; a space instead keeps all positions as they are.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class ModelSource:
    """Source text as a model is given it.

    Attributes:
        text: The text, control characters as spaces, without the white space around it.
        offset: Code points of white space before it in the segment.
        encoded: Its tokens and where each comes from.
        truncated: Whether the model's length limit cut it.
    """

    text: str
    offset: int
    encoded: EncodedText
    truncated: bool = False

    @classmethod
    def encode(cls, tokenizer: Tokenizer, text: str, max_tokens: int) -> "ModelSource":
        """Tokens of ``text`` for a model that takes at most ``max_tokens``."""
        clean = _CONTROL.sub(" ", text)
        stripped = clean.strip()
        offset = len(clean) - len(clean.lstrip())
        encoded = tokenizer.encode_source(stripped)
        if len(encoded.tokens) <= max_tokens:
            return cls(stripped, offset, encoded)
        kept = EncodedText(
            (*encoded.tokens[: max_tokens - 1], encoded.tokens[-1]),
            (*encoded.spans[: max_tokens - 1], encoded.spans[-1]),
        )
        return cls(stripped, offset, kept, truncated=True)

    def range_of(self, token: int) -> tuple[int, int] | None:
        """Code points ``[start, end)`` of the segment that a source token comes from, or None.

        White space before a word is left out; the end of sentence comes from nowhere.
        """
        start, end = self.encoded.spans[token]
        surface = self.text[start:end]
        start += len(surface) - len(surface.lstrip())
        return (self.offset + start, self.offset + end) if start < end else None


class TargetHypothesis:
    """A hypothesis as text, and where in the source each part of it comes from."""

    def __init__(self, tokenizer: Tokenizer, source: ModelSource, hypothesis: Hypothesis) -> None:
        self.source = source
        self.tokens = hypothesis.tokens
        self._hypothesis = hypothesis
        self._target: TargetText = detokenize(tokenizer, hypothesis.tokens)

    @property
    def text(self) -> str:
        """The whole text."""
        return self._target.text

    @property
    def biased(self) -> bool:
        """Whether it holds what the model, asked without a bias, would not have said."""
        return self._hypothesis.biased

    def num_tokens_at(self, length: int) -> int | None:
        """Tokens of the first ``length`` code points, or None when that is inside a token."""
        return self._target.num_tokens_at(length)

    def words(self, start: int) -> list[TargetWord]:
        """The words after the first ``start`` code points that end where a token ends."""
        ends = [e for e in word_ends(self.text, start) if self.num_tokens_at(e) is not None]
        words: list[TargetWord] = []
        first = self.num_tokens_at(start) or 0
        for end in ends:
            last = self.num_tokens_at(end) or 0
            covered = self.source_range(first, last)
            log_probability = sum(self._hypothesis.log_probabilities[first:last])
            words.append(TargetWord(end, covered and covered[1], log_probability))
            first = last
        return words

    def source_range(self, first: int, last: int) -> tuple[int, int] | None:
        """Code points of the segment's source that target tokens ``[first, last)`` come from."""
        ranges = [
            found
            for token in self._hypothesis.alignment[first:last]
            if (found := self.source.range_of(token)) is not None
        ]
        if not ranges:
            return None
        return min(start for start, _ in ranges), max(end for _, end in ranges)

    def alignments(self, start: int, end: int) -> tuple[AlignedRange, ...]:
        """For each word of the text between two token ends, where it comes from."""
        aligned: list[AlignedRange] = []
        for word_end in word_ends(self.text[:end], start):
            first, last = self.num_tokens_at(start), self.num_tokens_at(word_end)
            if first is None or last is None:
                continue
            found = self.source_range(first, last)
            if found is not None:
                word = self.text[start:word_end]
                begin = start + len(word) - len(word.lstrip())
                aligned.append(AlignedRange(*found, begin, word_end))
            start = word_end
        return tuple(aligned)
