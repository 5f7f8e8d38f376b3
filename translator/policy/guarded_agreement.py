"""Guarded agreement: local agreement that keeps its distance and stops only at sure words."""

from math import exp

from translator.policy.agreement import Agreement, LastLengths
from translator.policy.base import Observation, Policy
from translator.policy.distance import length_without_last
from translator.policy.drafts import Drafts

__all__ = ["GuardedAgreement"]


class GuardedAgreement(Policy):
    """Commits the longest beginning of a hypothesis that is agreed on, settled, and ends surely.

    A beginning up to the end of word i is committed when

    1. the hypotheses of the last n source lengths agree on it, and on ``hold`` words more (local
       agreement, arXiv 2005.11185);
    2. none of its words is aligned with one of the last ``distance`` source words, the last of
       which may be unfinished (AlignAtt, arXiv 2305.11408, with words in place of frames);
    3. P(word i | source, words before) >= sure / 100 in each of those n hypotheses, where P is the
       product over the word's tokens.

    Nothing is committed before the source has ``start`` words: a question may look like a statement
    for as long, and a short utterance is over before its reader would have gained anything.

    The third is ours. A word that depends on what is still to come, such as an article before its
    noun, competes with others that are about as likely, and agreement alone mistakes the same guess
    made n times for knowledge. Only the last word is checked: whatever a sure word follows has been
    decided.

    For a word without an alignment only 1 and 3 apply; if the model does not align, that is every
    word.

    Some models can be told that an open segment goes on (``marian/open_end.py``). They then
    translate only what the source is enough for, and are less sure where more of it may change
    things.

    A draft shows the words that the hypotheses of the last ``survive`` source lengths agree on; see
    ``Drafts``.

    Args:
        n: Hypotheses that have to agree, at least 2.
        hold: Words at the end of what is agreed on that are held back, at least 0.
        distance: Source words at the end that nothing committed is aligned with, at least 1.
        sure: Least probability, in percent, of a word that a commit ends with; 0 to 100.
        survive: Hypotheses that have to agree on a word of a draft; 1 shows all.
        bias: How much a hypothesis with tentative source, which cannot commit, favours the one
            before, in percent, 0 to 49; 0 not at all.
        start: Source words, the last perhaps unfinished, before anything is committed.
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
    ) -> None:
        if n < 2:
            raise ValueError(f"n is {n}; at least 2 hypotheses can agree")
        if hold < 0:
            raise ValueError(f"hold is {hold}; at least 0 words can be held back")
        if distance < 1:
            raise ValueError(f"distance is {distance}; at least the last source word is withheld")
        if not 0 <= sure <= 100:
            raise ValueError(f"sure is {sure}; a probability is 0 to 100 percent")
        if start < 0:
            raise ValueError(f"start is {start}; at least 0 source words can be waited for")
        self.start = start
        self.n = n
        self.hold = hold
        self.distance = distance
        self.sure = sure
        self._agreement = Agreement(n)
        # Where the sure words of the same hypotheses end.
        self._sure_ends: LastLengths[set[int]] = LastLengths(n)
        self.drafts = Drafts(survive, bias=bias)
        self.draft_bias = self.drafts.bias
        # With ``survive`` 1, every word is shown at once, whatever becomes of it.
        self.steadies_drafts = survive > 1

    def start_segment(self) -> None:
        self._agreement.clear()
        self._sure_ends.clear()
        self.drafts.start_segment()

    def stable_length(self, observation: Observation) -> int:
        """The beginning for which all three conditions hold."""
        sure_ends = {w.end for w in observation.words if 100 * exp(w.log_probability) >= self.sure}
        self._agreement.add(observation.num_source_words, observation.text)
        self._sure_ends.add(observation.num_source_words, sure_ends)
        if observation.num_source_words < self.start:
            return observation.committed_length
        agreed = min(self._agreement.length, self._reliable_length(observation))
        always_sure = set.intersection(*self._sure_ends.items)
        settled = length_without_last(observation.source_text, self.distance)
        words = [word for word in observation.words if word.end <= agreed]
        stable = observation.committed_length
        for word in words[: max(0, len(words) - self.hold)]:
            if word.source_end is not None and word.source_end > settled:
                break
            if word.end in always_sure:
                stable = word.end
        return stable

    def shown_length(self, observation: Observation) -> int:
        return self.drafts.shown_length(observation)

    def show(self, observation: Observation, length: int) -> None:
        self.drafts.show(observation, length)
