"""A request (one decode job) and its outcome."""

from dataclasses import dataclass, field
from enum import IntEnum

from translator.errors import TranslatorError

__all__ = [
    "Hypothesis",
    "Outcome",
    "Priority",
    "Request",
    "RequestKey",
    "RequestTiming",
    "RunnerUp",
]

# Who asks: session and target. At most one request of a key is in the engine at a time.
RequestKey = tuple[str, str]


class Priority(IntEnum):
    """What goes first; smaller is earlier."""

    LIVE = 0
    UNARY = 1
    BATCH = 2


@dataclass(frozen=True, slots=True)
class Request:
    """One decode job.

    Attributes:
        key: Who asks: session and target. A request replaces a waiting one of the same key.
        version: The asker's number for the source that this reflects; the engine only returns it.
        model: Name of the model.
        source: Source token ids, end of sentence included.
        target_prefix: Target token ids that the hypothesis has to start with.
        draft: A guess at what follows the prefix, verified in one pass; the output is the same.
        priority: Live requests are admitted before unary ones, those before batch.
        draft_bias: How much the verification favours the draft, 0 to less than 0.5. With 0 the
            output does not depend on the draft; above, a draft token stays unless the model is
            clearly against it. From 0.5 on the model would have no say.
        scored: Whether log probabilities are asked for; a live request always has them.
        runners_up: Whether the second choice of each position is asked for, and with it log
            probabilities. Costs another look at all scores in each step; not with a draft.
    """

    key: RequestKey
    version: int
    model: str
    source: tuple[int, ...]
    target_prefix: tuple[int, ...] = ()
    draft: tuple[int, ...] = ()
    priority: Priority = Priority.LIVE
    draft_bias: float = 0.0
    scored: bool = False
    runners_up: bool = False

    def __post_init__(self) -> None:
        if not self.source:
            raise ValueError("a request needs at least one source token (the end of sentence)")
        if not 0 <= self.draft_bias < 0.5:
            raise ValueError(f"draft_bias is {self.draft_bias}; allowed: 0 to less than 0.5")
        if self.runners_up and self.draft:
            raise ValueError("runners_up are not told of a draft; leave one of them out")

    @property
    def probable(self) -> bool:
        """Whether log probabilities are computed: policies look at them, and who ranks."""
        return self.priority is Priority.LIVE or self.scored or self.runners_up


@dataclass(frozen=True, slots=True)
class RunnerUp:
    """The second choice at a position: the most probable token but for the one taken."""

    token: int
    log_probability: float


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A whole decoder output for a request's source, found greedily.

    Attributes:
        tokens: Target token ids, the prefix included, the end of sentence not.
        alignment: For each token the source token its attention is highest on; empty when the model
            does not align.
        log_probabilities: For each token the natural log of its probability; 0 for prefix tokens,
            and throughout when the request does not ask for them.
        truncated: Whether the length limit ended it.
        biased: Whether the bias kept a draft token that was not the model's own choice.
        end_log_probability: Of the end of sentence; 0 when the length limit ended it, or when log
            probabilities are not asked for.
        runners_up: For each position after the prefix, that of the end of sentence included;
            empty unless asked for.
    """

    tokens: tuple[int, ...]
    alignment: tuple[int, ...]
    log_probabilities: tuple[float, ...]
    truncated: bool = False
    biased: bool = False
    end_log_probability: float = 0.0
    runners_up: tuple[RunnerUp, ...] = ()


@dataclass(frozen=True, slots=True)
class RequestTiming:
    """Where a request's time went, and what it cost.

    Attributes:
        queue_ms: Waiting for a place in the batch.
        encode_ms: Encoding; 0 when the encoder states were still there.
        decode_ms: From the end of encoding to the hypothesis.
        steps_run: Decoder passes one after another, the prefill included.
        steps_saved: Passes that token-by-token decoding from the prefix would have added.
    """

    queue_ms: float = 0.0
    encode_ms: float = 0.0
    decode_ms: float = 0.0
    steps_run: int = 0
    steps_saved: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a request: a hypothesis, or the error that befell it alone."""

    request: Request
    hypothesis: Hypothesis | None
    error: TranslatorError | None = None
    timing: RequestTiming = field(default_factory=RequestTiming)
