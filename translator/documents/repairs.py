"""Asks again for a segment whose translation lacks something: a code word, a term, a number.

A code word that was left out is forced where it belongs, and the rest decoded anew, and so is a
term's form. What is missing otherwise, such as a number, goes behind a code word; so do terms whose
form the model went astray after, if it then does better.
"""

from collections.abc import Sequence

from translator.documents.astray import Said, continued, says_more, went_astray
from translator.documents.text_segment import TextSegment, overlaps
from translator.engine.request import Hypothesis
from translator.session.events import Binding
from translator.session.hypothesis import TargetHypothesis
from translator.session.model_source import ModelSource
from translator.session.terms import as_verbatim
from translator.terms.check import form_for
from translator.terms.match import Match
from translator.text.agreement import agreeing
from translator.text.integrity import IssueKind
from translator.text.number_format import number_as_written_in
from translator.text.protection import Verbatim

__all__ = ["REPAIR_ROUNDS", "Repairs"]

# How often to try to mend a segment.
REPAIR_ROUNDS = 5
# What stands behind a code word is not translated, and so not lost.
_MASKABLE = (IssueKind.NUMBER, IssueKind.CURRENCY)


class Repairs:
    """The repairs of one segment in one leg.

    Args:
        segment: The segment, once the model has answered for it.
        binding: The leg's model and tokenizer.
        is_pivoted: Whether it is one of two legs. Terms are then code words already.
    """

    def __init__(self, segment: TextSegment, binding: Binding, *, is_pivoted: bool) -> None:
        self._segment = segment
        self._binding = binding
        self._is_pivoted = is_pivoted
        self._num_asked = 0
        # What was asked about last, where that is another source than the segment's.
        self._asked: ModelSource | None = None
        # What the model said before a term was forced; and what after one that it went astray from,
        # until that was compared with code words.
        self._unforced: Said | None = None
        self._astray: Said | None = None
        self._was_astray = False

    def ask(self) -> tuple[ModelSource, tuple[int, ...]] | None:
        """Source and target prefix that may mend it; None: it would lack nothing more."""
        segment, tokenizer = self._segment, self._binding.tokenizer
        source, target = segment.source, segment.target
        assert source is not None  # noqa: S101
        self._asked = None
        lost = segment.lost_terms(target)
        self._num_asked += 1
        is_last = self._num_asked == REPAIR_ROUNDS
        is_astray = self._astray is not None
        if target.missing and not is_astray:
            mask, num_before = target.missing[0]
            code = tokenizer.encode_target(mask.code)
            return source, (*(target.tokens[:num_before] or tokenizer.target_start), *code)
        forced = None if is_last or is_astray else self._forced_term(lost, target)
        if forced is not None:
            if self._unforced is None:
                assert segment.hypothesis is not None  # noqa: S101
                self._unforced = Said.of(target, segment.hypothesis, len(tokenizer.target_start))
            return source, forced
        self._asked = self._masked(source, target, lost, always=is_astray)
        return None if self._asked is None else (self._asked, segment.prefix_of(self._asked))

    def _masked(
        self,
        source: ModelSource,
        target: TargetHypothesis,
        lost: Sequence[Match],
        *,
        always: bool,
    ) -> ModelSource | None:
        """The source with what a translation lacks behind code words; None where nothing is new.

        Lost terms and numbers go there, and if there are any, or ``always``, the terms that were
        forced, which would be lost again.
        """
        segment = self._segment
        # Between two legs terms are code words already.
        matches = () if self._is_pivoted else segment.matches
        spoken = source.spoken_figures()
        parts = [
            Verbatim(
                source.offset + issue.start,
                source.offset + issue.end,
                self._figures(spoken.get((issue.start, issue.end)), source.language),
            )
            for issue in segment.issues_of(target)
            if issue.kind in _MASKABLE
        ]
        forced = segment.forced if lost or always or parts else set()
        terms = [match for match in matches if match in lost or match.start in forced]
        parts += as_verbatim(segment.text, terms, self._binding.target)
        parts = [part for part in parts if not overlaps(part, source.verbatim)]
        return segment.encoded(sorted([*source.verbatim, *parts])) if parts else None

    def _figures(self, spoken: str | None, language: str) -> str | None:
        """The figures of a spoken number, as the target writes them."""
        if spoken is None:
            return None
        return number_as_written_in(spoken, language, self._binding.target)

    def _forced_term(
        self, lost: Sequence[Match], target: TargetHypothesis
    ) -> tuple[int, ...] | None:
        """A target prefix that ends with the form of the first lost term that was not forced yet.

        None if there is none, or no word of the translation comes from it, or it is all of the
        segment: it will be a code word.
        """
        tried, text = self._segment.forced, self._segment.text
        for match in lost:
            number = target.num_tokens_before(match.start, match.end)
            if match.start in tried or number is None or not match.term.forms or self._is_pivoted:
                continue
            if not any(map(str.isalnum, text[: match.start] + text[match.end :])):
                # Nothing is left for the model to say.
                continue
            tried.add(match.start)
            form = form_for(match, target.text_before(number), self._binding.target)
            before = self._before_form(target, number, form)
            return (*before, *self._binding.tokenizer.encode_target(form))
        return None

    def _before_form(self, target: TargetHypothesis, number: int, form: str) -> tuple[int, ...]:
        """The first tokens of a translation, the last words of which agree with a form after it."""
        kept, agreed = agreeing(target.text_before(number), form, self._binding.target)
        if agreed:
            for first in range(number - 1, -1, -1):
                if target.text_before(first) == kept.rstrip():
                    encoded = self._binding.tokenizer.encode_target(agreed)
                    return (*target.tokens[:first], *encoded)
        return target.tokens[:number]

    def take(self, hypothesis: Hypothesis, num_prefix: int) -> bool:
        """Take the answer, if it is better than what was there. Says whether it is.

        Args:
            hypothesis: The answer.
            num_prefix: Tokens of the target prefix that it was asked with.
        """
        segment, former, source = self._segment, self._segment.hypothesis, self._asked
        assert former is not None  # noqa: S101
        self._asked = None
        before = segment.num_lacking(segment.target)
        target = segment.target_of(hypothesis, source)
        lacking = segment.num_lacking(target)
        is_better = lacking < before
        if self._unforced is not None:
            if source is None:
                hypothesis = continued(hypothesis, former, num_prefix)
            said = Said.of(target, hypothesis, num_prefix)
            if self._astray is not None:
                is_better = lacking <= before and says_more(said, self._astray, self._unforced)
                self._astray = None
            elif (
                is_better
                and source is None
                and not self._was_astray
                and went_astray(self._unforced, said, segment.matches)
            ):
                self._astray, self._was_astray = said, True
        if is_better:
            segment.source = source or segment.source
            segment.take(hypothesis)
        return is_better
