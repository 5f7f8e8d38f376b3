"""A request being decoded: the tokens so far and when they are enough."""

from dataclasses import dataclass, field

from translator.engine.request import Hypothesis, Request, RunnerUp
from translator.models.base import EncoderStates

__all__ = ["Decoding"]


@dataclass(slots=True)
class Decoding:
    """A request that has left the queue and is being decoded.

    The last of ``tokens`` has not been fed to the decoder yet: it is the next step's input.

    Attributes:
        request: What is decoded.
        source: Its encoder states.
        max_tokens: Length at which decoding stops, prefix included.
        eos_id: The token that ends a target.
        tokens: Target tokens so far, prefix included.
        alignment: Source token for each of them; empty when the model does not align.
        log_probabilities: Log probability of each of them.
        steps_run: Decoder passes so far, the prefill included.
        ended: Whether the end of sentence has been predicted.
        biased: Whether a draft token was taken that the model did not choose by itself.
        end_log_probability: Log probability of the end of sentence.
        runners_up: The second choice of each position predicted; empty unless asked for.
    """

    request: Request
    source: EncoderStates
    max_tokens: int
    eos_id: int
    tokens: list[int] = field(default_factory=list)
    alignment: list[int] = field(default_factory=list)
    log_probabilities: list[float] = field(default_factory=list)
    steps_run: int = 0
    ended: bool = False
    biased: bool = False
    end_log_probability: float = 0.0
    runners_up: list[RunnerUp] = field(default_factory=list)

    def append(
        self,
        token: int,
        log_probability: float,
        source_token: int | None,
        runner_up: RunnerUp | None = None,
    ) -> None:
        """Take the next predicted token and the source token that it is aligned with."""
        if runner_up is not None:
            self.runners_up.append(runner_up)
        if token == self.eos_id:
            self.ended = True
            self.end_log_probability = log_probability
            return
        self.tokens.append(token)
        self.log_probabilities.append(log_probability)
        if source_token is not None:
            self.alignment.append(source_token)

    @property
    def truncated(self) -> bool:
        """Whether the length limit, not the model, ended it."""
        return not self.ended and len(self.tokens) >= self.max_tokens

    @property
    def is_finished(self) -> bool:
        """Whether no further step is needed."""
        return self.ended or self.truncated

    @property
    def steps_saved(self) -> int:
        """Passes that decoding token by token from the prefix would have added.

        That takes one pass for each token after the prefix and one for the end of sentence.
        """
        from_scratch = len(self.tokens) - len(self.request.target_prefix) + (not self.truncated)
        return max(0, from_scratch - self.steps_run)

    def hypothesis(self) -> Hypothesis:
        """The result; call it once the request has ended."""
        return Hypothesis(
            tokens=tuple(self.tokens),
            alignment=tuple(self.alignment),
            log_probabilities=tuple(self.log_probabilities),
            truncated=self.truncated,
            biased=self.biased,
            end_log_probability=self.end_log_probability,
            runners_up=tuple(self.runners_up),
        )
