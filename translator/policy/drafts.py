"""Chooses which words of a hypothesis to show as a draft: those that are likely to stay."""

from translator.policy.agreement import Agreement
from translator.policy.base import Observation
from translator.policy.prefix import common_words_length
from translator.text.words import word_ends

__all__ = ["Drafts"]

# A recogniser may take back that many tentative words, and what survived of the rest is shown.
_NUM_SPARE = 16


class Drafts:
    """Shows the words that the hypotheses of the last ``survive`` source lengths agree on.

    Words are shown a little later and taken back less often. The idea is that of dynamic masking
    (Yao, Haddow, arXiv 2006.00249), but it costs no extra hypotheses.

    A number or a name has to survive one hypothesis more than other words: three grows into three
    hundred, and a reader sees it when one name follows the other. What counts as one is told from
    its letters: a digit, or a capital other than in the first word or where all are capitals.

    Args:
        survive: Hypotheses that have to agree on a word, at least 1; 1 shows all, whatever it is.
        mask_k: Words at the end of what is left that are not shown, at least 0 (mask-k,
            Arivazhagan et al., arXiv 2004.03643).
        bias: How much a hypothesis that cannot commit favours the one before, in percent, 0 to 49.
            From 50 on no word of a draft would ever change.

    Attributes:
        bias: The same as a fraction.
    """

    def __init__(self, survive: int = 1, mask_k: int = 0, bias: int = 0) -> None:
        if survive < 1:
            raise ValueError(f"survive is {survive}; a word is in at least 1 hypothesis")
        if mask_k < 0:
            raise ValueError(f"mask-k is {mask_k}; at least 0 words can be masked")
        if not 0 <= bias < 50:
            raise ValueError(f"bias is {bias}; allowed: 0 to 49 percent")
        self.survive = survive
        self.mask_k = mask_k
        self.bias = bias / 100
        self._words = Agreement(survive, num_spare=_NUM_SPARE)
        self._names = Agreement(survive + (survive > 1), num_spare=_NUM_SPARE)
        # What was shown last, and whether it was of tentative source; of this segment, and of the
        # one before.
        self._shown = self._shown_before = ""
        self._was_tentative = False

    def start_segment(self) -> None:
        """Forget the hypotheses of the segment before.

        What was shown of its tentative source now belongs to this segment. It stays on screen as
        far as the first hypothesis still says the same.
        """
        self._words.clear()
        self._names.clear()
        self._shown_before = self._shown if self._was_tentative else ""
        self._shown = ""

    def shown_length(self, observation: Observation) -> int:
        """How many code points of the hypothesis to show. Call it once for each."""
        for agreement in (self._words, self._names):
            agreement.add(observation.num_source_words, observation.text)
        # What still stands is not taken back because the source has become shorter.
        still = self._still_length(observation.text)
        survived, names_survived = self._words.length, max(still, self._names.length)
        capitals_tell = not observation.text.isupper()
        ends = [observation.committed_length]
        for word in observation.words:
            if word.end > max(still, survived):
                break
            text = observation.text[ends[-1] : word.end]
            if word.end > names_survived and _is_name(
                text, capitals_tell=capitals_tell and ends[-1] > 0
            ):
                break
            ends.append(word.end)
        length = ends[max(0, len(ends) - 1 - self.mask_k)]
        self.show(observation, length)
        return length

    def show(self, observation: Observation, length: int) -> None:
        """Remember that ``length`` code points of a hypothesis are on screen."""
        self._shown, self._shown_before = observation.text[:length], ""
        self._was_tentative = not observation.source_is_committed

    def _still_length(self, text: str) -> int:
        """How many code points of ``text``, in whole words, are already on screen."""
        still = common_words_length([self._shown, text])
        if not self._shown_before:
            return still
        starts = [0, *word_ends(self._shown_before)]
        rests = [self._shown_before[start:].lstrip() for start in starts]
        return max(still, *(common_words_length([rest, text]) for rest in rests))


def _is_name(word: str, *, capitals_tell: bool) -> bool:
    """Whether a word has a digit or, where that means anything, a capital."""
    return any(c.isdigit() or (capitals_tell and c.isupper()) for c in word)
