"""A segment of a whole text: its source in each leg, what it has become, what of it is missing."""

from collections.abc import Callable, Iterator, Sequence

from translator.engine.request import Hypothesis
from translator.session.events import AlignedRange, Binding
from translator.session.hypothesis import TargetHypothesis
from translator.session.model_source import ModelSource, without_controls
from translator.session.relay import origin
from translator.terms.check import How, TermUse, locate
from translator.terms.glossary import Glossary
from translator.terms.match import Match
from translator.text.integrity import Issue
from translator.text.protection import Verbatim

__all__ = ["TextSegment", "overlaps"]


def overlaps(part: Verbatim | Match, others: Sequence[Verbatim]) -> bool:
    """Whether a part of a text overlaps one of some others."""
    return any(part.start < other.end and part.end > other.start for other in others)


class TextSegment:
    """A segment of a whole text, on its way through one leg or two.

    Args:
        index: Its number in the text.
        start: Where it begins in the text, in code points.
        text: Its source.
        is_pivoted: Whether it goes through two legs.
        is_text: Whether there may be something to translate in it; else it stays as it is.

    Attributes:
        end: Where it ends in the text.
        text: What is translated in the present leg.
        matches: The terms of its source.
        forced: Where those begin whose forms the model was made to write.
        source: What the model gets in the present leg; None where there is nothing to translate.
        hypothesis: What the model said of it, if it has.
        first: What the first of two legs has made of it.
        passed: What becomes of it if there is nothing to translate in it.
    """

    def __init__(
        self, index: int, start: int, text: str, *, is_pivoted: bool = False, is_text: bool = True
    ) -> None:
        self.index = index
        self.start = start
        self.end = start + len(text)
        self.text = self._own = text
        self.matches: tuple[Match, ...] = ()
        self.forced: set[int] = set()
        self.source: ModelSource | None = None
        self.hypothesis: Hypothesis | None = None
        self.first: TargetHypothesis | None = None
        self._first_source: ModelSource | None = None
        self._is_pivoted = is_pivoted
        self._in_capitals = False
        # The target, with the source and the hypothesis that it was made of.
        self._target: tuple[ModelSource | None, Hypothesis, TargetHypothesis] | None = None
        self.passed = without_controls(text).strip()
        self._piece = None if is_text else ("", text, "")

    def begin(
        self, binding: Binding, language: str, are_capitals: Callable[[str], bool] = lambda _: False
    ) -> None:
        """Begin a leg: the first, or a second one, of what the first has made of it.

        Args:
            binding: The leg's model and tokenizer.
            language: BCP-47 code of the text.
            are_capitals: Whether a source is in capitals.
        """
        if self.hypothesis is not None:
            # Between the legs nothing is in capitals.
            self.first = self._as_target(self.hypothesis)
            self._first_source = self.source
            self.text = self.first.text
        self.source = self.hypothesis = None
        self._binding = binding
        self._language = language
        self.are_capitals = are_capitals

    def encoded(self, verbatim: Sequence[Verbatim]) -> ModelSource:
        """Its source for the leg's model, which is not to touch some parts."""
        return ModelSource.encode(
            self._binding.tokenizer,
            self.text,
            self._binding.model.max_source_tokens,
            begins=True,
            ends=True,
            language=self._language,
            are_capitals=self.are_capitals,
            verbatim=verbatim,
        )

    def prefix_of(self, source: ModelSource) -> tuple[int, ...]:
        """The target tokens that the first translation of a source has to begin with."""
        start = self._binding.tokenizer.target_start
        # A term may be part of the opening.
        return start if self.matches else source.after_opening(start, len(start))

    def ask(self, source: ModelSource) -> None:
        """Have this source translated in the present leg."""
        self.source = source
        self._in_capitals |= source.in_capitals

    def take(self, hypothesis: Hypothesis) -> None:
        """Take what the model said of the source."""
        assert self.source is not None  # noqa: S101
        self.hypothesis = hypothesis
        # The form that was chosen is what is asked about further.
        self.source = self.source.of(hypothesis)

    # What it has become

    @property
    def is_translated(self) -> bool:
        """Whether some model has said something of it."""
        return self.hypothesis is not None or self.first is not None

    @property
    def target(self) -> TargetHypothesis:
        """What it has become in the present leg, once a model has answered."""
        source, hypothesis = self.source, self.hypothesis
        assert hypothesis is not None  # noqa: S101
        known = self._target
        if known is None or known[0] is not source or known[1] is not hypothesis:
            known = self._target = source, hypothesis, self.target_of(hypothesis)
        return known[2]

    def target_of(
        self, hypothesis: Hypothesis, source: ModelSource | None = None
    ) -> TargetHypothesis:
        """A hypothesis as text, in capitals where the text's own source is.

        Args:
            hypothesis: The hypothesis.
            source: Of what, if it is not the source of the present leg.
        """
        language = self._binding.target
        capitals_of = language if self._in_capitals else ""
        return self._as_target(hypothesis, source, capitals_of, language, self._binding.variety)

    def _as_target(
        self,
        hypothesis: Hypothesis,
        source: ModelSource | None = None,
        capitals_of: str = "",
        language: str = "",
        variety: str = "",
    ) -> TargetHypothesis:
        source = source or self.source
        assert source is not None  # noqa: S101
        tokenizer = self._binding.tokenizer
        return TargetHypothesis(
            tokenizer,
            source,
            hypothesis,
            capitals_of,
            is_complete=True,
            language=language,
            variety=variety,
        )

    @property
    def said(self) -> str:
        """Its target; what cannot be translated is its own."""
        if self.hypothesis is not None:
            return self.target.text
        if self.first is not None:
            return self.first.text
        return self.passed

    @property
    def piece(self) -> tuple[str, str, str]:
        """Its target between its source's own white space, once all is answered."""
        if self._piece is None:
            stripped = self._own.strip()
            lead = self._own[: len(self._own) - len(self._own.lstrip())]
            tail = self._own[len(lead) + len(stripped) :]
            self._piece = lead, self.said, tail
        return self._piece

    def alignments(self) -> list[AlignedRange]:
        """Where each word of its target comes from in its source."""
        legs = [] if self.first is None else [self.first]
        legs += [] if self.hypothesis is None else [self.target]
        first, *second = (list(leg.alignments(0, len(leg.text))) for leg in legs)
        if not second:
            return first
        through = [(a, origin(first, a.source_start, a.source_end)) for a in second[0]]
        return [AlignedRange(*found, a.target_start, a.target_end) for a, found in through if found]

    # What it lacks

    def num_lacking(self, target: TargetHypothesis) -> int:
        """How much a translation in the present leg lacks: code words, terms, numbers and such."""
        lost = len(target.missing) + len(self.lost_terms(target))
        return lost + len(self.issues_of(target))

    def lost_terms(self, target: TargetHypothesis) -> list[Match]:
        """The terms whose forms a translation lacks; in the first of two legs, none."""
        if not self.matches or (self._is_pivoted and self.first is None):
            return []
        places = locate(self.matches, target.text, self._binding.target)
        return [match for match, place in zip(self.matches, places, strict=True) if place is None]

    @staticmethod
    def issues_of(target: TargetHypothesis) -> list[Issue]:
        """What else of its source a translation lacks; places are code points of that."""
        return list(target.source.issues_in(target.text))

    def issues(self) -> Iterator[Issue]:
        """What of it is not in its target; places are code points of the text."""
        source = self._own_source
        if source is None or not self.is_translated:
            return
        for issue in source.issues_in(self.said):
            shift = self.start + source.offset
            yield Issue(issue.kind, shift + issue.start, min(shift + issue.end, self.end))

    def terms(self, glossary: Glossary, before: int) -> Iterator[TermUse]:
        """What became of each of its terms.

        Args:
            glossary: Has them.
            before: Code points of the whole target before its own.
        """
        if not self.matches:
            return
        lead, target, _ = self.piece
        masked = () if self._own_source is None else self._own_source.verbatim
        places = locate(self.matches, target, self._binding.target)
        for match, place in zip(self.matches, places, strict=True):
            how = How.FORCED if match.start in self.forced else How.ALREADY
            if any(part.start == match.start for part in masked):
                how = How.MASKED
            base = before + len(lead)
            name, entry = glossary.origin(match.entry)
            yield TermUse(
                entry,
                self.start + match.start,
                self.start + match.end,
                How.FAILED if place is None else how,
                None if place is None else base + place[0],
                None if place is None else base + place[1],
                name,
            )

    @property
    def _own_source(self) -> ModelSource | None:
        """The source of the first leg, which is the text's own."""
        return self.source if self.first is None else self._first_source
