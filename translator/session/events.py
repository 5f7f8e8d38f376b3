"""What goes into a session, and what comes out. Positions and lengths are code points."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from translator.engine.request import RequestTiming
from translator.limits import SessionLimits
from translator.models.info import ModelInfo
from translator.policy.registry import PolicyChoice
from translator.terms.glossary import Glossary
from translator.text.integrity import Issue
from translator.text.segmenter import Segmenter
from translator.text.tokens import Tokenizer

__all__ = [
    "PIVOT",
    "AlignedRange",
    "Binding",
    "Rests",
    "ResumeState",
    "ResumedTarget",
    "SessionConfig",
    "SessionLimits",
    "SourceUpdate",
    "TargetEvent",
    "Warned",
]

# Names the first leg among the targets of a session; it is no language code, so no target has it.
PIVOT = "*pivot*"


@dataclass(frozen=True, slots=True)
class Binding:
    """A target of a session: its language, and the model that serves it.

    Attributes:
        target: The language, as the client named it.
        model: The model that translates.
        tokenizer: The model's tokenizer for this pair.
        policy: This target's own policy; None uses the config's.
        pivoted: Whether it translates from the pivot language, into which the client's source is
            translated first.
        glossary: Terms and how they are to be translated; None if there are none. Of the first leg
            it is that of the targets after it.
    """

    target: str
    model: ModelInfo
    tokenizer: Tokenizer
    policy: PolicyChoice | None = None
    pivoted: bool = False
    glossary: Glossary | None = field(default=None, compare=False)

    @property
    def passes(self) -> bool:
        """Whether the source's text is passed on without a model; see ``passthrough.py``."""
        return not self.model.name

    @property
    def variety(self) -> str:
        """The BCP-47 code of the variety to write in: what the client named, if that has a region,
        or else the model's own; none for the first of two legs, whose text only a model reads.
        """
        if self.target == PIVOT:
            return ""
        return self.target if "-" in self.target else self.model.variety


@dataclass(frozen=True, slots=True)
class Rests:
    """How long a silence lasts before something is done about it. Seconds; 0 means never.

    Attributes:
        draft_s: Until the open segment is shown whole, whatever the policy would hold back. If its
            source is committed and has its end mark, it is shown whole at once.
        sentence_s: Until a sentence with its end mark is closed, and so committed.
        segment_s: Until source without an end mark is closed, not counting the time that its last
            chunk took to say.
    """

    draft_s: float = 1.2
    sentence_s: float = 1.0
    segment_s: float = 3.0


@dataclass(frozen=True, slots=True)
class SessionConfig:
    """How a stream is translated, with everything resolved and checked.

    Attributes:
        bindings: One for each target, in the client's order.
        policy: For targets that have none of their own. Each target has its own state.
        segmenter: Finds the ends of segments.
        client_segmentation: Whether a new speaker and a silence leave the segment open.
        drafts: Whether drafts are sent.
        alignments: Whether committed text comes with its alignment.
        min_update_interval_s: Least time between two updates of a target.
        max_unacked_updates: How many updates may be sent ahead of the acks; 0: no acks are used.
        pivot: The first leg for pivoted targets; None if there are none.
        rests: What a silence of the source does.
        follows: Whether the language of each segment is detected before any of it is committed.
        awaits_language: Whether no language is known so far. Segments whose language has not been
            determined are then not even shown.
    """

    bindings: tuple[Binding, ...]
    policy: PolicyChoice
    segmenter: Segmenter
    client_segmentation: bool = False
    drafts: bool = True
    alignments: bool = False
    min_update_interval_s: float = 0.0
    max_unacked_updates: int = 0
    pivot: Binding | None = None
    rests: Rests = field(default_factory=Rests)
    follows: bool = False
    awaits_language: bool = False

    def binding(self, name: str) -> Binding | None:
        """The binding of a target, or of the first leg if ``name`` is ``PIVOT``; else None."""
        if name == PIVOT:
            return self.pivot
        return next((binding for binding in self.bindings if binding.target == name), None)


@dataclass(frozen=True, slots=True)
class SourceUpdate:
    """More source, or a revision of its tentative tail; see the wire message of this name."""

    sequence: int
    committed: str = ""
    tentative: str = ""
    end_of_segment: bool = False
    start_s: float | None = None
    end_s: float | None = None
    speaker: str = ""

    def pieces(self, length: int) -> Iterator["SourceUpdate"]:
        """Split into updates of at most ``length`` committed code points.

        Media time is spread evenly. The tentative tail and the end of the segment go with the last.
        """
        last = max(0, len(self.committed) - 1) // length
        for number in range(last + 1):
            start, end = number * length, (number + 1) * length
            yield replace(
                self,
                committed=self.committed[start:end],
                tentative=self.tentative if number == last else "",
                end_of_segment=self.end_of_segment and number == last,
                start_s=self.start_s if number == 0 else self._time_at(start),
                end_s=self.end_s if number == last else self._time_at(end),
            )

    def _time_at(self, position: int) -> float | None:
        if self.start_s is None or self.end_s is None:
            return None
        return self.start_s + (self.end_s - self.start_s) * position / len(self.committed)


@dataclass(frozen=True, slots=True)
class ResumedTarget:
    """Where one target of an earlier stream broke off; see the wire message of this name."""

    segment_id: int
    revision: int
    source_start: int
    source_committed: str = ""
    source_tentative: str = ""
    target_committed: str = ""


@dataclass(frozen=True, slots=True)
class ResumeState:
    """Where an earlier stream broke off."""

    targets: Mapping[str, ResumedTarget] = field(default_factory=dict)

    @property
    def first(self) -> ResumedTarget | None:
        """The target that is furthest behind; of those at one place of the source too."""
        return min(
            self.targets.values(), key=lambda t: (t.source_start, t.segment_id), default=None
        )


@dataclass(frozen=True, slots=True)
class AlignedRange:
    """A range of a segment's committed text, and the range of source that it translates."""

    source_start: int
    source_end: int
    target_start: int
    target_end: int


@dataclass(frozen=True, slots=True)
class TargetEvent:
    """New text of one target; see the wire message TargetUpdate. Times are seconds.

    The last three attributes are for the report and for warnings; they are not sent.

    Attributes:
        num_source_words: Words of the segment's committed source up to ``source_sequence``.
        arrivals_s: In a closing event, when each word of the segment's source came.
        issues: In a closing event, what of the segment's source its text lacks.
    """

    target: str
    segment_id: int
    committed: str
    draft: str
    committed_length: int
    closed: bool
    source_start: int
    source_sequence: int
    source_committed_length: int
    alignments: tuple[AlignedRange, ...] = ()
    start_s: float | None = None
    end_s: float | None = None
    timing: RequestTiming = field(default_factory=RequestTiming)
    num_source_words: int = 0
    arrivals_s: tuple[float, ...] = ()
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True, slots=True)
class Warned:
    """Something was ignored; the session goes on."""

    reason: str
    message: str
