"""From a hypothesis back to text, and to where in the source it comes from."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import accumulate

from translator.engine.request import Hypothesis
from translator.policy.base import TargetWord
from translator.session.events import AlignedRange
from translator.session.model_source import BEYOND, Context, ModelSource
from translator.text.added_note import without_note
from translator.text.agreement import agreeing
from translator.text.case import capitals, with_first_capital
from translator.text.detokenizer import TargetText, detokenize, tokens_saying
from translator.text.misread_numbers import misread_numbers
from translator.text.number_format import number_as_written_in, with_format, with_ordinals
from translator.text.openings import find_opening, translated_opening
from translator.text.optional_endings import with_brackets
from translator.text.phrases import Phrases
from translator.text.protection import Mask, Protected
from translator.text.rewriting import Edit, in_order
from translator.text.sentence_form import FULL_STOP, QUESTION_MARK, as_title, with_first_small
from translator.text.tokens import Tokenizer
from translator.text.varieties import in_variety
from translator.text.vocatives import find_vocative
from translator.text.words import count_words, strip_final_punctuation, word_ends

__all__ = ["TargetHypothesis", "known_phrase"]

# A word that is longer may have been cut in two.
_MAX_WORD_LENGTH = 50
# It has a capital everywhere.
_ENGLISH_I = re.compile(r"I(?!\w)")
# What is behind a code word and stands where a phrase has a number.
_AMOUNT = re.compile(r"(?:[A-Z]{1,3}\$|[^\w\s])?[\s\u00a0]?\d[\d.,]*[\s\u00a0]?[^\w\s]?")


def known_phrase(tokenizer: Tokenizer, source: ModelSource) -> Hypothesis | None:
    """The hypothesis for a source that is a phrase which no model need translate; else None.

    Where its words come from is not known: they are aligned with the source from left to right.
    """
    protected, phrases = source.protected, tokenizer.phrases
    if source.context or protected is None:
        return None
    if not all(map(_AMOUNT.fullmatch, (mask.text for mask in protected.masks))):
        # A term, or what no phrase has.
        return None
    written = partial(number_as_written_in, source=source.language, target=phrases.language)
    text = None if protected.masks else phrases.find(source.text, written)
    if text is None and (protected.masks or protected.reworded):
        text = phrases.find(protected.text, written, protected.code_ranges())
    if text is None and not protected.masks:
        vocative = find_vocative(protected.text, source.language)
        phrase = None if vocative is None else phrases.find(vocative.phrase, written)
        if vocative is not None and phrase is not None:
            text = vocative.with_phrase(phrase, phrases.language)
    if text is None and not protected.masks:
        text = _two_phrases(protected.text, source.language, phrases, written)
    if text is None:
        return None
    said = tokens_saying(tokenizer, text)
    if said is None:
        return None
    tokens = (*tokenizer.target_start, *said)
    last = max(0, len(source.encoded.tokens) - 2)
    alignment = tuple(i * last // max(1, len(tokens) - 1) for i in range(len(tokens)))
    return Hypothesis(tokens, alignment, (0.0,) * len(tokens))


def _two_phrases(
    text: str, language: str, phrases: Phrases, written: Callable[[str], str]
) -> str | None:
    """The translation of a phrase after another one: "Sure, go ahead."; None for other texts."""
    opening = find_opening(text, language).phrase
    first = translated_opening(opening, phrases, language) if opening else None
    rest = text[len(opening) + 1 :].lstrip()
    second = None if first is None else phrases.find(rest, written)
    if second is None:
        return None
    if _ENGLISH_I.match(rest):
        second = with_first_small(second, phrases.language)
    gap = text[len(opening) + 1 : len(text) - len(rest)]
    return f"{first}{gap}{second}"


class TargetHypothesis:
    """The text of a hypothesis, and where in the source each part of it comes from.

    Args:
        tokenizer: The tokenizer of the pair.
        source: What was translated, in one form or two.
        hypothesis: The decoder's output.
        capitals_of: The target's BCP-47 code if its text is put into capitals.
        committed: The text that is committed already. It stays as it is, whatever the source says
            meanwhile of what is protected in it.
        num_committed: How many of the hypothesis's tokens stand for it.
        is_complete: Whether no more source comes; what the model left out is then put in.
        language: The target's BCP-47 code; an article before a term then agrees with its form.
        variety: The BCP-47 code of the variety to write in; see ``varieties.py``.
        begins: Whether a sentence begins here, which then begins with a capital as its source does.
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        source: ModelSource,
        hypothesis: Hypothesis,
        capitals_of: str = "",
        *,
        committed: str = "",
        num_committed: int = 0,
        is_complete: bool = False,
        language: str = "",
        variety: str = "",
        begins: bool = True,
    ) -> None:
        source = source.of(hypothesis)
        self.source = source
        self.tokens = hypothesis.tokens
        self._hypothesis = hypothesis
        self._start = len(tokenizer.target_start)
        target = detokenize(tokenizer, hypothesis.tokens)
        if source.mark:
            target = _without_mark(target)
        visible = source.context + source.text
        target = without_note(target, visible)
        target = in_variety(target, variety, visible, committed, num_committed)
        if source.is_title:
            target = replace(target, text=as_title(target.text, language))
        if capitals_of:
            target = replace(target, text=capitals(target.text, capitals_of))
        # Where in the source each token comes from.
        self._ranges = source.ranges_of(hypothesis.alignment)
        # What the model left out, with the number of tokens before the place where it belongs.
        self.missing: list[tuple[Mask, int]] = []
        if source.protected is not None and source.protected.is_rewritten:
            raw = target
            if is_complete:
                self.missing = [
                    (mask, self._place_for(raw, mask, num_committed))
                    for mask in source.protected.missing(raw.text)
                ]
            target = source.protected.restored(
                raw,
                [(mask, raw.token_ends[n - 1] if n else 0) for mask, n in self.missing],
                partial(agreeing, language=language),
            )
            target = self._with_brackets(target, source.protected, language)
        given = visible if source.protected is None else source.protected.text
        misread = list(misread_numbers(target.text, given, source.language, language))
        if misread:
            target = target.edited(misread)
        said = with_format(target.text, source.visible, source.language, language)
        target = replace(target, text=with_ordinals(said, given))
        if begins and not source.context:
            target = replace(target, text=self._begun(target.text, language))
        if committed:
            target = target.after(committed, num_committed)
        self._target: TargetText = target

    def _with_brackets(self, said: TargetText, source: Protected, language: str) -> TargetText:
        """A translation with endings in brackets where its source has them: "arquivo(s)"."""
        edits: list[Edit] = []
        for start, end in source.optional_plurals():
            shift = self.source.offset - len(self.source.context)
            comes_from = [
                known is not None and known[0] < end + shift and known[1] > start + shift
                for known in self._ranges
            ]
            words = said.words_of(comes_from)
            edits += with_brackets(said.text, words, language)
        return said.edited([*in_order(edits)]) if edits else said

    def _begun(self, text: str, language: str) -> str:
        """A translation that begins as its source does: with a capital, or with a small letter."""
        masks = self.source.protected.masks if self.source.protected is not None else ()
        # What no model has touched, such as an address or a form of the glossary.
        first = [mask for mask in masks if text.startswith(mask.text)]
        if self.source.is_begun:
            return text if first else with_first_small(text, language)
        is_kept = any(not mask.is_form for mask in first)
        return text if is_kept else with_first_capital(text, self.source.text, language)

    def _place_for(self, target: TargetText, mask: Mask, first: int) -> int:
        """How many tokens go before what the model left out: up to the word that comes from the
        last source before it, and ``first`` at least.
        """
        start = mask.start - len(self.source.context) + self.source.offset
        last = first
        for index in range(first, len(self._ranges)):
            known = self._ranges[index]
            if known is not None and known[1] <= start:
                last = index + 1
        while last < len(target.token_ends):
            begin = target.token_ends[last - 1] if last else 0
            if not target.text[begin : begin + 1].isalnum() or not last:
                break
            last += 1
        return last

    def num_tokens_before(self, start: int, end: int) -> int | None:
        """How many tokens there are before the first word that comes from a range of the source.

        None if no word does.
        """
        for index, known in enumerate(self._ranges):
            if known is not None and known[0] < end and known[1] > start:
                while index > self._start and not self._piece(index)[:1].isspace():
                    index -= 1
                return index
        return None

    def text_before(self, num_tokens: int) -> str:
        """The text of the first tokens."""
        return self.text[: self._target.token_ends[num_tokens - 1]] if num_tokens else ""

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
        begins = (r[0] if r else BEYOND for r in reversed(ranges))
        ahead = list(accumulate(begins, min, initial=BEYOND))[::-1]
        starts = self.source.word_starts()
        places: dict[int, int] = {}
        for end in word_ends(self.text):
            index = self.num_tokens_at(end)
            if index is None or not first <= index <= len(ranges):
                continue
            if reached[index] > 0 and ahead[index] < BEYOND:
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

        It is empty if source and target cannot be cut there, if a word was cut in two, or if the
        source has a full stop after all, for example after an abbreviation.
        """
        last_word = segment[-_MAX_WORD_LENGTH - 1 :]
        is_cut = len(last_word) > _MAX_WORD_LENGTH and not any(map(str.isspace, last_word))
        if is_cut or strip_final_punctuation(segment) != segment:
            return Context()
        # Its code words would be others there.
        masks = self.source.protected.masks if self.source.protected else ()
        first = masks[-1].end - len(self.source.context) + self.source.offset if masks else 0
        places = {
            start: index
            for start, index in self.partings(0, last).items()
            if start >= first and count_words(segment[start:]) <= max_words
        }
        if not places:
            return Context()
        start = min(places)
        while last > places[start] and not self._piece(last - 1):
            # The full stop that only the model saw.
            last -= 1
        return Context(segment[start:], self.tokens[places[start] : last])


def _without_mark(target: TargetText) -> TargetText:
    """A target without the mark at its end; its last token ends before it."""
    text = target.text.rstrip()
    if not text.endswith((FULL_STOP, QUESTION_MARK)) or text.endswith(2 * FULL_STOP):
        return target
    text = text[:-1].rstrip()
    return TargetText(text, tuple(min(end, len(text)) for end in target.token_ends))
