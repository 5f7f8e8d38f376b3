"""Long-form scoring: cuts a talk's output where its reference segments are.

A session has its own segments, so its words are first assigned to the reference segments
(SoftSegmenter; Polák et al., arXiv 2509.17349), as in OmniSTEval: words are aligned so that the sum
of their similarities is greatest, and unaligned words go to the more similar neighbour. The second
step is OmniSTEval's own code. The first gives the same alignment as its ``align_sequences``, but by
rows: a lecture is ten million pairs of words.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from omnisteval.alignment import ALL_PUNCT, Word, process_alignment
from omnisteval.tokenization import unicode_normalize

from translator.eval.log import Instance
from translator.eval.talk import Reference

__all__ = ["ScoredSegment", "aligned", "resegmented"]

_Matrix = npt.NDArray[np.float64]
_MATCH, _DELETE, _INSERT = 0, 1, 2


@dataclass(frozen=True, slots=True)
class ScoredSegment:
    """A reference segment, and the output words assigned to it; times are milliseconds.

    Attributes:
        reference: The segment.
        prediction: The output words assigned to it.
        delays: Delays of these words, counted from the segment's beginning.
        elapsed: The same with computation.
        end: End of the recording, counted from the segment's beginning.
    """

    reference: Reference
    prediction: str
    delays: tuple[float, ...]
    elapsed: tuple[float, ...]
    end: float

    @property
    def source_length(self) -> float:
        """Length of the segment's source."""
        return 1e3 * (self.reference.end_s - self.reference.start_s)


def resegmented(instance: Instance, references: Sequence[Reference]) -> list[ScoredSegment]:
    """Assign the output of a talk to its reference segments."""
    targets = [
        Word(unicode_normalize(word).lower(), seq_id=index)
        for index, reference in enumerate(references)
        for word in reference.text.lower().split()
    ]
    outputs = [
        Word(unicode_normalize(word).lower(), emission_cu=delay, emission_ca=elapsed, original=word)
        for word, delay, elapsed in zip(
            instance.prediction.split(), instance.delays, instance.elapsed, strict=True
        )
    ]
    given: dict[int, list[Word]] = {}
    if targets and outputs:
        for word in process_alignment(*aligned(targets, outputs), char_level=False):
            given.setdefault(word.seq_id, []).append(word)
    end_s = max(reference.end_s for reference in references)
    scored: list[ScoredSegment] = []
    for index, reference in enumerate(references):
        words = given.get(index, [])
        start = 1e3 * reference.start_s
        scored.append(
            ScoredSegment(
                reference,
                " ".join(word.original for word in words),
                tuple(word.emission_cu - start for word in words),
                tuple(word.emission_ca - start for word in words),
                1e3 * end_s - start,
            )
        )
    return scored


def aligned(
    targets: Sequence[Word], outputs: Sequence[Word]
) -> tuple[list[Word | None], list[Word | None]]:
    """Bring both sequences to one length, with None opposite each unaligned word.

    Word order is kept, and the sum of the similarities of aligned words is the greatest possible.
    Among equal sums, looking from the end, a pair is preferred to a target word alone, and that to
    an output word alone.
    """
    similarity = _similarities([w.text for w in targets], [w.text for w in outputs])
    num_targets, num_outputs = similarity.shape
    back = np.empty((num_targets, num_outputs), dtype=np.int8)
    above = np.zeros(num_outputs + 1)
    for row in range(num_targets):
        match = above[:-1] + similarity[row]
        best = np.maximum.accumulate(np.maximum(match, above[1:]).clip(min=0.0))
        left = np.concatenate(([0.0], best[:-1]))
        is_match = (match >= above[1:]) & (match >= left)
        back[row] = np.where(is_match, _MATCH, np.where(above[1:] >= left, _DELETE, _INSERT))
        above = np.concatenate(([0.0], best))
    pairs: list[tuple[Word | None, Word | None]] = []
    i, j = num_targets, num_outputs
    while i and j:
        step = back[i - 1, j - 1]
        i -= step != _INSERT
        j -= step != _DELETE
        pairs.append(
            (targets[i] if step != _INSERT else None, outputs[j] if step != _DELETE else None)
        )
    pairs += [(target, None) for target in reversed(targets[:i])]
    pairs += [(None, output) for output in reversed(outputs[:j])]
    pairs.reverse()
    return [target for target, _ in pairs], [output for _, output in pairs]


def _similarities(targets: Sequence[str], outputs: Sequence[str]) -> _Matrix:
    """Jaccard similarity of the letters of each pair of words; -inf between a mark and a word."""
    letters = {
        letter: place for place, letter in enumerate(sorted(set("".join([*targets, *outputs]))))
    }

    def sets(words: Sequence[str]) -> tuple[_Matrix, npt.NDArray[np.bool_]]:
        found = np.zeros((len(words), len(letters)))
        for row, word in enumerate(words):
            found[row, [letters[letter] for letter in set(word)]] = 1.0
        return found, np.array([word in ALL_PUNCT for word in words], dtype=bool)

    ours, our_marks = sets(targets)
    theirs, their_marks = sets(outputs)
    shared = ours @ theirs.T
    union = ours.sum(axis=1)[:, None] + theirs.sum(axis=1)[None, :] - shared
    similarity: _Matrix = np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)
    similarity[our_marks[:, None] ^ their_marks[None, :]] = -np.inf
    return similarity
