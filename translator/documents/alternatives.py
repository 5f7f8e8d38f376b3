"""Finds alternative translations of a text by branching off the greedy path.

A hypothesis is decoded greedily. Where the second choice at some position was nearly as probable as
the first, a *branch* takes the second instead and goes on greedily: it is a request whose target
prefix is the tokens before the position plus the second choice. A branch shares the encoder states
and costs only the decoding after the position. The results are ranked by mean log probability, as
a beam search with length normalisation ranks its hypotheses (Wu et al., "Google's Neural Machine
Translation System", arXiv 1609.08144, with exponent 1).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from heapq import nsmallest
from itertools import chain

from translator.engine.request import Hypothesis
from translator.text.words import strip_final_punctuation

__all__ = ["Branch", "Score", "branches", "same_text"]

# Rounded, so that rounding errors in sums do not decide the order.
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Branch:
    """A place where a hypothesis could have gone another way.

    Attributes:
        segment: Index of the segment in the text.
        prefix: The tokens up to there; the last one is the second choice.
        loss: How much less probable that choice is than the first, in natural logs.
        log_probability: Log probability of the prefix.
    """

    segment: int
    prefix: tuple[int, ...]
    loss: float
    log_probability: float


@dataclass(frozen=True, slots=True)
class Score:
    """How probable some target tokens are, including the end of sentence.

    Attributes:
        log_probability: The sum of their log probabilities.
        num_tokens: How many there are.
    """

    log_probability: float
    num_tokens: int

    @classmethod
    def of(cls, hypothesis: Hypothesis, prefix: float = 0.0) -> "Score":
        """Score a hypothesis whose prefix has the log probability ``prefix``."""
        total = prefix + sum(hypothesis.log_probabilities) + hypothesis.end_log_probability
        return cls(total, len(hypothesis.tokens) + (not hypothesis.truncated))

    @property
    def mean(self) -> float:
        """The mean log probability of a token."""
        return round(self.log_probability / max(1, self.num_tokens), _DIGITS)

    def __add__(self, other: "Score") -> "Score":
        return Score(
            self.log_probability + other.log_probability, self.num_tokens + other.num_tokens
        )

    def __sub__(self, other: "Score") -> "Score":
        return Score(
            self.log_probability - other.log_probability, self.num_tokens - other.num_tokens
        )


def branches(
    segment: int, hypothesis: Hypothesis, eos_id: int, limit: int, others: Iterable[Branch] = ()
) -> list[Branch]:
    """The ``limit`` branches with the least loss, of a segment and ``others``; the least first.

    Branches with the same loss are in the order of the text, whatever order the segments come in.
    There is no branch that ends the segment: it would only be a part of the translation.
    """
    found = chain(others, _of(segment, hypothesis, eos_id))
    return nsmallest(limit, found, key=lambda b: (b.loss, b.segment, len(b.prefix)))


def _of(segment: int, hypothesis: Hypothesis, eos_id: int) -> Iterable[Branch]:
    first = len(hypothesis.tokens) + (not hypothesis.truncated) - len(hypothesis.runners_up)
    taken = (*hypothesis.log_probabilities, hypothesis.end_log_probability)
    before = 0.0
    for position, second in enumerate(hypothesis.runners_up, start=first):
        if second.token != eos_id:
            yield Branch(
                segment,
                (*hypothesis.tokens[:position], second.token),
                round(taken[position] - second.log_probability, _DIGITS),
                before + second.log_probability,
            )
        before += taken[position]


def same_text(text: str) -> str:
    """A key that texts share if they differ only in white space, case or final punctuation."""
    return strip_final_punctuation(" ".join(text.split())).casefold()
