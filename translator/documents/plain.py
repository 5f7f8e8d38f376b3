"""A whole text, translated at once: the same segments as a stream, without its policies."""

from collections.abc import Collection, Iterator, Sequence

from translator.documents.alternatives import Branch, Score, branches, same_text
from translator.documents.lines import parts
from translator.documents.repairs import Repairs
from translator.documents.template import (
    Directive,
    DirectiveKind,
    Directives,
    find_directives,
    mask,
)
from translator.documents.text_segment import TextSegment, overlaps
from translator.engine.request import Hypothesis, Outcome, Priority, Request
from translator.session.events import AlignedRange, Binding
from translator.session.hypothesis import known_phrase
from translator.session.model_source import ModelSource, without_controls
from translator.session.prices import prices
from translator.session.terms import as_verbatim, find_terms
from translator.terms.check import TermUse
from translator.terms.glossary import Glossary
from translator.text.case import is_capitals
from translator.text.integrity import Issue
from translator.text.number_format import copied
from translator.text.protection import Verbatim
from translator.text.segmenter import Segmenter

__all__ = ["TextTranslation"]

# A longer directive stands for no word: it parts the text, as one that steers it does.
_MAX_INLINE_LENGTH = 100

# Branches for each alternative that is wanted, since some lead to what is there already.
# Measured: docs/protocol.md, Alternatives.
_BRANCHES_EACH = 2


class TextTranslation:
    """Splits a text into segments and puts their translations together with its own white space.

    First the requests of ``ask`` are to be answered, and then those of each ``go_on``; after each
    come ``REPAIR_ROUNDS`` of ``repairs``. Where alternatives are wanted, ``branch_requests`` are
    the last round. Whatever a long text makes long is an iterator, each step of which is about one
    segment: others may have their turn between.

    Args:
        key: Names its requests in the engine, together with the segment's number.
        binding: Model and tokenizer.
        segmenter: Finds the segments.
        text: What to translate.
        num_alternatives: Further translations wanted.
        preserve_lines: Whether line breaks, tabs and runs of spaces are borders and stay.
        glossary: Terms and how they are to be translated.
        is_pivoted: Whether the text goes through two legs. Terms are then code words in both.
        verbatim: Parts of the text that no model is to touch, in order.
        templates: Template syntaxes in it; see ``template.find_directives``.
        priority: Of its requests in the engine.
    """

    def __init__(
        self,
        key: str,
        binding: Binding,
        segmenter: Segmenter,
        text: str,
        num_alternatives: int = 0,
        *,
        preserve_lines: bool = True,
        glossary: Glossary | None = None,
        is_pivoted: bool = False,
        verbatim: Sequence[Verbatim] = (),
        templates: Collection[str] = (),
        priority: Priority = Priority.UNARY,
    ) -> None:
        self._key = key
        self._priority = priority
        self._glossary = glossary
        self._is_pivoted = is_pivoted
        self._templates = templates
        self._directives = find_directives(text, templates)
        self._verbatim = sorted([*verbatim, *_inline(text, self._directives)])
        self._preserve_lines = preserve_lines
        self._text = text
        self._num_alternatives = num_alternatives
        self._segmenter = segmenter
        self._segments: list[TextSegment] = []
        self._begin(binding)

    def _begin(self, binding: Binding) -> None:
        """Begin a leg."""
        self._binding = binding
        # By the number of the segment, those that a repair may still mend.
        self._repairs: dict[int, Repairs] = {}
        self._branches: list[Branch] = []
        # By the number of the branch.
        self._branched: dict[int, Hypothesis] = {}

    def ask(self) -> Iterator[Request | None]:
        """For each segment its request, or None where there is nothing to translate."""
        language = self._segmenter.language

        def are_capitals(text: str) -> bool:
            return is_capitals(text, language)

        # What a directive says neither ends a line nor a sentence.
        said = mask(self._text, self._directives)
        for start, end, is_text in self._parts(said):
            if not is_text:
                self._add(start, end, is_text=False)
                yield None
                continue
            for first, last in self._segmenter.split(said[start:end]):
                segment = self._add(start + first, start + last)
                segment.begin(self._binding, language, are_capitals)
                yield self._ask(segment)

    def _add(self, start: int, end: int, *, is_text: bool = True) -> TextSegment:
        segment = TextSegment(
            len(self._segments),
            start,
            self._text[start:end],
            is_pivoted=self._is_pivoted,
            is_text=is_text,
        )
        self._segments.append(segment)
        return segment

    def _parts(self, said: str) -> Iterator[tuple[int, int, bool]]:
        """As ``lines.parts``; what parts the text is no text either."""
        borders = [each for each in self._directives if not _is_inline(self._text, each)]
        for first, last, kind in Directives(borders).split(0, len(said)):
            if kind is not None:
                yield first, last, False
                continue
            for start, end, is_text in parts(said[first:last], lines=self._preserve_lines):
                yield first + start, first + end, is_text

    def go_on(self, binding: Binding) -> Iterator[Request | None]:
        """Translate what the segments have become once more: the second of two legs.

        Call once all outcomes have been taken; else as ``ask``.
        """
        self._begin(binding)
        for segment in self._segments:
            if segment.hypothesis is not None:
                segment.begin(binding, self._segmenter.language)
                yield self._ask(segment)

    def _ask(self, segment: TextSegment) -> Request | None:
        given = self._given(segment)
        languages = None if self._is_pivoted else (self._segmenter.language, self._binding.target)
        priced = prices(segment.text, [*given, *segment.matches], languages)
        source = segment.encoded(sorted([*given, *priced]))
        # A term that is all of a segment still becomes its form.
        has_terms = any(part.text is not None for part in given)
        if source.protected is None or not (source.protected.has_words or has_terms):
            if not (given or self._is_pivoted):
                segment.passed = copied(
                    segment.passed, self._segmenter.language, self._binding.target
                )
            return None
        segment.ask(source)
        if not segment.matches:
            phrase = known_phrase(self._binding.tokenizer, source)
            if phrase is not None:
                segment.take(phrase)
                return None
        return self._request(
            str(segment.index),
            segment.index,
            segment,
            source,
            segment.prefix_of(source),
            runners_up=self._num_alternatives > 0,
        )

    def _given(self, segment: TextSegment) -> list[Verbatim]:
        """What of a segment no model is to touch, but for what the text itself says."""
        given = self._given_in(segment)
        if self._glossary is None:
            return given
        is_second = segment.first is not None
        glossary = self._glossary.kept if is_second else self._glossary
        in_capitals = segment.are_capitals(segment.text)
        found = find_terms(glossary, self._binding.tokenizer, segment.text, capitals=in_capitals)
        free = [match for match in found.matches if not overlaps(match, given)]
        if not is_second:
            segment.matches = tuple(free)
        if self._is_pivoted:
            given = sorted([*given, *as_verbatim(segment.text, free, self._binding.target)])
        return given

    def _given_in(self, segment: TextSegment) -> list[Verbatim]:
        """What the caller wants no model to touch of a segment; in a second leg, directives."""
        if segment.first is not None:
            return list(_inline(segment.text, find_directives(segment.text, self._templates)))
        start, end = segment.start, segment.end
        return [
            Verbatim(part.start - start, part.end - start, part.text)
            for part in self._verbatim
            if start <= part.start and part.end <= end
        ]

    def _request(
        self,
        name: str,
        version: int,
        segment: TextSegment,
        source: ModelSource,
        target_prefix: tuple[int, ...],
        *,
        scored: bool = False,
        runners_up: bool = False,
    ) -> Request:
        return Request(
            key=(self._key, name),
            version=version,
            model=self._binding.model.name,
            source=source.encoded.tokens,
            second_source=source.second_tokens,
            second_lead=source.second_lead,
            target_prefix=target_prefix,
            priority=self._priority,
            # Where a term may be forced, what follows is compared.
            scored=scored or (bool(segment.matches) and not self._is_pivoted),
            runners_up=runners_up,
        )

    def repairs(self) -> Iterator[Request | None]:
        """For each segment whose translation lacks something a request that may mend it."""
        for index, repairs in sorted(self._repairs.items()):
            asked = repairs.ask()
            if asked is None:
                # Asked for again, it would lack nothing more.
                del self._repairs[index]
                yield None
                continue
            yield self._request(
                f"repair-{index}",
                index,
                self._segments[index],
                *asked,
                runners_up=self._num_alternatives > 0,
            )

    def accept_repair(self, outcome: Outcome) -> None:
        """Take the outcome of one of ``repairs``, if it is better than what was there.

        Raises:
            TranslatorError: The request failed.
        """
        index, hypothesis = outcome.request.version, _hypothesis(outcome)
        if self._repairs[index].take(hypothesis, len(outcome.request.target_prefix)):
            self._branches = [branch for branch in self._branches if branch.segment != index]
            self._branch(self._segments[index])

    def accept(self, outcome: Outcome) -> None:
        """Take the outcome of one of the requests.

        Raises:
            TranslatorError: The request failed, so the text cannot be translated.
        """
        segment = self._segments[outcome.request.version]
        segment.take(_hypothesis(outcome))
        repairs = Repairs(segment, self._binding, is_pivoted=self._is_pivoted)
        self._repairs[segment.index] = repairs
        self._branch(segment)

    def _branch(self, segment: TextSegment) -> None:
        """Note where the hypothesis of a segment could have gone another way."""
        limit = _BRANCHES_EACH * self._num_alternatives
        if limit and segment.hypothesis is not None:
            eos_id = self._binding.tokenizer.eos_id
            self._branches = branches(
                segment.index, segment.hypothesis, eos_id, limit, self._branches
            )

    def branch_requests(self) -> list[Request]:
        """What alternatives need, once all requests are answered."""
        found = []
        for number, branch in enumerate(self._branches):
            segment = self._segments[branch.segment]
            assert segment.source is not None  # noqa: S101
            found.append(
                self._request(
                    f"branch-{number}", number, segment, segment.source, branch.prefix, scored=True
                )
            )
        return found

    def accept_branch(self, outcome: Outcome) -> None:
        """Take the outcome of one of the branches.

        Raises:
            TranslatorError: The request failed.
        """
        hypothesis = _hypothesis(outcome)
        # Where the length limit ended it, it may go round in circles.
        if not hypothesis.truncated:
            self._branched[outcome.request.version] = hypothesis

    def result(self, *, alignments: bool) -> tuple[str, list[AlignedRange]]:
        """The translated text and, if asked for, where each word comes from."""
        pieces = list(self.pieces(alignments=alignments))
        return "".join(text for text, _ in pieces), [a for _, each in pieces for a in each]

    def pieces(self, *, alignments: bool) -> Iterator[tuple[str, list[AlignedRange]]]:
        """``result`` segment by segment; what one says of places is about the whole texts."""
        length = 0
        for segment in self._segments:
            lead, target, tail = segment.piece
            aligned: list[AlignedRange] = []
            if alignments and segment.is_translated:
                start, base = segment.start, length + len(lead)
                aligned = [
                    AlignedRange(
                        start + a.source_start,
                        start + a.source_end,
                        base + a.target_start,
                        base + a.target_end,
                    )
                    for a in segment.alignments()
                ]
            piece = lead + target + tail
            length += len(piece)
            yield piece, aligned

    def issues(self) -> Iterator[Issue]:
        """What of the text is not in its translation; places are code points of the text."""
        for segment in self._segments:
            yield from segment.issues()

    def terms(self) -> Iterator[TermUse]:
        """What became of each term of the glossary; places are code points of the whole texts."""
        if self._glossary is None:
            return
        length = 0
        for segment in self._segments:
            yield from segment.terms(self._glossary, length)
            length += sum(map(len, segment.piece))

    def alternatives(self) -> Iterator[str]:
        """At most as many further translations as are wanted, the most probable first.

        Each is the text with one segment in other words. How probable it is, is the mean over the
        tokens of the whole text. What differs from one before in white space, case or final
        punctuation only is left out. Of two legs only the second has alternatives.
        """
        if not self._branched:
            return
        scores = {
            segment.index: Score.of(segment.hypothesis)
            for segment in self._segments
            if segment.hypothesis is not None
        }
        whole = sum(scores.values(), Score(0.0, 0))

        def mean(number: int) -> float:
            branch = self._branches[number]
            own = Score.of(self._branched[number], branch.log_probability)
            return (whole - scores[branch.segment] + own).mean

        seen = {(b.segment, same_text(self._segments[b.segment].said)) for b in self._branches}
        num_found = 0
        for number in sorted(sorted(self._branched), key=mean, reverse=True):
            segment = self._branches[number].segment
            target = self._segments[segment].target_of(self._branched[number]).text
            known = (segment, same_text(target))
            if num_found < self._num_alternatives and known not in seen:
                seen.add(known)
                num_found += 1
                yield self._with(segment, target)

    def _with(self, segment: int, target: str) -> str:
        """The translated text with another target for a segment."""
        pieces = [part for each in self._segments for part in each.piece]
        pieces[3 * segment + 1] = target
        return "".join(pieces)


def _is_inline(text: str, each: Directive) -> bool:
    """Whether a directive of a text stands for words, which are in a line."""
    said = text[each.start : each.end]
    is_short = len(said) <= _MAX_INLINE_LENGTH and said == without_controls(said)
    return each.kind is DirectiveKind.INLINE and is_short


def _inline(text: str, directives: Sequence[Directive]) -> Iterator[Verbatim]:
    return (Verbatim(each.start, each.end) for each in directives if _is_inline(text, each))


def _hypothesis(outcome: Outcome) -> Hypothesis:
    if outcome.hypothesis is None:
        assert outcome.error is not None  # noqa: S101
        raise outcome.error
    return outcome.hypothesis
