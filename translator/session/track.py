"""One target of a session: what it has committed, and what it asks the engine for."""

from collections.abc import Iterator
from dataclasses import replace

from translator.engine.request import (
    Hypothesis,
    Outcome,
    Priority,
    Request,
    RequestKey,
    RequestTiming,
)
from translator.policy.base import Policy
from translator.session.asking import ask, spelled
from translator.session.contexts import Contexts
from translator.session.deciding import decide
from translator.session.events import AlignedRange, Binding, ResumedTarget, TargetEvent
from translator.session.filed import Filed, Wanted
from translator.session.hypothesis import TargetHypothesis, known_phrase
from translator.session.model_source import without_controls
from translator.session.passthrough import passage, passing_partings
from translator.session.question import Answer
from translator.session.report import TargetFigures
from translator.session.segment import Segment
from translator.session.segment_text import NO_CHANGE, Change, SegmentText
from translator.session.wants import Wants
from translator.text.number_format import copied
from translator.text.protection import protect

__all__ = ["Track"]

# Words of the segment before that the model is given with the rest of its sentence.
_MAX_CONTEXT_WORDS = 10
_NO_TIME = RequestTiming()
# In tokens; the committed text of a segment has half as many at most.
_LONG_PREFIX = 512


class Track:
    """Translates one segment after the other for one target.

    While a segment has tentative source, its committed source is translated by itself whenever it
    has grown, since only that may commit; then both together, for the draft.

    Args:
        key: Names this target's requests in the engine.
        binding: Model and tokenizer.
        next_segment_id: The segment that it begins with.
        versions: Numbers its requests.
        figures: What it adds its figures to.
        resumed: Where that segment broke off, or None.
    """

    def __init__(
        self,
        key: RequestKey,
        binding: Binding,
        next_segment_id: int,
        versions: Iterator[int],
        figures: TargetFigures,
        resumed: ResumedTarget | None = None,
    ) -> None:
        self.key = key
        self.binding = binding
        self.next_segment_id = next_segment_id
        self.segment: Segment | None = None
        self.figures = figures
        self._policy: Policy | None = None
        self._text = SegmentText()
        # Whether what the segment before showed of this one is still to be told.
        self._carries = False
        self._policy_of: object = None
        self.resumed = resumed
        self._versions = versions
        self._filed: dict[int, Filed] = {}
        self._contexts = Contexts()
        # Whether this segment's source is in capitals, and that of the one before was.
        self._in_capitals = self._former_in_capitals = False
        self._reset()

    def _reset(self) -> None:
        self._text.begin()
        self._committed_tokens: tuple[int, ...] = self.binding.tokenizer.target_start
        self._draft_tokens: tuple[int, ...] = ()
        # What was asked for last; and the last answer for committed source.
        self._wanted: Wanted | None = None
        self._answer: tuple[Answer, TargetHypothesis] | None = None
        self._wants = Wants()
        self._filed.clear()

    def begin(self, segment: Segment, binding: Binding) -> None:
        """Take up the next segment, under the configuration it began with."""
        if binding != self.binding:
            self._contexts.forget()
        self._contexts.begin(segment)
        self._former_in_capitals, self._in_capitals = self._in_capitals, False
        self.segment = segment
        self.binding = binding
        if self._policy is None or self._policy_of is not segment.config:
            self._policy = (binding.policy or segment.config.policy).build()
            self._policy_of = segment.config
        self._policy.start_segment()
        self._carries = self._policy.steadies_drafts
        self._reset()
        if self.resumed is not None and self.resumed.target_committed:
            self._text.committed = self.resumed.target_committed
            self._committed_tokens += spelled(self._text.committed, segment, binding)
            self.figures.resume(segment.id, self._text.committed)
        self.resumed = None

    # Asking

    def advance(self) -> TargetEvent | Request | None:
        """Go on as the present source calls for.

        Returns:
            The event where no decoding is needed: there is nothing to translate, or the engine has
            answered the very question before. Otherwise the request that is to be filed, or None
            where it has been filed already or nothing is wanted.
        """
        segment = self.segment
        if segment is None or self._policy is None:
            return None
        if self.binding.passes:
            return self._pass_on(segment)
        if not segment.closed and segment.is_blank and not segment.tentative.strip():
            # The tentative text that the draft came from was taken back.
            return self._cleared(segment) if self._text.draft else None
        if segment.closed and not self._text.committed and self._passes_through(segment.committed):
            return self._pass_through(segment)
        carries, self._carries = self._carries, False
        if carries and self._text.shows_ahead and segment.tentative and segment.config.drafts:
            event = self._cleared(segment)
            if event is not None:
                return event
        wanted = self._wants.next(segment, (self.binding.policy or segment.config.policy).build)
        if wanted is None or wanted == self._wanted:
            return None
        if not segment.closed and not self._policy.translates_open_segments:
            return None
        filed = ask(
            segment,
            wanted,
            self.binding,
            self._policy,
            contexts=self._contexts,
            committed_tokens=self._committed_tokens,
            former_in_capitals=self._former_in_capitals,
        )
        if not wanted.is_tail:
            self._in_capitals = filed.in_capitals
        # What the model gets tells most texts with words; the others are looked at again.
        has_words = filed.source.has_words and not filed.source.context
        if not segment.closed and not has_words:
            protected = protect(wanted.text, self.binding.tokenizer.writes)
            if not protected.has_words:
                return self._show(segment, wanted, protected.visible)
        self._wanted = wanted
        hypothesis = self._known(segment, filed)
        if hypothesis is not None:
            # Whatever the engine still says of an earlier question is no news.
            self._filed.clear()
            event = self._take(segment, filed, hypothesis, _NO_TIME)
            # Nothing new to tell, but perhaps more to ask: the tentative tail.
            return event if event is not None else self.advance()
        version = next(self._versions)
        self._filed[version] = filed
        return self._request(version, filed)

    def _request(self, version: int, filed: Filed) -> Request:
        question = filed.question
        # All streams wait while it is read. Only a client that made it up resumes with so much.
        is_long = len(question.target_prefix) > _LONG_PREFIX
        return Request(
            key=self.key,
            version=version,
            model=self.binding.model.name,
            source=question.source,
            second_source=question.second_source,
            second_lead=question.second_lead,
            target_prefix=question.target_prefix,
            draft=self._draft_after(question.target_prefix) if not filed.wanted.is_tail else (),
            draft_bias=question.draft_bias,
            priority=Priority.LARGE if is_long else Priority.LIVE,
            scored=is_long,
        )

    def _draft_after(self, prefix: tuple[int, ...]) -> tuple[int, ...]:
        """The tokens of the draft that go on after a target prefix."""
        first = len(self._contexts.before(self._committed_tokens, self._num_start_tokens))
        opening = prefix[first:]
        draft = self._draft_tokens
        return draft[len(opening) :] if draft[: len(opening)] == opening else ()

    def _known(self, segment: Segment, filed: Filed) -> Hypothesis | None:
        """The answer to a question that the engine need not be asked, if there is one."""
        begins = not (segment.continues or self._text.committed)
        if filed.wanted.is_whole and begins:
            phrase = known_phrase(self.binding.tokenizer, filed.source)
            if phrase is not None:
                return phrase
        if self._answer is not None and self._answer[0].answers(filed.question):
            return self._answer[0].hypothesis
        return None

    @property
    def _num_start_tokens(self) -> int:
        return len(self.binding.tokenizer.target_start)

    def _passes_through(self, text: str) -> bool:
        """Whether there is nothing to translate in a text."""
        return not protect(text, self.binding.tokenizer.writes).has_words

    def _show(self, segment: Segment, wanted: Wanted, visible: str) -> TargetEvent | None:
        """Show an open segment of numbers as it is; other signs are shown with what follows."""
        if self._text.committed or not any(map(str.isdigit, visible)):
            return None
        change = Change("", without_controls(wanted.text).strip(), None, 0, ())
        return self._event(segment, Filed.unasked(segment, wanted), change)

    def _pass_through(self, segment: Segment) -> TargetEvent | None:
        """Close a segment that there is nothing to translate in with its own text.

        A first leg may have made nothing of its source; a segment that is the client's has words.
        """
        clean = without_controls(segment.committed)
        text = clean.strip()
        start = clean.index(text)
        end = start + len(text)
        whole = (AlignedRange(start, end, 0, len(text)),)
        alignments = whole if text and self._aligns(segment) else ()
        if not self.binding.pivoted:
            language = segment.config.segmenter.language
            text = copied(text, language, self.binding.target)
        change = Change(text, "", (start, end), end, alignments)
        wanted = Wanted(segment.committed, is_committed=True, is_complete=True, is_whole=True)
        return self._event(segment, Filed.unasked(segment, wanted), change)

    # Answering

    def accept(self, outcome: Outcome) -> TargetEvent | None:
        """Take the engine's outcome.

        Raises:
            TranslatorError: The request failed with it.
        """
        filed = self._filed.get(outcome.request.version)
        self._filed.clear()
        # What was asked for meanwhile was dropped if this request ran: it is to be asked for again.
        self._wanted = filed.wanted if filed is not None else None
        if outcome.error is not None:
            raise outcome.error
        # Also when the segment was closed without it, and it answers nothing any more.
        self.figures.decoded(outcome.timing)
        if filed is None or self.segment is None or outcome.hypothesis is None:
            return None
        if self.segment.closed and not self.segment.committed.startswith(filed.text.rstrip()):
            # The segment was cut back since: what this says of the rest is not to be shown.
            return None
        return self._take(self.segment, filed, outcome.hypothesis, outcome.timing)

    def _take(
        self, segment: Segment, filed: Filed, hypothesis: Hypothesis, timing: RequestTiming
    ) -> TargetEvent | None:
        """Take the hypothesis that answers a question."""
        is_first_leg = self.binding is segment.config.pivot
        capitals_of = self.binding.target if filed.in_capitals and not is_first_leg else ""
        if filed.wanted.is_tail:
            if segment.closed:
                return None
            target = TargetHypothesis(
                self.binding.tokenizer,
                filed.source,
                hypothesis,
                capitals_of,
                language=self.binding.target,
                variety=self.binding.variety,
            )
            self._wants.take_tail(filed.wanted, target)
            change = replace(NO_CHANGE, draft=self._text.head_draft)
            return self._event(segment, filed, change, timing)
        target = TargetHypothesis(
            self.binding.tokenizer,
            filed.source,
            self._contexts.without(hypothesis, self._num_start_tokens),
            capitals_of,
            committed=self._text.committed,
            num_committed=len(self._committed_tokens),
            is_complete=filed.is_complete,
            language=self.binding.target,
            variety=self.binding.variety,
            begins=not segment.continues,
        )
        self._wants.take(filed.wanted)
        if filed.is_committed:
            self._answer = Answer(filed.question, hypothesis), target
        return self._apply(segment, filed, target, timing)

    def _pass_on(self, segment: Segment) -> TargetEvent | None:
        """The event that tells what passes through as it is; None where there is nothing new."""
        passed = passage(segment, len(self._text.committed))
        if not (segment.closed or passed.committed or passed.draft or self._text.draft):
            return None
        filed = Filed.nothing(segment, is_complete=segment.closed)
        alignments = passed.alignments if self._aligns(segment) else ()
        covered = passed.source_range[1]
        change = Change(passed.committed, passed.draft, passed.source_range, covered, alignments)
        return self._event(segment, filed, change)

    def _apply(
        self,
        segment: Segment,
        filed: Filed,
        hypothesis: TargetHypothesis,
        timing: RequestTiming,
    ) -> TargetEvent | None:
        """Let the policy decide on a hypothesis, and do it."""
        if self._policy is None:
            raise AssertionError("a track decides only after begin()")
        known = len(self._text.committed)
        decision = decide(
            self._policy,
            segment,
            filed,
            hypothesis,
            known,
            aligns=self.binding.model.supports_alignment,
        )
        committed = hypothesis.text[known : decision.committed_length]
        first = len(self._committed_tokens)
        if decision.committed_length == len(hypothesis.text):
            last = len(hypothesis.tokens)
        else:
            last = max(first, hypothesis.num_tokens_at(decision.committed_length) or 0)
        if filed.is_complete and segment.in_sentence:
            context = hypothesis.tail(filed.text, last, _MAX_CONTEXT_WORDS)
            self._contexts.end(segment.speaker, context)
        if filed.is_before_draft(segment):
            former = self._text.head_draft
            draft = former[len(committed) :]
            if not former.startswith(committed):
                # It does not go on from there: it is asked for again.
                draft = ""
                self._wants.ask_head_again()
        else:
            draft = hypothesis.text[decision.committed_length : decision.shown_length]
        change = Change(
            committed,
            draft,
            hypothesis.source_range(first, last) if committed else None,
            (hypothesis.source_range(0, last) or (0, 0))[1],
            hypothesis.alignments(known, decision.committed_length)
            if self._aligns(segment)
            else (),
        )
        former_tokens = self._committed_tokens + self._draft_tokens
        self._committed_tokens = hypothesis.tokens[:last]
        self._draft_tokens = hypothesis.tokens[last:]
        if filed.is_before_draft(segment) and former_tokens[:last] == self._committed_tokens:
            self._draft_tokens = former_tokens[last:]
        return self._event(segment, filed, change, timing)

    def _aligns(self, segment: Segment) -> bool:
        """Whether events say where their text comes from: to a client, or to a second leg."""
        return segment.config.alignments or self.binding is segment.config.pivot

    def partings(self, segment: Segment) -> dict[int, bool]:
        """Where an open segment may be cut: source and target part, and nothing after is committed.

        Returns:
            Positions in the segment's source, each with whether the target has a mark there; none
            where the last hypothesis is not of this segment's committed source.
        """
        if self.segment is segment and self.binding.passes:
            return passing_partings(segment, len(self._text.committed))
        if self.segment is not segment or self._answer is None:
            return {}
        _, hypothesis = self._answer
        if not segment.committed.startswith(self._wants.answered):
            return {}
        places = hypothesis.partings(len(self._committed_tokens), len(hypothesis.tokens))
        return {start: hypothesis.has_mark_at(index) for start, index in places.items()}

    def _cleared(self, segment: Segment) -> TargetEvent | None:
        """The event that takes the draft back."""
        return self._event(segment, Filed.nothing(segment), NO_CHANGE)

    def _event(
        self, segment: Segment, filed: Filed, change: Change, timing: RequestTiming = _NO_TIME
    ) -> TargetEvent | None:
        """The event that tells a change, or None where there is nothing to tell."""
        event = self._text.event(
            segment,
            filed,
            change,
            timing,
            self.binding,
            self._wants.shown_tail,
            steadies=self._policy is not None and self._policy.steadies_drafts,
        )
        if filed.is_complete:
            self.next_segment_id = segment.id + 1
            self.segment = None
        return event
