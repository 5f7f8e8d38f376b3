"""Guarded agreement: local agreement that keeps its distance and stops only at sure words."""

from math import exp

from translator.policy.agreement import Agreement, LastLengths
from translator.policy.base import Observation, Policy
from translator.policy.distance import settled_length
from translator.policy.drafts import Drafts
from translator.text.words import count_steps

__all__ = ["GuardedAgreement"]

# So many source words from the end, a word has to be as sure as ``sure`` says; and from so many on,
# doubt does not grow any more.
_SURE_AT_WORDS = 3
_EASED_WORDS = 5
# From so many source words on, the length asks for nothing more.
_EARLY_WORDS = 6


class GuardedAgreement(Policy):
    """Commits the longest beginning of a hypothesis that is agreed on, settled, and ends surely.

    A beginning up to the end of word i is committed when

    1. the hypotheses of the last n source lengths agree on it, and on ``hold`` words more (local
       agreement, arXiv 2005.11185);
    2. none of its words is aligned with one of the last ``distance`` source words, the last of
       which may be unfinished (AlignAtt, arXiv 2305.11408, with words in place of frames; here a
       mark that ends a phrase counts as a word);
    3. P(word i | source, words before) >= sure / 100 in each of those n hypotheses, where P is the
       product over the word's tokens. With an ``ease`` above 100, words far from the end of the
       source may be less sure, and those near it have to be more: ``sure`` is then what a word asks
       for that is 3 source words from the end, and the doubt that is left, 1 - sure / 100, grows by
       ``ease`` / 100 with each word further away, up to the fifth.

    Nothing is committed before the source has ``start`` words: a question may look like a statement
    for as long, and a short utterance is over before its reader would have gained anything. With an
    ``early`` below 100 the doubt that is left shrinks to ``early`` percent of itself with each word
    that a source has less than 6, so that only what is very sure is committed of so little.

    The third is ours. A word that depends on what is still to come, such as an article before its
    noun, competes with others that are about as likely, and agreement alone mistakes the same guess
    made n times for knowledge. Only the last word is checked: whatever a sure word follows has been
    decided.

    For a word without an alignment only 1 and 3 apply, without ``ease``; if the model does not
    align, that is every word.

    Some models can be told that an open segment goes on (``marian/open_end.py``). They then
    translate only what the source is enough for, and are less sure where more of it may change
    things.

    A draft shows the words that the hypotheses of the last ``survive`` source lengths agree on; see
    ``Drafts``.

    Args:
        n: Hypotheses that have to agree, at least 2.
        hold: Words at the end of what is agreed on that are held back, at least 0.
        distance: Source words at the end that nothing committed is aligned with, at least 1. A mark
            that ends a phrase counts as one.
        sure: Least probability, in percent, of a word that a commit ends with; 0 to 100.
        ease: By how much the doubt that is left to it grows with each source word between it and
            the end, in percent of what it was; 100 to 1000. 100: not at all.
        survive: Hypotheses that have to agree on a word of a draft; 1 shows all.
        bias: How much a hypothesis with tentative source, which cannot commit, favours the one
            before, in percent, 0 to 49; 0 not at all.
        start: Source words, the last perhaps unfinished, before anything is committed.
        early: What is left of the doubt for each word that the source has less than 6, in percent;
            1 to 100. 100: all.
    """

    opens_source = True

    def __init__(
        self,
        n: int = 3,
        hold: int = 0,
        distance: int = 2,
        sure: int = 98,
        survive: int = 2,
        bias: int = 20,
        start: int = 0,
        ease: int = 100,
        early: int = 100,
    ) -> None:
        if n < 2:
            raise ValueError(f"n is {n}; at least 2 hypotheses can agree")
        if hold < 0:
            raise ValueError(f"hold is {hold}; at least 0 words can be held back")
        if distance < 1:
            raise ValueError(f"distance is {distance}; at least the last source word is withheld")
        if not 0 <= sure <= 100:
            raise ValueError(f"sure is {sure}; a probability is 0 to 100 percent")
        if ease < 100:
            raise ValueError(f"ease is {ease}; doubt grows by 100 percent at least, or not at all")
        if not 1 <= early <= 100:
            raise ValueError(f"early is {early}; 1 to 100 percent of a doubt can be left")
        if start < 0:
            raise ValueError(f"start is {start}; at least 0 source words can be waited for")
        self.start = start
        self.n = n
        self.hold = hold
        self.distance = distance
        self.sure = sure
        self.ease = ease
        self.early = early
        self._agreement = Agreement(n)
        # How doubtful each word of the same hypotheses is, by where it ends.
        self._doubts: LastLengths[dict[int, float]] = LastLengths(n)
        self.drafts = Drafts(survive, bias=bias)
        self.draft_bias = self.drafts.bias
        # With ``survive`` 1, every word is shown at once, whatever becomes of it.
        self.steadies_drafts = survive > 1

    def start_segment(self) -> None:
        self._agreement.clear()
        self._doubts.clear()
        self.drafts.start_segment()

    def stable_length(self, observation: Observation) -> int:
        """The beginning for which all three conditions hold."""
        doubts = {w.end: 1 - exp(w.log_probability) for w in observation.words}
        self._agreement.add(observation.num_source_words, observation.text)
        self._doubts.add(observation.num_source_words, doubts)
        if observation.num_source_words < self.start:
            return observation.committed_length
        agreed = min(self._agreement.length, self._reliable_length(observation))
        settled = settled_length(observation.source_text, self.distance)
        words = [word for word in observation.words if word.end <= agreed]
        stable = observation.committed_length
        reached = 0
        missing = max(0, _EARLY_WORDS - observation.num_source_words)
        doubt_left = (1 - self.sure / 100) * (self.early / 100) ** missing
        for word in words[: max(0, len(words) - self.hold)]:
            allowed = doubt_left
            if word.source_end is not None:
                if word.source_end > settled:
                    break
                reached = max(reached, word.source_end)
                if self.ease > 100:
                    allowed *= self._easing(observation.source_text[reached:])
            if all(doubt.get(word.end, 1.0) <= allowed for doubt in self._doubts.items):
                stable = word.end
        return stable

    def _easing(self, rest: str) -> float:
        """How many times as doubtful a word may be before the ``rest`` of the source."""
        num_words = min(count_steps(rest), _EASED_WORDS)
        return float((self.ease / 100) ** (num_words - _SURE_AT_WORDS))

    def shown_length(self, observation: Observation) -> int:
        return self.drafts.shown_length(observation)

    def show(self, observation: Observation, length: int) -> None:
        self.drafts.show(observation, length)
