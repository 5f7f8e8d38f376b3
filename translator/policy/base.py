"""What a policy sees and decides, and the rules that all policies share."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from translator.text.words import strip_final_punctuation

__all__ = ["Decision", "Observation", "Policy", "TargetWord"]


@dataclass(frozen=True, slots=True)
class TargetWord:
    """A word of a hypothesis. Policies commit whole words only.

    Attributes:
        end: Where the word ends in the hypothesis.
        source_end: Code points of the segment's source up to and including what the word is aligned
            with; None when the model does not align.
        log_probability: Sum over its tokens, natural log.
    """

    end: int
    source_end: int | None = None
    log_probability: float = 0.0


@dataclass(frozen=True, slots=True)
class Observation:
    """A new hypothesis of the open segment. Lengths are code points.

    Attributes:
        text: The hypothesis; it begins with the committed text.
        committed_length: Length of the committed text.
        words: The words after it.
        source_text: The source that was translated, with the white space around it.
        num_source_words: Its words, the last one perhaps unfinished; in scripts written without
            spaces its characters.
        source_is_committed: Whether it has no tentative part.
        source_is_complete: Whether the segment is closed: no more source will come.
        is_shown: Whether what the decision shows is shown. It is not when tentative source follows,
            with which the hypothesis for the draft comes next.
        sentence_goes_on: Whether it was closed in the middle of a sentence.
        source_is_whole: Whether the model was told to take the source for whole: the segment is
            closed, ends with its sentence, or has rested.
        is_truncated: Whether the length limit ended the hypothesis, not the model: it goes round in
            circles.
    """

    text: str
    committed_length: int
    words: Sequence[TargetWord]
    source_text: str
    num_source_words: int
    source_is_committed: bool = True
    source_is_complete: bool = False
    is_shown: bool = True
    sentence_goes_on: bool = False
    source_is_whole: bool = False
    is_truncated: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """How many code points of the hypothesis are committed, and how many are shown."""

    committed_length: int
    shown_length: int


class Policy(ABC):
    """Decides, update by update, for one segment after another.

    A subclass only says how far a hypothesis is stable; the rules for all policies are here. A
    complete source commits everything, one with a tentative part nothing. Nothing is committed
    either if the hypothesis did not end by itself, or if the source only rests: the model took it
    for a whole sentence, but it may go on. A whole source is shown whole, because its reader waits
    for the end. A model likes to end an unfinished sentence with a full stop; that is neither
    committed nor shown.
    """

    translates_open_segments: bool = True
    commits_open_segments: bool = True
    # Whether drafts of tentative source are kept calm; see ``SteadyDraft``.
    steadies_drafts: bool = False
    # Whether to tell the model, if possible, that an open segment goes on.
    opens_source: bool = False
    # How much a hypothesis that cannot commit favours the last one; see ``engine/request.py``.
    draft_bias: float = 0.0

    def decide(self, observation: Observation) -> Decision:
        """Decide on a new hypothesis. Call it once for each, in order."""
        everything = len(observation.text)
        stable = observation.committed_length
        reliable = max(stable, self._reliable_length(observation))
        if observation.source_is_complete:
            length = reliable if observation.sentence_goes_on else everything
            return Decision(length, length)
        has_sentence_end = _has_sentence_end(observation.source_text)
        can_commit = observation.source_is_committed and not observation.is_truncated
        if can_commit and (has_sentence_end or not observation.source_is_whole):
            agreed = self.stable_length(observation)
            ends = (w.end for w in observation.words if w.end <= min(agreed, reliable))
            stable = max(ends, default=stable)
        if not observation.is_shown:
            return Decision(stable, stable)
        if observation.source_is_whole:
            self.show(observation, reliable)
            return Decision(stable, reliable)
        shown = max(stable, min(reliable, self.shown_length(observation)))
        return Decision(stable, shown)

    @abstractmethod
    def stable_length(self, observation: Observation) -> int:
        """How many code points of the hypothesis will stay; half words at the end are cut off."""

    def shown_length(self, observation: Observation) -> int:
        """How many code points of the hypothesis to show: all, unless a policy holds some back."""
        return len(observation.text)

    def show(self, observation: Observation, length: int) -> None:  # noqa: B027
        """Called when ``length`` code points are shown although the policy would hold some back.

        A policy that shows every hypothesis as it is has nothing to remember.
        """

    @abstractmethod
    def start_segment(self) -> None:
        """Forget the segment before."""

    @staticmethod
    def _reliable_length(observation: Observation) -> int:
        """Length of the hypothesis without a sentence end that its source does not have."""
        if _has_sentence_end(observation.source_text):
            return len(observation.text)
        return len(strip_final_punctuation(observation.text))


def _has_sentence_end(source: str) -> bool:
    return strip_final_punctuation(source) != source
