"""The unfinished sentences of speakers, which their next segments continue."""

from dataclasses import replace

from translator.engine.request import Hypothesis
from translator.session.model_source import Context
from translator.session.segment import Segment

__all__ = ["Contexts"]

# Speakers whose unfinished sentences are remembered.
_MAX_SPEAKERS = 8


class Contexts:
    """What a target's segments continue: for each speaker the end of an unfinished sentence.

    Attributes:
        current: What the present segment continues; empty if it begins a sentence.
    """

    def __init__(self) -> None:
        self.current = Context()
        self._ends: dict[str, Context] = {}

    def forget(self) -> None:
        """Forget all of them: another model translates from now on."""
        self._ends.clear()

    def begin(self, segment: Segment) -> None:
        """Begin a segment."""
        context = self._ends.pop(segment.speaker, Context())
        text = segment.committed + segment.tentative
        self.current = context.before(text) if segment.continues else Context()

    def end(self, speaker: str, context: Context) -> None:
        """Remember the end of a segment that was closed inside a sentence."""
        self._ends[speaker] = context
        if len(self._ends) > _MAX_SPEAKERS:
            del self._ends[next(iter(self._ends))]

    def before(self, tokens: tuple[int, ...], first: int) -> tuple[int, ...]:
        """Put the context's tokens before those of the segment, which begin at ``first``."""
        return tokens[:first] + self.current.target + tokens[first:]

    def without(self, hypothesis: Hypothesis, first: int) -> Hypothesis:
        """The hypothesis without the tokens of the context."""
        if not self.current.target:
            return hypothesis
        last = first + len(self.current.target)
        return replace(
            hypothesis,
            tokens=hypothesis.tokens[:first] + hypothesis.tokens[last:],
            alignment=hypothesis.alignment[:first] + hypothesis.alignment[last:],
            log_probabilities=hypothesis.log_probabilities[:first]
            + hypothesis.log_probabilities[last:],
        )
