"""From a segment's source to a request's tokens, and from its hypothesis back to text."""

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
    """``text`` with a space for each control character; all positions stay as they are."""
    return _CONTROL.sub(" ", text)


@dataclass(frozen=True, slots=True)
class Context:
    """The end of the segment before, whose sentence goes on.

    Attributes:
        source: Its source.
        target: The tokens that were committed for it.
    """

    source: str = ""
    target: tuple[int, ...] = ()

    def before(self, text: str) -> "Context":
        """The same, parted by a space from the text that goes on where its script has spaces."""
        last = self.source[-1:]
        if not last or last.isspace() or _UNSPACED.match(last) or _UNSPACED.match(text):
            return self
        return replace(self, source=self.source + " ")


@dataclass(frozen=True, slots=True)
class ModelSource:
    """Source text as a model is given it.

    Attributes:
        text: The text, control characters as spaces, without the white space around it.
        offset: Code points of white space before it in the segment.
        encoded: The tokens of context and text, and where each comes from.
        context: What stands before the text.
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
        """Tokens of ``text``, after ``context``, for a model that takes at most ``max_tokens``.

        With ``is_open`` they tell a model that can be told that more is to come. Text that is in
        capitals throughout is made a sentence of the language that ``capitals_of`` names.
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
        """Code points ``[start, end)`` of the segment that each source token comes from, or None.

        White space before a word is left out; the end of sentence comes from nowhere, and the
        context from no part of the segment.
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
        """Code points of the segment before each of its words."""
        return [self.offset + match.start() for match in _WORD_START.finditer(self.text)]


class TargetHypothesis:
    """A hypothesis as text, and where in the source each part of it comes from.

    Args:
        tokenizer: Of the pair.
        source: What was translated.
        hypothesis: The tokens.
        capitals_of: BCP-47 code of the text's language where it is to be in capitals.
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
        """The whole text."""
        return self._target.text

    @property
    def biased(self) -> bool:
        """Whether it holds what the model, asked without a bias, would not have said."""
        return self._hypothesis.biased

    @property
    def is_truncated(self) -> bool:
        """Whether the length limit ended it."""
        return self._hypothesis.truncated

    def num_tokens_at(self, length: int) -> int | None:
        """Tokens of the first ``length`` code points, or None when that is inside a token."""
        return self._target.num_tokens_at(length)

    def _num_tokens_before(self, length: int) -> int:
        """Tokens of the first ``length`` code points; a language token is part of no word."""
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
        """As of ``source_range``; 0 for what comes from the context alone."""
        covered = self.source_range(first, last)
        if covered is not None:
            return covered[1]
        aligned = self._hypothesis.alignment[first:last]
        return 0 if any(self.source.is_context(token) for token in aligned) else None

    def source_range(self, first: int, last: int) -> tuple[int, int] | None:
        """Code points of the segment's source that target tokens ``[first, last)`` come from."""
        found = [known for known in self._ranges[first:last] if known is not None]
        if not found:
            return None
        return min(found)[0], max(end for _, end in found)

    def alignments(self, start: int, end: int) -> tuple[AlignedRange, ...]:
        """For each word of the text between two token ends, where it comes from."""
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
        """Where source and target part cleanly.

        At the beginning of a source word, when the target up to some token comes only from source
        before it, and the target from there on only from source after it.

        Args:
            first: Tokens that have to be on the near side, as those that are committed.
            last: Tokens to look at.

        Returns:
            For each such place, in code points of the segment, the number of target tokens before.
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
        """Text of a token."""
        ends = self._target.token_ends
        return self.text[ends[index - 1] if index else 0 : ends[index]]

    def has_mark_at(self, index: int) -> bool:
        """Whether the first ``index`` tokens end with a mark, such as a comma."""
        return not self.text[: self._target.token_ends[index - 1]][-1:].isalnum()

    def tail(self, segment: str, last: int, max_words: int) -> Context:
        """The end of a segment's source, in a few words, with the tokens for it before ``last``.

        Nothing where source and target do not part there, where a word has been cut in two, or
        where the source has a full stop after all, as after an abbreviation.
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
