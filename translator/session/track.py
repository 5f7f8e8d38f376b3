"""One target of a session: what it has committed, and what it asks the engine for."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from translator.engine.request import Hypothesis, Outcome, Request, RequestKey, RequestTiming
from translator.models.base import EncodedText
from translator.policy.base import Decision, Observation, Policy
from translator.session.events import AlignedRange, Binding, ResumedTarget, TargetEvent
from translator.session.hypothesis import Context, ModelSource, TargetHypothesis
from translator.session.report import TargetFigures
from translator.session.segment import Segment
from translator.text.segmenter import is_opaque
from translator.text.words import count_steps

__all__ = ["Track"]


@dataclass(frozen=True, slots=True)
class _Filed:
    """What a request was filed for.

    Attributes:
        text: The segment's source that it reflects, white space included.
        source: The same as the model sees it.
        is_committed: Whether the text has no tentative part.
        is_complete: Whether the segment was closed.
        sequence: The last source update that it reflects.
        num_words: Words of the committed source up to there.
    """

    text: str
    source: ModelSource
    is_committed: bool
    is_complete: bool
    sequence: int
    num_words: int


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
_NO_SOURCE = ModelSource("", 0, EncodedText((), ()))
_NO_CHANGE = _Change("", "", None, 0, ())


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
        self._policy_of: object = None
        self.resumed = resumed
        self._versions = versions
        self._filed: dict[int, _Filed] = {}
        # What the next segment goes on from, and what this one does.
        self._next_context = self._context = Context()
        self._reset()

    def _reset(self) -> None:
        self._committed = ""
        self._committed_tokens: tuple[int, ...] = self.binding.tokenizer.target_start
        # How much longer the committed text is than what its tokens say; only after a resume.
        self._surplus = 0
        self._draft_tokens: tuple[int, ...] = ()
        self._covered = 0
        # The draft that was told last, and the source update it reflects.
        self._draft = ""
        self._told_sequence = 0
        # The last text asked for, whether as committed, as complete; and the last answer for
        # committed source.
        self._wanted: tuple[str, bool, bool] | None = None
        self._answer: tuple[_Filed, TargetHypothesis] | None = None
        self._filed.clear()

    def begin(self, segment: Segment, binding: Binding) -> None:
        """Take up the next segment, under the configuration it began with."""
        goes_on = segment.continues and binding == self.binding
        self._context = self._next_context if goes_on else Context()
        self._next_context = Context()
        self.segment = segment
        self.binding = binding
        if self._policy is None or self._policy_of is not segment.config:
            self._policy = (binding.policy or segment.config.policy).build()
            self._policy_of = segment.config
        self._policy.start_segment()
        self._reset()
        if self.resumed is not None and self.resumed.target_committed:
            self._go_on_after(self.resumed.target_committed)
            self.figures.resume(segment.id, self.resumed.target_committed)
        self.resumed = None

    def _go_on_after(self, committed: str) -> None:
        """Start with a target prefix that is known as text only."""
        tokenizer = self.binding.tokenizer
        self._committed = committed
        self._committed_tokens += tokenizer.encode_target(committed)
        known = "".join(tokenizer.piece(t) for t in self._committed_tokens).lstrip(" ")
        # A tokenizer may normalise. The client's own text counts; only what follows it is sent.
        self._surplus = len(committed) - len(known)

    # Asking

    def next_request(self) -> Request | None:
        """What the present source calls for, unless it has been asked for already."""
        segment = self.segment
        if segment is None or self._policy is None:
            return None
        text, is_committed = self._next_text(segment)
        # What was only tentative when it was asked for could commit nothing.
        wanted = (text, is_committed, segment.closed)
        if wanted == self._wanted:
            return None
        if not segment.closed and (
            not text.strip() or is_opaque(text) or not self._policy.translates_open_segments
        ):
            return None
        model = self.binding.model
        tokenizer = self.binding.tokenizer
        source = ModelSource.encode(
            tokenizer,
            text,
            model.max_source_tokens,
            self._context.source,
            is_open=self._policy.opens_source and not segment.closed,
        )
        # A bias shapes drafts only, never what is committed.
        can_commit = segment.closed or (is_committed and self._policy.commits_open_segments)
        self._wanted = wanted
        version = next(self._versions)
        self._filed[version] = _Filed(
            text,
            source,
            is_committed,
            segment.closed,
            segment.sequence,
            segment.num_words,
        )
        return Request(
            key=self.key,
            version=version,
            model=model.name,
            source=source.encoded.tokens,
            target_prefix=self._with_context(self._committed_tokens),
            draft=self._draft_tokens,
            draft_bias=0.0 if can_commit else self._policy.draft_bias,
        )

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

    def _next_text(self, segment: Segment) -> tuple[str, bool]:
        """The source to translate next, and whether it is all committed."""
        answered = self._answer[0].text if self._answer is not None else ""
        committed = segment.committed
        if not segment.closed:
            # Marks that may begin the next segment are not to be committed with this one.
            committed = committed[: segment.config.segmenter.settled_length(committed)]
        if (
            not segment.tentative
            or not segment.config.drafts
            or (committed != answered and not segment.is_blank)
        ):
            return committed, True
        # The model is never given more than a segment may hold.
        limit = segment.config.segmenter.limits.max_length
        return segment.committed + segment.tentative[:limit], False

    # Answering

    def accept(self, outcome: Outcome) -> TargetEvent | None:
        """Take the engine's outcome.

        Raises:
            TranslatorError: The one that befell the request.
        """
        filed = self._filed.get(outcome.request.version)
        self._filed.clear()
        # What was asked for meanwhile was dropped if this request ran: it is to be asked for again.
        self._wanted = (
            (filed.text, filed.is_committed, filed.is_complete) if filed is not None else None
        )
        if outcome.error is not None:
            raise outcome.error
        # Also when the segment was closed without it, and it answers nothing any more.
        self.figures.decoded(outcome.timing)
        if filed is None or self.segment is None or outcome.hypothesis is None:
            return None
        hypothesis = TargetHypothesis(
            self.binding.tokenizer, filed.source, self._without_context(outcome.hypothesis)
        )
        if self.segment.closed and not self.segment.committed.startswith(filed.text.rstrip()):
            # The segment was cut back since: what this says of the rest is not to be shown.
            return None
        if filed.is_committed:
            self._answer = (filed, hypothesis)
        return self._apply(self.segment, filed, hypothesis, outcome.timing)

    def conclude(self) -> TargetEvent | None:
        """The event that the present source calls for without decoding; None where there is none.

        A complete segment whose result is known is closed; a draft of nothing is cleared.
        """
        segment = self.segment
        if segment is None:
            return None
        if not segment.closed:
            if segment.is_blank and not segment.tentative.strip() and self._draft:
                # The tentative text that the draft came from was taken back.
                nothing = _Filed("", _NO_SOURCE, False, False, segment.sequence, 0)
                return self._event(segment, nothing, _NO_CHANGE, RequestTiming())
            return None
        num_words = segment.num_words
        if self._answer is not None:
            filed, hypothesis = self._answer
            if filed.text.strip() == segment.committed.strip() and not hypothesis.biased:
                complete = _Filed(
                    segment.committed, filed.source, True, True, segment.sequence, num_words
                )
                return self._apply(segment, complete, hypothesis, RequestTiming())
        # A first leg may have made nothing of its source; a segment that is the client's has words.
        if (segment.is_blank or is_opaque(segment.committed)) and not self._committed:
            text = segment.committed.strip()
            start = segment.committed.index(text)
            end = start + len(text)
            whole = (AlignedRange(start, end, 0, len(text)),)
            alignments = whole if text and self._aligns(segment) else ()
            change = _Change(text, "", (start, end), end, alignments)
            complete = _Filed(
                segment.committed, _NO_SOURCE, True, True, segment.sequence, num_words
            )
            return self._event(segment, complete, change, RequestTiming())
        return None

    def _apply(
        self,
        segment: Segment,
        filed: _Filed,
        hypothesis: TargetHypothesis,
        timing: RequestTiming,
    ) -> TargetEvent | None:
        """Let the policy decide on a hypothesis, and do it."""
        known = len(self._committed) - self._surplus
        decision = self._decide(segment, filed, hypothesis, known)
        committed = hypothesis.text[known : decision.committed_length]
        first = len(self._committed_tokens)
        if decision.committed_length == len(hypothesis.text):
            last = len(hypothesis.tokens)
        else:
            last = max(first, hypothesis.num_tokens_at(decision.committed_length) or 0)
        if filed.is_complete and segment.in_sentence:
            self._next_context = hypothesis.tail(filed.text, last, _MAX_CONTEXT_WORDS)
        if _draft_follows(segment, filed):
            former = self._draft
            draft = former[len(committed) :] if former.startswith(committed) else ""
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
        return self._policy.decide(
            Observation(
                text=hypothesis.text,
                committed_length=known,
                words=hypothesis.words(known),
                source_text=filed.text,
                num_source_words=count_steps(filed.source.text),
                # The segment may have been cut back since.
                source_is_committed=filed.is_committed and segment.committed.startswith(filed.text),
                source_is_complete=filed.is_complete,
                sentence_goes_on=filed.is_complete and segment.in_sentence,
                is_shown=not _draft_follows(segment, filed),
                is_truncated=hypothesis.is_truncated,
            )
        )

    def partings(self, segment: Segment) -> dict[int, bool]:
        """Where an open segment may be cut: source and target part, and nothing after is committed.

        Returns:
            Positions in the segment's source, each with whether the target has a mark there; none
            where the last hypothesis is not of this segment's committed source.
        """
        if self.segment is not segment or self._answer is None:
            return {}
        filed, hypothesis = self._answer
        if not segment.committed.startswith(filed.text):
            return {}
        places = hypothesis.partings(len(self._committed_tokens), len(hypothesis.tokens))
        return {start: hypothesis.has_mark_at(index) for start, index in places.items()}

    def _event(
        self,
        segment: Segment,
        filed: _Filed,
        change: "_Change",
        timing: RequestTiming,
    ) -> TargetEvent | None:
        """The event that tells a change, or None where there is nothing to tell."""
        drafts = segment.config.drafts
        draft = change.draft if drafts else ""
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
        )
        if filed.is_complete:
            self.next_segment_id = segment.id + 1
            self.segment = None
        return event

    def _told(
        self, segment: Segment, alignments: tuple[AlignedRange, ...]
    ) -> Iterator[AlignedRange]:
        """Alignments of the text the client has with the source it sent."""
        for aligned in alignments:
            origin = segment.origin(aligned.source_start, aligned.source_end)
            if origin is not None:
                yield AlignedRange(
                    *origin,
                    aligned.target_start + self._surplus,
                    aligned.target_end + self._surplus,
                )
