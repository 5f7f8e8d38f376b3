"""One target of a session: what it has committed, and what it asks the engine for."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from translator.engine.request import Hypothesis, Outcome, Request, RequestKey, RequestTiming
from translator.policy.base import Decision, Observation, Policy
from translator.policy.steady import SteadyDraft
from translator.session.events import AlignedRange, Binding, ResumedTarget, TargetEvent
from translator.session.hypothesis import (
    Context,
    ModelSource,
    TargetHypothesis,
    without_controls,
)
from translator.session.passthrough import passage, passing_partings
from translator.session.question import Answer, Question
from translator.session.report import TargetFigures
from translator.session.segment import Segment
from translator.session.tail import Tail
from translator.session.terms import as_verbatim, find_terms
from translator.terms.glossary import Glossary
from translator.text.case import sentence_case
from translator.text.integrity import Issue, find_issues
from translator.text.protection import Verbatim, protect
from translator.text.tokens import EncodedText
from translator.text.words import count_steps

__all__ = ["Track"]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What of a segment is to be translated next.

    Attributes:
        text: The source, white space included.
        is_committed: Whether the text has no tentative part.
        is_complete: Whether the segment is closed.
        is_whole: Whether the model is to take the text for whole: the segment is closed, ends with
            its sentence, or rests.
        is_tail: Whether the text is a sentence of the tentative source after the first one.
    """

    text: str
    is_committed: bool
    is_complete: bool
    is_whole: bool
    is_tail: bool = False


@dataclass(frozen=True, slots=True)
class _Filed:
    """What a question was asked for.

    Attributes:
        wanted: What of the segment it reflects.
        source: The same text as the model sees it.
        question: What the engine is asked.
        sequence: The last source update that it reflects.
        num_words: Words of the committed source up to there.
        capitals_of: The target's language where its text is to be in capitals, as the source is.
    """

    wanted: _Wanted
    source: ModelSource
    question: Question
    sequence: int
    num_words: int
    capitals_of: str = ""

    @property
    def text(self) -> str:
        """The segment's source that it reflects, white space included."""
        return self.wanted.text

    @property
    def is_committed(self) -> bool:
        """Whether that has no tentative part."""
        return self.wanted.is_committed

    @property
    def is_complete(self) -> bool:
        """Whether the segment was closed."""
        return self.wanted.is_complete


@dataclass(frozen=True, slots=True)
class _Change:
    """What a hypothesis adds.

    Attributes:
        committed: Text to commit.
        draft: The draft after it.
        source_range: Where the text to commit comes from, in code points of the segment's source.
        covered: Code points of the source that all committed text covers.
        alignments: Where each word of the text to commit comes from.
    """

    committed: str
    draft: str
    source_range: tuple[int, int] | None
    covered: int
    alignments: tuple[AlignedRange, ...]


def _draft_follows(segment: Segment, filed: _Filed) -> bool:
    """Whether committed and tentative source together, which make the draft, are asked for next."""
    return filed.is_committed and segment.config.drafts and bool(segment.tentative)


# Words of the segment before that the model is given with the rest of its sentence.
_MAX_CONTEXT_WORDS = 10
# Speakers whose unfinished sentences are known.
_MAX_CONTEXTS = 8
_NO_SOURCE = ModelSource("", 0, EncodedText((), ()))
_NO_CHANGE = _Change("", "", None, 0, ())
_NO_TIME = RequestTiming()


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
        # What is shown stays calm from one segment to the next; and whether what the one before
        # showed of this one is still to be told.
        self._steady = SteadyDraft()
        self._carries = False
        self._policy_of: object = None
        self.resumed = resumed
        self._versions = versions
        self._filed: dict[int, _Filed] = {}
        # What this segment goes on from; and the ends of the last unfinished sentences, by speaker.
        self._context = Context()
        self._contexts: dict[str, Context] = {}
        # Whether this segment's source is in capitals, and that of the one before was.
        self._in_capitals = self._former_in_capitals = False
        self._reset()

    def _reset(self) -> None:
        self._committed = ""
        self._committed_tokens: tuple[int, ...] = self.binding.tokenizer.target_start
        self._draft_tokens: tuple[int, ...] = ()
        self._covered = 0
        # The draft that was told last, the same without the tail, and the update it reflects.
        self._draft = self._head_draft = ""
        self._told_sequence = 0
        # What was asked for last; and the last answer for committed source, with that source.
        self._wanted: _Wanted | None = None
        self._answer: tuple[Answer, TargetHypothesis] | None = None
        self._answered_text = ""
        self._head_wanted: _Wanted | None = None
        self._tail: Tail | None = None
        self._filed.clear()

    def begin(self, segment: Segment, binding: Binding) -> None:
        """Take up the next segment, under the configuration it began with."""
        if binding != self.binding:
            self._contexts.clear()
        context = self._contexts.pop(segment.speaker, Context())
        text = segment.committed + segment.tentative
        self._context = context.before(text) if segment.continues else Context()
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
            self._go_on_after(self.resumed.target_committed, segment, text)
            self.figures.resume(segment.id, self.resumed.target_committed)
        self.resumed = None

    def _go_on_after(self, committed: str, segment: Segment, source: str) -> None:
        """Start with a target prefix that is known as text only."""
        tokenizer = self.binding.tokenizer
        self._committed = committed
        # As the model would have said it.
        terms: list[Verbatim] = []
        if self._glossary is not None:
            found = find_terms(self._glossary, tokenizer, source)
            terms = as_verbatim(source, found.matches, self.binding.target)
        protected = protect(without_controls(source), tokenizer.writes, terms, tokenizer.code_words)
        said = protected.concealed(committed)
        if segment.is_in_capitals(source, former=False):
            said = sentence_case(said, self.binding.target)
        self._committed_tokens += tokenizer.encode_target(said)

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
            return self._event(segment, self._nothing(segment), _NO_CHANGE) if self._draft else None
        if segment.closed and not self._committed and self._passes_through(segment.committed):
            return self._pass_through(segment)
        carries, self._carries = self._carries, False
        if carries and self._steady.shown and segment.tentative and segment.config.drafts:
            event = self._event(segment, self._nothing(segment), _NO_CHANGE)
            if event is not None:
                return event
        wanted = self._next_wanted(segment)
        if wanted is None or wanted == self._wanted:
            return None
        if not segment.closed and (
            not self._policy.translates_open_segments or self._passes_through(wanted.text)
        ):
            return None
        filed = self._file(segment, wanted, self._policy)
        self._wanted = wanted
        if self._answer is not None and self._answer[0].answers(filed.question):
            answer = self._answer[0]
            # Whatever the engine still says of an earlier question is no news.
            self._filed.clear()
            event = self._take(segment, filed, answer.hypothesis, _NO_TIME)
            # Nothing new to tell, but perhaps more to ask: the tentative tail.
            return event if event is not None else self.advance()
        version = next(self._versions)
        self._filed[version] = filed
        return Request(
            key=self.key,
            version=version,
            model=self.binding.model.name,
            source=filed.question.source,
            target_prefix=filed.question.target_prefix,
            draft=() if wanted.is_tail else self._draft_tokens,
            draft_bias=filed.question.draft_bias,
        )

    def _passes_through(self, text: str) -> bool:
        """Whether there is nothing to translate in a text."""
        return not protect(text, self.binding.tokenizer.writes).has_words

    def _file(self, segment: Segment, wanted: _Wanted, policy: Policy) -> _Filed:
        """The question that asks for what is wanted."""
        pivoted = self.binding.pivoted

        def are_capitals(text: str) -> bool:
            return segment.is_in_capitals(text, former=self._former_in_capitals)

        terms, open_from = self._terms(segment, wanted, are_capitals)
        source = ModelSource.encode(
            self.binding.tokenizer,
            wanted.text,
            self.binding.model.max_source_tokens,
            "" if wanted.is_tail else self._context.source,
            verbatim=terms,
            open_from=open_from,
            is_open=policy.opens_source and not wanted.is_whole,
            language=segment.config.segmenter.language,
            # Between two legs nothing is in capitals.
            are_capitals=(lambda _: False) if pivoted else are_capitals,
        )
        in_capitals = are_capitals(wanted.text) if pivoted else source.in_capitals
        if not wanted.is_tail:
            self._in_capitals = in_capitals
        # A bias shapes drafts only, never what is committed.
        can_commit = segment.closed or (wanted.is_committed and policy.commits_open_segments)
        if wanted.is_tail:
            question = Question(source.encoded.tokens, self.binding.tokenizer.target_start)
        else:
            question = Question(
                source.encoded.tokens,
                self._with_context(self._committed_tokens),
                0.0 if can_commit else policy.draft_bias,
            )
        is_first_leg = self.binding is segment.config.pivot
        capitals_of = self.binding.target if in_capitals and not is_first_leg else ""
        return _Filed(wanted, source, question, segment.sequence, segment.num_words, capitals_of)

    @property
    def _glossary(self) -> Glossary | None:
        """The terms of the source. Of a second leg, the first has written the forms into it."""
        glossary = self.binding.glossary
        return glossary.kept if glossary is not None and self.binding.pivoted else glossary

    def _terms(
        self, segment: Segment, wanted: _Wanted, are_capitals: Callable[[str], bool]
    ) -> tuple[list[Verbatim], int | None]:
        """The terms in the source, and from where on another may still begin."""
        if self._glossary is None:
            return [], None
        found = find_terms(
            self._glossary,
            self.binding.tokenizer,
            wanted.text,
            capitals=are_capitals(wanted.text),
            grows=wanted.is_committed and not wanted.is_complete,
        )
        return as_verbatim(wanted.text, found.matches, self.binding.target), found.open_from

    @staticmethod
    def _nothing(segment: Segment, *, is_complete: bool = False) -> _Filed:
        wanted = _Wanted("", is_committed=False, is_complete=is_complete, is_whole=is_complete)
        return _Filed(wanted, _NO_SOURCE, Question((), ()), segment.sequence, segment.num_words)

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
        change = _Change(text, "", (start, end), end, alignments)
        wanted = _Wanted(segment.committed, is_committed=True, is_complete=True, is_whole=True)
        filed = _Filed(wanted, _NO_SOURCE, Question((), ()), segment.sequence, segment.num_words)
        return self._event(segment, filed, change)

    def _with_context(self, tokens: tuple[int, ...]) -> tuple[int, ...]:
        first = len(self.binding.tokenizer.target_start)
        return tokens[:first] + self._context.target + tokens[first:]

    def _without_context(self, hypothesis: Hypothesis) -> Hypothesis:
        if not self._context.target:
            return hypothesis
        first = len(self.binding.tokenizer.target_start)
        last = first + len(self._context.target)
        return replace(
            hypothesis,
            tokens=hypothesis.tokens[:first] + hypothesis.tokens[last:],
            alignment=hypothesis.alignment[:first] + hypothesis.alignment[last:],
            log_probabilities=hypothesis.log_probabilities[:first]
            + hypothesis.log_probabilities[last:],
        )

    def _next_wanted(self, segment: Segment) -> _Wanted | None:
        """What of the source to translate next; None: all that there is has been translated."""
        answered = self._answered_text
        committed = segment.committed
        if not segment.closed:
            # Marks that may begin the next segment are not to be committed with this one.
            committed = committed[: segment.config.segmenter.settled_length(committed)]
        if (
            segment.closed
            or not segment.tentative
            or not segment.config.drafts
            or (committed != answered and not segment.is_blank)
        ):
            # Tentative text comes next: then it is what rests.
            is_resting = segment.is_resting and not segment.tentative
            is_whole = segment.closed or segment.is_ended or is_resting
            return _Wanted(
                committed,
                is_committed=True,
                is_complete=segment.closed,
                is_whole=is_whole,
            )
        if self._tail is None:
            self._tail = Tail((self.binding.policy or segment.config.policy).build())
        self._tail.cut(segment)
        head = _Wanted(
            self._tail.head,
            is_committed=False,
            is_complete=False,
            is_whole=segment.is_resting or bool(self._tail.pieces),
        )
        if head != self._head_wanted:
            return head
        piece = self._tail.next_piece(is_resting=segment.is_resting)
        if piece is None:
            return None
        text, is_whole = piece
        return _Wanted(text, is_committed=False, is_complete=False, is_whole=is_whole, is_tail=True)

    # Answering

    def accept(self, outcome: Outcome) -> TargetEvent | None:
        """Take the engine's outcome.

        Raises:
            TranslatorError: The one that befell it.
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
        self, segment: Segment, filed: _Filed, hypothesis: Hypothesis, timing: RequestTiming
    ) -> TargetEvent | None:
        """Take the hypothesis that answers a question."""
        if filed.wanted.is_tail:
            target = TargetHypothesis(
                self.binding.tokenizer, filed.source, hypothesis, filed.capitals_of
            )
            if self._tail is None or segment.closed:
                return None
            self._tail.take(filed.text, target, is_whole=filed.wanted.is_whole)
            change = replace(_NO_CHANGE, draft=self._head_draft)
            return self._event(segment, filed, change, timing)
        target = TargetHypothesis(
            self.binding.tokenizer,
            filed.source,
            self._without_context(hypothesis),
            filed.capitals_of,
            committed=self._committed,
            num_committed=len(self._committed_tokens),
            is_complete=filed.is_complete,
        )
        if not filed.is_committed:
            self._head_wanted = filed.wanted
        if filed.is_committed:
            self._answer = Answer(filed.question, hypothesis), target
            self._answered_text = filed.text
        return self._apply(segment, filed, target, timing)

    def _pass_on(self, segment: Segment) -> TargetEvent | None:
        """The event that tells what passes through as it is; None where there is nothing new."""
        passed = passage(segment, len(self._committed))
        if not (segment.closed or passed.committed or passed.draft or self._draft):
            return None
        filed = self._nothing(segment, is_complete=segment.closed)
        alignments = passed.alignments if self._aligns(segment) else ()
        covered = passed.source_range[1]
        change = _Change(passed.committed, passed.draft, passed.source_range, covered, alignments)
        return self._event(segment, filed, change)

    def _apply(
        self,
        segment: Segment,
        filed: _Filed,
        hypothesis: TargetHypothesis,
        timing: RequestTiming,
    ) -> TargetEvent | None:
        """Let the policy decide on a hypothesis, and do it."""
        known = len(self._committed)
        decision = self._decide(segment, filed, hypothesis, known)
        committed = hypothesis.text[known : decision.committed_length]
        first = len(self._committed_tokens)
        if decision.committed_length == len(hypothesis.text):
            last = len(hypothesis.tokens)
        else:
            last = max(first, hypothesis.num_tokens_at(decision.committed_length) or 0)
        if filed.is_complete and segment.in_sentence:
            self._contexts[segment.speaker] = hypothesis.tail(filed.text, last, _MAX_CONTEXT_WORDS)
            if len(self._contexts) > _MAX_CONTEXTS:
                del self._contexts[next(iter(self._contexts))]
        if _draft_follows(segment, filed):
            former = self._head_draft
            draft = former[len(committed) :]
            if not former.startswith(committed):
                # It does not go on from there: it is asked for again.
                draft, self._head_wanted = "", None
        else:
            draft = hypothesis.text[decision.committed_length : decision.shown_length]
        change = _Change(
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
        if _draft_follows(segment, filed) and former_tokens[:last] == self._committed_tokens:
            self._draft_tokens = former_tokens[last:]
        return self._event(segment, filed, change, timing)

    def _aligns(self, segment: Segment) -> bool:
        """Whether events say where their text comes from: to a client, or to a second leg."""
        return segment.config.alignments or self.binding is segment.config.pivot

    def _decide(
        self, segment: Segment, filed: _Filed, hypothesis: TargetHypothesis, known: int
    ) -> Decision:
        if self._policy is None:
            raise AssertionError("a track decides only after begin()")
        words = hypothesis.words(known)
        decision = self._policy.decide(
            Observation(
                text=hypothesis.text,
                committed_length=known,
                words=words,
                source_text=filed.text,
                num_source_words=count_steps(filed.source.text),
                # The segment may have been cut back since.
                source_is_committed=filed.is_committed and segment.committed.startswith(filed.text),
                source_is_complete=filed.is_complete,
                sentence_goes_on=filed.is_complete and segment.in_sentence,
                is_shown=not _draft_follows(segment, filed),
                source_is_whole=filed.wanted.is_whole,
                is_truncated=hypothesis.is_truncated,
            )
        )
        if segment.is_undetermined:
            # The policy has seen it; nothing is committed that may be of another language.
            return Decision(known, max(known, decision.shown_length))
        open_from = None if filed.is_complete else filed.source.open_from
        if open_from is None or decision.committed_length == known:
            return decision
        # Nothing is committed of what may still turn out to be a placeholder or a unit.
        settled = known
        for word in words:
            is_unknown = word.source_end is None and not self.binding.model.supports_alignment
            if is_unknown or (word.source_end or 0) > open_from:
                break
            settled = word.end
        return replace(decision, committed_length=min(settled, decision.committed_length))

    def partings(self, segment: Segment) -> dict[int, bool]:
        """Where an open segment may be cut: source and target part, and nothing after is committed.

        Returns:
            Positions in the segment's source, each with whether the target has a mark there; none
            where the last hypothesis is not of this segment's committed source.
        """
        if self.segment is segment and self.binding.passes:
            return passing_partings(segment, len(self._committed))
        if self.segment is not segment or self._answer is None:
            return {}
        _, hypothesis = self._answer
        if not segment.committed.startswith(self._answered_text):
            return {}
        places = hypothesis.partings(len(self._committed_tokens), len(hypothesis.tokens))
        return {start: hypothesis.has_mark_at(index) for start, index in places.items()}

    def _event(
        self,
        segment: Segment,
        filed: _Filed,
        change: "_Change",
        timing: RequestTiming = _NO_TIME,
    ) -> TargetEvent | None:
        """The event that tells a change, or None where there is nothing to tell."""
        drafts = segment.config.drafts
        draft = change.draft if drafts else ""
        self._head_draft = draft
        # After a sentence that is asked for again the tail would follow a gap.
        if drafts and segment.tentative and self._tail is not None and self._head_wanted:
            self._tail.cut(segment)
            draft += self._tail.text
            if not (self._committed or change.committed):
                draft = draft.lstrip()
        if drafts and self._policy is not None and self._policy.steadies_drafts:
            draft = self._steady.show(
                change.committed,
                draft,
                sequence=filed.sequence,
                is_settled=not segment.tentative.strip() or segment.is_resting,
                is_closed=filed.is_complete,
                is_first=not (self._committed or change.committed),
            )
        is_news = drafts and (draft != self._draft or filed.sequence > self._told_sequence)
        if not (change.committed or filed.is_complete or is_news):
            return None
        self._draft = draft
        self._told_sequence = filed.sequence
        self._committed += change.committed
        self._covered = max(self._covered, segment.covered(change.covered))
        if filed.is_complete:
            self._covered = segment.length
        start_s, end_s = segment.media_time(*(change.source_range or (0, 0)))
        event = TargetEvent(
            target=self.binding.target,
            segment_id=segment.id,
            committed=change.committed,
            draft=draft,
            committed_length=len(self._committed),
            closed=filed.is_complete,
            source_start=segment.start,
            source_sequence=filed.sequence,
            source_committed_length=self._covered,
            alignments=tuple(self._told(segment, change.alignments)),
            start_s=start_s,
            end_s=end_s,
            timing=timing,
            num_source_words=filed.num_words,
            arrivals_s=tuple(segment.arrivals_s()) if filed.is_complete else (),
            issues=self._issues(segment, filed) if filed.is_complete else (),
        )
        if filed.is_complete:
            self.next_segment_id = segment.id + 1
            self.segment = None
        return event

    def _issues(self, segment: Segment, filed: _Filed) -> tuple[Issue, ...]:
        """What of a closed segment's source its text lacks; not through another language."""
        protected = filed.source.protected
        if protected is None or self.binding.pivoted or self.binding is segment.config.pivot:
            return ()
        source = protected.visible[len(filed.source.context) :]
        return tuple(find_issues(source, self._committed))

    def _told(
        self, segment: Segment, alignments: tuple[AlignedRange, ...]
    ) -> Iterator[AlignedRange]:
        """Alignments of the text the client has with the source it sent."""
        for aligned in alignments:
            origin = segment.origin(aligned.source_start, aligned.source_end)
            if origin is not None:
                yield AlignedRange(*origin, aligned.target_start, aligned.target_end)
