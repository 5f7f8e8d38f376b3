"""From a segment's source to tokens for a request, and from a hypothesis back to text."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from translator.engine.request import Hypothesis
from translator.policy.base import TargetWord
from translator.session.events import AlignedRange
from translator.text.case import capitals, sentence_case
from translator.text.detokenizer import TargetText, detokenize
from translator.text.tokens import EncodedText, Tokenizer
from translator.text.words import UNSPACED, count_words, strip_final_punctuation, word_ends

__all__ = ["Context", "ModelSource", "TargetHypothesis", "without_controls"]

# Control characters mean nothing to a model; a space instead keeps all positions as they are.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")

# Not before a mark that stands alone: it belongs to the word before.
_WORD_START = re.compile(rf"(?<!\S)[^\w\s]*\w|[{UNSPACED}]")
_UNSPACED = re.compile(f"[{UNSPACED}]")
# A word that is longer may have been cut in two.
_MAX_WORD_LENGTH = 50
# Beyond all source.
_FAR = 1 << 30


def without_controls(text: str) -> str:
    """Replace each control character with a space, so that all positions stay valid."""
    return _CONTROL.sub(" ", text)


@dataclass(frozen=True, slots=True)
class Context:
    """The end of the segment before, if its sentence goes on in this one.

    Attributes:
        source: The last words of its source.
        target: The tokens that were committed for them.
    """

    source: str = ""
    target: tuple[int, ...] = ()

    def before(self, text: str) -> "Context":
        """The source as put before ``text``: with a space between, where the script has spaces."""
        last = self.source[-1:]
        if not last or last.isspace() or _UNSPACED.match(last) or _UNSPACED.match(text):
            return self
        return replace(self, source=self.source + " ")


@dataclass(frozen=True, slots=True)
class ModelSource:
    """Source text in the form that a model gets.

    Attributes:
        text: The text, stripped, with spaces for control characters.
        offset: Code points of white space before it in the segment.
        encoded: The tokens of context and text, with where each comes from.
        context: Text put before it, from the segment before.
        truncated: Whether the model's length limit cut it.
    """

    text: str
    offset: int
    encoded: EncodedText
    context: str = ""
    truncated: bool = False

    @classmethod
    def encode(
        cls,
        tokenizer: Tokenizer,
        text: str,
        max_tokens: int,
        context: str = "",
        *,
        is_open: bool = False,
        capitals_of: str = "",
    ) -> "ModelSource":
        """Tokenize ``text`` after its ``context``, for a model that takes ``max_tokens`` at most.

        ``is_open`` tells a model that understands it that more source is to come. With
        ``capitals_of``, its language, text in capitals is turned into a sentence first.
        """
        if capitals_of:
            whole = sentence_case(context + text, capitals_of)
            context, text = whole[: len(context)], whole[len(context) :]
        clean = without_controls(text)
        stripped = clean.strip()
        offset = len(clean) - len(clean.lstrip())
        context = without_controls(context).lstrip()
        encoded = tokenizer.encode_source(context + stripped)
        if is_open and tokenizer.open_id is not None:
            encoded = replace(encoded, tokens=(*encoded.tokens[:-1], tokenizer.open_id))
        if len(encoded.tokens) <= max_tokens:
            return cls(stripped, offset, encoded, context)
        kept = EncodedText(
            (*encoded.tokens[: max_tokens - 1], encoded.tokens[-1]),
            (*encoded.spans[: max_tokens - 1], encoded.spans[-1]),
        )
        return cls(stripped, offset, kept, context, truncated=True)

    def ranges_of(self, tokens: Sequence[int]) -> list[tuple[int, int] | None]:
        """For each source token the range ``[start, end)`` of the segment it comes from, or None.

        White space before a word is left out. The end of sentence and the context have no range.
        """
        whole = self.context + self.text
        first = len(self.context)
        shift = self.offset - first
        ranges: list[tuple[int, int] | None] = []
        for token in tokens:
            start, end = self.encoded.spans[token]
            start = max(start, first)
            while start < end and whole[start].isspace():
                start += 1
            ranges.append((shift + start, shift + end) if start < end else None)
        return ranges

    def is_context(self, token: int) -> bool:
        """Whether a source token comes from the context."""
        start, end = self.encoded.spans[token]
        return start < end <= len(self.context)

    def word_starts(self) -> list[int]:
        """Where the words of the source begin in the segment."""
        return [self.offset + match.start() for match in _WORD_START.finditer(self.text)]


class TargetHypothesis:
    """The text of a hypothesis, and where in the source each part of it comes from.

    Args:
        tokenizer: The tokenizer of the pair.
        source: What was translated.
        hypothesis: The decoder's output.
        capitals_of: The target's BCP-47 code if its text is put into capitals.
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        source: ModelSource,
        hypothesis: Hypothesis,
        capitals_of: str = "",
    ) -> None:
        self.source = source
        self.tokens = hypothesis.tokens
        self._hypothesis = hypothesis
        self._start = len(tokenizer.target_start)
        self._target: TargetText = detokenize(tokenizer, hypothesis.tokens)
        if capitals_of:
            text = capitals(self._target.text, capitals_of)
            self._target = replace(self._target, text=text)
        # Where in the source each token comes from.
        self._ranges = source.ranges_of(hypothesis.alignment)

    @property
    def text(self) -> str:
        return self._target.text

    @property
    def biased(self) -> bool:
        """Whether the draft bias kept a word that the model would not have chosen."""
        return self._hypothesis.biased

    @property
    def is_truncated(self) -> bool:
        """Whether the length limit ended it."""
        return self._hypothesis.truncated

    def num_tokens_at(self, length: int) -> int | None:
        """How many tokens make up the first ``length`` code points; None inside a token."""
        return self._target.num_tokens_at(length)

    def _num_tokens_before(self, length: int) -> int:
        """Like ``num_tokens_at``, without a language token, which belongs to no word."""
        return self.num_tokens_at(length) or self._start

    def words(self, start: int) -> list[TargetWord]:
        """The words after the first ``start`` code points that end where a token ends."""
        words: list[TargetWord] = []
        first = self._num_tokens_before(start)
        for end in word_ends(self.text, start):
            last = self.num_tokens_at(end)
            if last is None:
                continue
            covered = self._source_end(first, last)
            log_probability = sum(self._hypothesis.log_probabilities[first:last])
            words.append(TargetWord(end, covered, log_probability))
            first = last
        return words

    def _source_end(self, first: int, last: int) -> int | None:
        """The end of ``source_range``; 0 for tokens that come from the context alone."""
        covered = self.source_range(first, last)
        if covered is not None:
            return covered[1]
        aligned = self._hypothesis.alignment[first:last]
        return 0 if any(self.source.is_context(token) for token in aligned) else None

    def source_range(self, first: int, last: int) -> tuple[int, int] | None:
        """The range of the segment's source that target tokens ``[first, last)`` come from."""
        found = [known for known in self._ranges[first:last] if known is not None]
        if not found:
            return None
        return min(found)[0], max(end for _, end in found)

    def alignments(self, start: int, end: int) -> tuple[AlignedRange, ...]:
        """An alignment for each word of the text between two token ends."""
        aligned: list[AlignedRange] = []
        for word_end in word_ends(self.text[:end], start):
            last = self.num_tokens_at(word_end)
            if last is None or self.num_tokens_at(start) is None:
                continue
            first = self._num_tokens_before(start)
            found = self.source_range(first, last)
            if found is not None:
                word = self.text[start:word_end]
                begin = start + len(word) - len(word.lstrip())
                aligned.append(AlignedRange(*found, begin, word_end))
            start = word_end
        return tuple(aligned)

    def partings(self, first: int, last: int) -> dict[int, int]:
        """Find the places where source and target can be cut together.

        Such a place is the beginning of a source word for which some target tokens come only from
        source before it, and all tokens after those only from source after it.

        Args:
            first: How many tokens have to be before the cut, such as those that are committed.
            last: How many tokens to look at.

        Returns:
            The number of target tokens before each place; places are code points of the segment.
        """
        ranges = [
            known if any(map(str.isalnum, self._piece(index))) else None
            for index, known in enumerate(self._ranges[:last])
        ]
        reached = list(accumulate((r[1] if r else 0 for r in ranges), max, initial=0))
        begins = (r[0] if r else _FAR for r in reversed(ranges))
        ahead = list(accumulate(begins, min, initial=_FAR))[::-1]
        starts = self.source.word_starts()
        places: dict[int, int] = {}
        for end in word_ends(self.text):
            index = self.num_tokens_at(end)
            if index is None or not first <= index <= len(ranges):
                continue
            if reached[index] > 0 and ahead[index] < _FAR:
                near = bisect_left(starts, reached[index])
                far = bisect_right(starts, ahead[index])
                places |= dict.fromkeys(starts[near:far], index)
        return places

    def _piece(self, index: int) -> str:
        ends = self._target.token_ends
        return self.text[ends[index - 1] if index else 0 : ends[index]]

    def has_mark_at(self, index: int) -> bool:
        """Whether the first ``index`` tokens end with a mark, such as a comma."""
        return not self.text[: self._target.token_ends[index - 1]][-1:].isalnum()

    def tail(self, segment: str, last: int, max_words: int) -> Context:
        """The last few words of a segment's source, with their target tokens before ``last``.

        None if source and target cannot be cut there, if a word was cut in two, or if the source
        has a full stop after all, for example after an abbreviation.
        """
        last_word = segment[-_MAX_WORD_LENGTH - 1 :]
        is_cut = len(last_word) > _MAX_WORD_LENGTH and not any(map(str.isspace, last_word))
        if is_cut or strip_final_punctuation(segment) != segment:
            return Context()
        places = {
            start: index
            for start, index in self.partings(0, last).items()
            if count_words(segment[start:]) <= max_words
        }
        if not places:
            return Context()
        start = min(places)
        return Context(segment[start:], self.tokens[places[start] : last])
