"""What a track asks the engine, and when an earlier answer will do."""

from dataclasses import dataclass

from translator.engine.request import Hypothesis

__all__ = ["Answer", "Question"]


@dataclass(frozen=True, slots=True)
class Question:
    """Everything that a hypothesis depends on: equal questions have equal answers.

    Attributes:
        source: Source token ids. The last one says whether the source is open or closed.
        second_source: Those of its other form, if the model is to choose; see ``Request``.
        second_lead: How much more probable its hypothesis counts; see ``Request``.
        target_prefix: Target token ids that the hypothesis has to start with.
        draft_bias: How much the hypothesis may favour the last draft; see ``Request``.
    """

    source: tuple[int, ...]
    target_prefix: tuple[int, ...]
    draft_bias: float = 0.0
    second_source: tuple[int, ...] = ()
    second_lead: float = 0.0


@dataclass(frozen=True, slots=True)
class Answer:
    """A question and the hypothesis that answered it."""

    question: Question
    hypothesis: Hypothesis

    def answers(self, question: Question) -> bool:
        """Whether the engine would answer ``question`` with this same hypothesis.

        It would if the source is the same, no bias changed anything, and the target prefix is the
        beginning of this hypothesis: decoding is greedy, so it would go on in the same way.
        """
        asked = self.question
        grown = question.target_prefix
        return (
            question.source == asked.source
            and question.second_source == asked.second_source
            and question.second_lead == asked.second_lead
            and question.draft_bias == 0.0
            and not self.hypothesis.biased
            and grown[: len(asked.target_prefix)] == asked.target_prefix
            and self.hypothesis.tokens[: len(grown)] == grown
        )
