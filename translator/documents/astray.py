"""Tells whether a translation went astray after a term that it had to contain.

The decoder goes on greedily from a form that it would not have written. Mostly the rest stays what
it was; at times it becomes something else ("The room is heavy" → "O aposento de ar"). Then the rest
is far less probable than the translation was without the form, or a word of the source that was
translated then is not any more. Measured: docs/terms.md.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from translator.documents.alternatives import Score
from translator.engine.request import Hypothesis
from translator.session.hypothesis import TargetHypothesis
from translator.terms.match import Match

__all__ = ["Said", "continued", "says_more", "went_astray"]

# In natural logs, the mean over the tokens. How much less probable a rest may be, also when a word
# is lost; and what is improbable whatever was there before.
_LESS = 0.15
_LESS_WITH_LOSS = 0.05
_IMPROBABLE = -0.3


class Said(NamedTuple):
    """What a model made of a segment.

    Attributes:
        mean: The mean log probability of the tokens after the prefix, the end included.
        whole: The same of all tokens.
        words: Where the words of the source begin that some of its tokens come from.
    """

    mean: float
    whole: float
    words: frozenset[int]

    @classmethod
    def of(cls, target: TargetHypothesis, hypothesis: Hypothesis, num_prefix: int) -> "Said":
        """Of a hypothesis that has log probabilities, with a target prefix of some tokens."""
        whole = Score.of(hypothesis)
        after = whole - Score(sum(hypothesis.log_probabilities[:num_prefix]), num_prefix)
        found = (target.source_range(n, n + 1) for n in range(len(hypothesis.tokens)))
        covered = [known for known in found if known is not None]
        starts = target.source.word_starts()
        ends = [*starts[1:], len(target.source.text) + target.source.offset]
        return cls(
            after.mean,
            whole.mean,
            frozenset(
                start
                for start, end in zip(starts, ends, strict=True)
                if any(first < end and start < last for first, last in covered)
            ),
        )


def continued(hypothesis: Hypothesis, former: Hypothesis, num_prefix: int) -> Hypothesis:
    """A hypothesis with the log probabilities that its prefix's tokens had in a former one.

    What the prefix has after those that both begin with was forced, and keeps 0.
    """
    pairs = zip(hypothesis.tokens[:num_prefix], former.tokens, strict=False)
    num_same = next((n for n, (own, its) in enumerate(pairs) if own != its), num_prefix)
    num_same = min(num_same, len(former.tokens))
    known = former.log_probabilities[:num_same] + hypothesis.log_probabilities[num_same:]
    return replace(hypothesis, log_probabilities=known)


def went_astray(before: Said, after: Said, terms: Sequence[Match]) -> bool:
    """Whether a translation went astray.

    Args:
        before: Without the form.
        after: What follows the form.
        terms: The terms of the source. Their words may be lost: forms stand for them.
    """
    lost = any(
        not any(term.start <= word < term.end for term in terms)
        for word in before.words - after.words
    )
    less = _LESS_WITH_LOSS if lost else _LESS
    return after.mean < max(before.mean - less, _IMPROBABLE)


def says_more(other: Said, astray: Said, before: Said) -> bool:
    """Whether another translation is better than the one that went astray from ``before``.

    It is if it is more probable as a whole, or has more of the words that were translated before.
    """
    return other.whole > astray.whole or len(other.words & before.words) > len(
        astray.words & before.words
    )
