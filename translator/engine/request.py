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

# The asker: session and target. The engine has at most one request of each key at a time.
RequestKey = tuple[str, str]


class Priority(IntEnum):
    """Which requests go first; a smaller number goes before a greater one.

    Attributes:
        LIVE: Someone listens while it is decoded.
        UNARY: Someone waits for a few lines.
        HEAVY: Someone listens, but the caller takes much of the model's time. Nobody asks for it;
            the scheduler makes it of a live request.
        LARGE: Someone waits for many.
        BATCH: Nobody waits.
    """

    LIVE = 0
    UNARY = 1
    HEAVY = 2
    LARGE = 3
    BATCH = 4


@dataclass(frozen=True, slots=True)
class Request:
    """One decode job.

    Attributes:
        key: The asker: session and target. A request replaces a waiting one of the same key.
        version: The asker's number for the source that this reflects; the engine only returns it.
        model: Name of the model.
        source: Source token ids, end of sentence included.
        target_prefix: Target token ids that the hypothesis has to start with.
        draft: A guess at what follows the prefix, verified in one pass; the output is the same.
        priority: Whom it goes before, and who goes before it.
        caller: Whose turn it takes: of the same priority, each caller gets the same share. Live
            requests are fair by their keys, unless their caller takes much of the model's time; ""
            never does.
        draft_bias: How much the verification favours the draft, 0 to less than 0.5. With 0 the
            output does not depend on the draft; above 0, a draft token stays unless the model
            clearly prefers another. From 0.5 on the model would have no say.
        scored: Whether to compute log probabilities; a live request always gets them.
        runners_up: Whether to return the second choice at each position, and log probabilities.
            Costs another pass over all scores in each step; not allowed with a draft.
        second_source: The same text in another form, or empty. Both are decoded, and the hypothesis
            that is more probable as a whole answers: the greater sum of log probabilities, and of
            equal ones the first.
        second_lead: Nats that the second hypothesis gets on top of its own.
    """

    key: RequestKey
    version: int
    model: str
    source: tuple[int, ...]
    target_prefix: tuple[int, ...] = ()
    draft: tuple[int, ...] = ()
    priority: Priority = Priority.LIVE
    caller: str = ""
    draft_bias: float = 0.0
    scored: bool = False
    runners_up: bool = False
    second_source: tuple[int, ...] = ()
    second_lead: float = 0.0

    def __post_init__(self) -> None:
        if not self.source:
            raise ValueError("a request needs at least one source token (the end of sentence)")
        if not 0 <= self.draft_bias < 0.5:
            raise ValueError(f"draft_bias is {self.draft_bias}; allowed: 0 to less than 0.5")
        if self.runners_up and self.draft:
            raise ValueError("runners_up is not possible with a draft; leave one of them out")

    @property
    def is_waited_for(self) -> bool:
        """Whether someone listens, or waits for a few lines; others may stand still for that."""
        return self.priority <= Priority.UNARY

    @property
    def probable(self) -> bool:
        """Whether log probabilities are computed: policies and rankings need them."""
        return (
            self.priority is Priority.LIVE
            or self.scored
            or self.runners_up
            or bool(self.second_source)
        )

    @property
    def num_rows(self) -> int:
        """How many slots it takes."""
        return 2 if self.second_source else 1

    @property
    def num_known_tokens(self) -> int:
        """How many tokens the decoder reads before it predicts one."""
        return self.num_rows * (len(self.target_prefix) + len(self.draft))


@dataclass(frozen=True, slots=True)
class RunnerUp:
    """The second choice at a position: the most probable token except the one taken."""

    token: int
    log_probability: float


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A whole decoder output for a request's source, found greedily.

    Attributes:
        tokens: Target token ids, the prefix included, the end of sentence not.
        alignment: For each token, the source token that it attends to most; empty if the model does
            not align.
        log_probabilities: For each token, the natural log of its probability; 0 for prefix tokens,
            and for all tokens if the request does not ask for them.
        truncated: Whether the length limit ended it.
        biased: Whether the bias kept a draft token that was not the model's own choice.
        end_log_probability: Log probability of the end of sentence; 0 if the length limit ended it,
            or if the request does not ask for log probabilities.
        runners_up: The second choice at each position after the prefix, including the end of
            sentence; empty unless asked for.
        is_of_second: Whether it is of the request's second source, and aligned with that.
    """

    tokens: tuple[int, ...]
    alignment: tuple[int, ...]
    log_probabilities: tuple[float, ...]
    truncated: bool = False
    biased: bool = False
    end_log_probability: float = 0.0
    runners_up: tuple[RunnerUp, ...] = ()
    is_of_second: bool = False

    @property
    def total_log_probability(self) -> float:
        """Natural log of the probability of all that was predicted, the end included."""
        return sum(self.log_probabilities) + self.end_log_probability


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
    """The result of a request: a hypothesis, or the error that this request failed with."""

    request: Request
    hypothesis: Hypothesis | None
    error: TranslatorError | None = None
    timing: RequestTiming = field(default_factory=RequestTiming)
