"""A whole text, translated at once: the same segments as a stream, without its policies."""

from collections.abc import Callable, Collection, Iterator, Sequence

from translator.documents.alternatives import Branch, Score, branches, same_text
from translator.documents.astray import Said, continued, says_more, went_astray
from translator.documents.lines import parts
from translator.documents.template import (
    Directive,
    DirectiveKind,
    Directives,
    find_directives,
    mask,
)
from translator.engine.request import Hypothesis, Outcome, Priority, Request
from translator.session.events import AlignedRange, Binding
from translator.session.hypothesis import TargetHypothesis, known_phrase
from translator.session.model_source import ModelSource, without_controls
from translator.session.relay import origin
from translator.session.terms import as_verbatim, find_terms
from translator.terms.agreement import agreeing
from translator.terms.check import How, TermUse, form_for, locate
from translator.terms.glossary import Glossary
from translator.terms.match import Match
from translator.text.case import is_capitals
from translator.text.integrity import Issue, IssueKind, find_issues
from translator.text.protection import Verbatim
from translator.text.segmenter import Segmenter

__all__ = ["REPAIR_ROUNDS", "TextTranslation"]

# How often to try to mend a segment.
REPAIR_ROUNDS = 5
# What stands behind a code word is not translated, and so not lost.
_MASKABLE = (IssueKind.NUMBER, IssueKind.CURRENCY)

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
        # The terms of each segment, in code points of its text; and how those that the model did
        # not write came into the result.
        self._matches: dict[int, tuple[Match, ...]] = {}
        self._terms_how: dict[int, dict[int, How]] = {}
        # What the model said of a segment before a term was forced; and what after one that it went
        # astray from, until that was compared with code words. None: it has been.
        self._unforced: dict[int, Said] = {}
        self._astray: dict[int, Said | None] = {}
        self._preserve_lines = preserve_lines
        self._text = text
        self._num_alternatives = num_alternatives
        self._segmenter = segmenter
        self._segments: list[tuple[int, int]] = []
        self._in_capitals: set[int] = set()
        self._first: dict[int, TargetHypothesis] = {}
        # What each segment is in the result.
        self._pieces: dict[int, tuple[str, str, str]] = {}
        self._begin(binding)
        # Of the text itself, also when a second leg has sources of its own.
        self._first_sources = self._sources

    def _begin(self, binding: Binding) -> None:
        self._binding = binding
        # Each segment's text in this leg, and how to tell that it is in capitals.
        self._texts: dict[int, tuple[str, Callable[[str], bool]]] = {}
        self._sources: dict[int, ModelSource] = {}
        self._hypotheses: dict[int, Hypothesis] = {}
        # What has become of each segment, with the source and the hypothesis that it was made of.
        self._legs: dict[int, tuple[ModelSource, Hypothesis, TargetHypothesis]] = {}
        # How many repairs each segment has been asked for.
        self._num_repairs: dict[int, int] = {}
        # Segments that no repair would mend.
        self._settled: set[int] = set()
        # What repairs are asked about, where that is another source.
        self._repaired: dict[int, ModelSource] = {}
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
                index = len(self._segments)
                self._segments.append((start, end))
                self._pieces[index] = "", self._text[start:end], ""
                yield None
                continue
            for first, last in self._segmenter.split(said[start:end]):
                index = len(self._segments)
                self._segments.append((start + first, start + last))
                yield self._ask(index, self._text[start + first : start + last], are_capitals)

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
        tokenizer, sources = self._binding.tokenizer, self._sources
        hypotheses = self._hypotheses
        self._begin(binding)
        for index, hypothesis in sorted(hypotheses.items()):
            # Between the legs nothing is in capitals.
            first = TargetHypothesis(tokenizer, sources[index], hypothesis, is_complete=True)
            self._first[index] = first
            yield self._ask(index, first.text)

    def _ask(
        self, index: int, segment: str, are_capitals: Callable[[str], bool] = lambda _: False
    ) -> Request | None:
        self._texts[index] = segment, are_capitals
        source = self._encoded(index, self._given(index, segment))
        # A term that is all of a segment still becomes its form.
        has_terms = any(part.text is not None for part in source.verbatim)
        if source.protected is None or not (source.protected.has_words or has_terms):
            return None
        self._sources[index] = source
        if source.in_capitals:
            self._in_capitals.add(index)
        if not self._matches.get(index):
            phrase = known_phrase(self._binding.tokenizer, source)
            if phrase is not None:
                self._hypotheses[index] = phrase
                self._sources[index] = source.of(phrase)
                self._settled.add(index)
                return None
        return self._request(
            str(index),
            index,
            index,
            self._binding.tokenizer.target_start,
            runners_up=self._num_alternatives > 0,
        )

    def _given(self, index: int, segment: str) -> list[Verbatim]:
        """What of a segment no model is to touch, but for what the text itself says."""
        given = self._given_in(index)
        if self._glossary is None:
            return given
        is_second = index in self._first
        glossary = self._glossary.kept if is_second else self._glossary
        in_capitals = self._texts[index][1](segment)
        found = find_terms(glossary, self._binding.tokenizer, segment, capitals=in_capitals)
        free = [m for m in found.matches if not _overlaps(m, given)]
        if not is_second:
            self._matches[index] = tuple(free)
        if self._is_pivoted:
            given = sorted([*given, *as_verbatim(segment, free, self._binding.target)])
        return given

    def _given_in(self, index: int) -> list[Verbatim]:
        """What the caller wants no model to touch of a segment; in a second leg, directives."""
        if index in self._first:
            text = self._first[index].text
            return list(_inline(text, find_directives(text, self._templates)))
        start, end = self._segments[index]
        return [
            Verbatim(part.start - start, part.end - start, part.text)
            for part in self._verbatim
            if start <= part.start and part.end <= end
        ]

    def _encoded(self, index: int, verbatim: Sequence[Verbatim] = ()) -> ModelSource:
        segment, are_capitals = self._texts[index]
        return ModelSource.encode(
            self._binding.tokenizer,
            segment,
            self._binding.model.max_source_tokens,
            begins=True,
            ends=True,
            language=self._segmenter.language,
            are_capitals=are_capitals,
            verbatim=verbatim,
        )

    def _request(
        self,
        name: str,
        version: int,
        segment: int,
        target_prefix: tuple[int, ...],
        *,
        scored: bool = False,
        runners_up: bool = False,
    ) -> Request:
        source = self._repaired.get(segment, self._sources[segment])
        return Request(
            key=(self._key, name),
            version=version,
            model=self._binding.model.name,
            source=source.encoded.tokens,
            second_source=source.second_tokens,
            target_prefix=target_prefix,
            priority=self._priority,
            # Where a term may be forced, what follows is compared.
            scored=scored or (bool(self._matches.get(segment)) and not self._is_pivoted),
            runners_up=runners_up,
        )

    def repairs(self) -> Iterator[Request | None]:
        """For each segment whose translation lacks something a request that may mend it.

        A code word that was left out is forced where it belongs, and the rest decoded anew, and so
        is a term's form. What is missing otherwise, such as a number, goes behind a code word; so
        do terms whose form the model went astray after, if it then does better.
        """
        for index in sorted(self._hypotheses.keys() - self._settled):
            request = self._repair(index)
            if request is None:
                # Asked for again, it would lack nothing more.
                self._settled.add(index)
            yield request

    def _repair(self, index: int) -> Request | None:
        source, target = self._sources[index], self._leg(index)
        self._repaired.pop(index, None)
        prefix = self._binding.tokenizer.target_start
        lost = self._lost_terms(index, target)
        self._num_repairs[index] = self._num_repairs.get(index, 0) + 1
        is_last = self._num_repairs[index] == REPAIR_ROUNDS
        is_astray = self._astray.get(index) is not None
        forced = None if is_last or is_astray else self._forced_term(index, lost, target)
        if target.missing and not is_astray:
            mask, num_before = target.missing[0]
            code = self._binding.tokenizer.encode_target(mask.code)
            prefix = (*(target.tokens[:num_before] or prefix), *code)
        elif forced is not None:
            prefix = forced
            if index not in self._unforced:
                num_forced = len(self._binding.tokenizer.target_start)
                self._unforced[index] = Said.of(target, self._hypotheses[index], num_forced)
        else:
            lacking = [issue for issue in _issues(source, target) if issue.kind in _MASKABLE]
            # Between two legs terms are code words already.
            terms = [] if self._is_pivoted else self._with_forced(index, lost, always=is_astray)
            parts = as_verbatim(self._texts[index][0], terms, self._binding.target)
            parts += (
                Verbatim(source.offset + issue.start, source.offset + issue.end)
                for issue in lacking
            )
            parts = [part for part in parts if not _overlaps(part, source.verbatim)]
            if not parts:
                return None
            self._repaired[index] = self._encoded(index, sorted([*source.verbatim, *parts]))
        return self._request(
            f"repair-{index}", index, index, prefix, runners_up=self._num_alternatives > 0
        )

    def _with_forced(self, index: int, lost: Sequence[Match], *, always: bool) -> list[Match]:
        """Lost terms, and if there are any those that were forced, which would be lost again."""
        tried = self._terms_how.get(index, {}) if lost or always else {}
        return [
            match for match in self._matches.get(index, ()) if match in lost or match.start in tried
        ]

    def _lost_terms(self, index: int, target: TargetHypothesis) -> list[Match]:
        """The terms of a segment whose forms its translation lacks; in a first leg, none."""
        matches = self._matches.get(index, ())
        if not matches or (self._is_pivoted and index not in self._first):
            return []
        places = locate(matches, target.text)
        return [match for match, place in zip(matches, places, strict=True) if place is None]

    def _forced_term(
        self, index: int, lost: Sequence[Match], target: TargetHypothesis
    ) -> tuple[int, ...] | None:
        """A target prefix that ends with the form of the first lost term that was not forced yet.

        None if there is none, or no word of the translation comes from it, or it is all of the
        segment: it will be a code word.
        """
        tried = self._terms_how.setdefault(index, {})
        text = self._texts[index][0]
        for match in lost:
            number = target.num_tokens_before(match.start, match.end)
            if match.start in tried or number is None or not match.term.forms or self._is_pivoted:
                continue
            if not any(map(str.isalnum, text[: match.start] + text[match.end :])):
                # Nothing is left for the model to say.
                continue
            tried[match.start] = How.FORCED
            form = form_for(match, target.text_before(number), self._binding.target)
            encode = self._binding.tokenizer.encode_target
            return (*self._before_form(target, number, form), *encode(form))
        return None

    def _before_form(self, target: TargetHypothesis, number: int, form: str) -> tuple[int, ...]:
        """The first tokens of a translation, the last word of which agrees with a form after it."""
        before = target.text_before(number)
        _, _, word = before.rpartition(" ")
        agreed = agreeing(word, form, self._binding.target)
        if agreed != word:
            for first in range(number - 1, -1, -1):
                if target.text_before(first) == before[: -len(word)].rstrip():
                    encoded = self._binding.tokenizer.encode_target(agreed)
                    return (*target.tokens[:first], *encoded)
        return target.tokens[:number]

    def accept_repair(self, outcome: Outcome) -> None:
        """Take the outcome of one of ``repairs``, if it is better than what was there.

        Raises:
            TranslatorError: The request failed.
        """
        index, hypothesis = outcome.request.version, _hypothesis(outcome)
        former = self._sources[index]
        source = self._repaired.pop(index, former)
        before = self._num_lacking(index, self._leg(index))
        self._sources[index] = source
        target = self._target_of(index, hypothesis)
        lacking = self._num_lacking(index, target)
        is_better = lacking < before
        if index in self._unforced:
            num_prefix = len(outcome.request.target_prefix)
            if source is former:
                hypothesis = continued(hypothesis, self._hypotheses[index], num_prefix)
            said = Said.of(target, hypothesis, num_prefix)
            rival = self._astray.get(index)
            if rival is not None:
                is_better = lacking <= before and says_more(said, rival, self._unforced[index])
                self._astray[index] = None
            elif (
                is_better
                and source is former
                and index not in self._astray
                and went_astray(self._unforced[index], said, self._matches[index])
            ):
                self._astray[index] = said
        if is_better:
            self._branches = [branch for branch in self._branches if branch.segment != index]
            self._take(index, hypothesis)
        else:
            self._sources[index] = former

    def _num_lacking(self, index: int, target: TargetHypothesis) -> int:
        lost = len(target.missing) + len(self._lost_terms(index, target))
        return lost + len(_issues(self._sources[index], target))

    def accept(self, outcome: Outcome) -> None:
        """Take the outcome of one of the requests.

        Raises:
            TranslatorError: The request failed, so the text cannot be translated.
        """
        self._take(outcome.request.version, _hypothesis(outcome))

    def _take(self, index: int, hypothesis: Hypothesis) -> None:
        self._hypotheses[index] = hypothesis
        # The form that was chosen is what is asked about further.
        self._sources[index] = self._sources[index].of(hypothesis)
        if limit := _BRANCHES_EACH * self._num_alternatives:
            eos_id = self._binding.tokenizer.eos_id
            self._branches = branches(index, hypothesis, eos_id, limit, self._branches)

    def branch_requests(self) -> list[Request]:
        """What alternatives need, once all requests are answered."""
        return [
            self._request(f"branch-{n}", n, branch.segment, branch.prefix, scored=True)
            for n, branch in enumerate(self._branches)
        ]

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
        for index, (start, _) in enumerate(self._segments):
            lead, target, tail = self._piece(index)
            aligned: list[AlignedRange] = []
            if alignments and (index in self._hypotheses or index in self._first):
                base = length + len(lead)
                aligned = [
                    AlignedRange(
                        start + a.source_start,
                        start + a.source_end,
                        base + a.target_start,
                        base + a.target_end,
                    )
                    for a in self._alignments(index)
                ]
            piece = lead + target + tail
            length += len(piece)
            yield piece, aligned

    def issues(self) -> Iterator[Issue]:
        """What of the text is not in its translation; places are code points of the text."""
        for index, (start, end) in enumerate(self._segments):
            if index in self._hypotheses or index in self._first:
                source = self._first_sources[index]
                for issue in find_issues(_visible(source), self._target(index)):
                    shift = start + source.offset
                    yield Issue(issue.kind, shift + issue.start, min(shift + issue.end, end))

    def terms(self) -> Iterator[TermUse]:
        """What became of each term of the glossary; places are code points of the whole texts."""
        length = 0
        for index, (start, _) in enumerate(self._segments):
            lead, target, tail = self._piece(index)
            matches = self._matches.get(index, ())
            masked = self._first_sources[index].verbatim if index in self._first_sources else ()
            for match, place in zip(matches, locate(matches, target), strict=True):
                how = self._terms_how.get(index, {}).get(match.start, How.ALREADY)
                if any(part.start == match.start for part in masked):
                    how = How.MASKED
                base = length + len(lead)
                assert self._glossary is not None  # noqa: S101
                name, entry = self._glossary.origin(match.entry)
                yield TermUse(
                    entry,
                    start + match.start,
                    start + match.end,
                    How.FAILED if place is None else how,
                    None if place is None else base + place[0],
                    None if place is None else base + place[1],
                    name,
                )
            length += len(lead) + len(target) + len(tail)

    def alternatives(self) -> Iterator[str]:
        """At most as many further translations as are wanted, the most probable first.

        Each is the text with one segment in other words. How probable it is, is the mean over the
        tokens of the whole text. What differs from one before in white space, case or final
        punctuation only is left out. Of two legs only the second has alternatives.
        """
        if not self._branched:
            return
        scores = {i: Score.of(found) for i, found in sorted(self._hypotheses.items())}
        whole = sum(scores.values(), Score(0.0, 0))

        def mean(number: int) -> float:
            branch = self._branches[number]
            own = Score.of(self._branched[number], branch.log_probability)
            return (whole - scores[branch.segment] + own).mean

        seen = {(b.segment, same_text(self._target(b.segment))) for b in self._branches}
        num_found = 0
        for number in sorted(sorted(self._branched), key=mean, reverse=True):
            segment = self._branches[number].segment
            target = self._target_of(segment, self._branched[number]).text
            known = (segment, same_text(target))
            if num_found < self._num_alternatives and known not in seen:
                seen.add(known)
                num_found += 1
                yield self._with(segment, target)

    def _with(self, segment: int, target: str) -> str:
        """The translated text with another target for a segment."""
        pieces = [part for index in range(len(self._segments)) for part in self._piece(index)]
        pieces[3 * segment + 1] = target
        return "".join(pieces)

    def _piece(self, index: int) -> tuple[str, str, str]:
        """A segment's target between its source's own white space."""
        if index not in self._pieces:
            start, end = self._segments[index]
            segment = self._text[start:end]
            stripped = segment.strip()
            lead = segment[: len(segment) - len(segment.lstrip())]
            tail = segment[len(lead) + len(stripped) :]
            self._pieces[index] = lead, self._target(index), tail
        return self._pieces[index]

    def _target(self, index: int) -> str:
        """A segment's target; what cannot be translated is its own."""
        if index in self._hypotheses:
            return self._leg(index).text
        if index in self._first:
            return self._first[index].text
        start, end = self._segments[index]
        return without_controls(self._text[start:end]).strip()

    def _alignments(self, index: int) -> list[AlignedRange]:
        """Where each word of a segment's target comes from in the segment's source."""
        legs = [self._first[index]] if index in self._first else []
        legs += [self._leg(index)] if index in self._hypotheses else []
        first, *second = (list(leg.alignments(0, len(leg.text))) for leg in legs)
        if not second:
            return first
        through = [(a, origin(first, a.source_start, a.source_end)) for a in second[0]]
        return [AlignedRange(*found, a.target_start, a.target_end) for a, found in through if found]

    def _leg(self, index: int) -> TargetHypothesis:
        """What a segment has become in the present leg."""
        source, hypothesis = self._sources[index], self._hypotheses[index]
        known = self._legs.get(index)
        if known is not None and known[0] is source and known[1] is hypothesis:
            return known[2]
        found = self._target_of(index, hypothesis)
        self._legs[index] = source, hypothesis, found
        return found

    def _target_of(self, index: int, hypothesis: Hypothesis) -> TargetHypothesis:
        """A hypothesis of a segment as text, in capitals where the source is."""
        binding = self._binding
        capitals_of = binding.target if index in self._in_capitals else ""
        return TargetHypothesis(
            binding.tokenizer,
            self._sources[index],
            hypothesis,
            capitals_of,
            is_complete=True,
            language=binding.target,
        )


def _visible(source: ModelSource) -> str:
    """The text of a source with spaces for what is behind code words."""
    return source.text if source.protected is None else source.protected.visible


def _issues(source: ModelSource, target: TargetHypothesis) -> list[Issue]:
    return list(find_issues(_visible(source), target.text))


def _is_inline(text: str, each: Directive) -> bool:
    """Whether a directive of a text stands for words, which are in a line."""
    said = text[each.start : each.end]
    is_short = len(said) <= _MAX_INLINE_LENGTH and said == without_controls(said)
    return each.kind is DirectiveKind.INLINE and is_short


def _inline(text: str, directives: Sequence[Directive]) -> Iterator[Verbatim]:
    return (Verbatim(each.start, each.end) for each in directives if _is_inline(text, each))


def _overlaps(part: Verbatim | Match, others: Sequence[Verbatim]) -> bool:
    return any(part.start < other.end and part.end > other.start for other in others)


def _hypothesis(outcome: Outcome) -> Hypothesis:
    if outcome.hypothesis is None:
        assert outcome.error is not None  # noqa: S101
        raise outcome.error
    return outcome.hypothesis
