"""Whole sentences in a tentative tail: translated one by one, as the segments they will become."""

from translator.policy.base import Observation, Policy
from translator.session.hypothesis import TargetHypothesis
from translator.session.segment import Segment
from translator.text.words import count_steps

__all__ = ["Tail"]

# Of a longer tail the newest segments are shown, as many as this many code points hold, in segments
# of the greatest length.
_MAX_SEGMENTS = 3
_MAX_WORD_LENGTH = 50


class Tail:
    """What follows the first sentence end in a segment's tentative source.

    A recogniser may hold back a minute of speech. What it holds is cut as committed source is, so
    the newest words are shown however long it is, and a sentence is not translated again because
    another one grows after it.

    Args:
        policy: Says how much of the last sentence, which still grows, is shown.
    """

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._cut: tuple[str, str] | None = None
        self.head = ""
        self.pieces: list[str] = []
        # What is shown of those that have ended; and of the one that grows, its place and what was
        # asked of it.
        self._shown: dict[str, str] = {}
        self._last: tuple[str, bool] | None = None
        self._last_place = 0
        self._last_shown = ""

    def cut(self, segment: Segment) -> None:
        """Cut committed and tentative source into ``head``, the open segment, and what follows."""
        if self._cut == (segment.committed, segment.tentative):
            return
        self._cut = segment.committed, segment.tentative
        segmenter = segment.config.segmenter
        limit = segmenter.limits.max_length
        text = segment.committed + segment.tentative[:limit]
        first = max(len(segment.committed), next(segmenter.split(text), (0, 0))[1])
        self.head = text[:first]
        rest = segment.tentative[first - len(segment.committed) :]
        if len(rest) > _MAX_SEGMENTS * limit:
            # The middle of a long tail is not shown; from a word's beginning on the rest is.
            rest = rest[-_MAX_SEGMENTS * limit :]
            rest = rest[max(rest.find(" ", 0, _MAX_WORD_LENGTH), 0) :]
        former = len(self.pieces)
        self.pieces = [rest[start:end] for start, end in segmenter.split(rest)]
        self.pieces = [piece for piece in self.pieces if piece.strip()]
        if len(self.pieces) != former:
            self._policy.start_segment()
            self._last = None
            self._last_shown = self._last_shown if self.pieces else ""
        ended = self.pieces[:-1]
        self._shown = {piece: text for piece, text in self._shown.items() if piece in ended}

    def next_piece(self, *, is_resting: bool) -> tuple[str, bool] | None:
        """What is to be translated next, and whether it is whole; None: all is known."""
        for piece in self.pieces[:-1]:
            if piece not in self._shown:
                return piece, True
        last = (self.pieces[-1], is_resting) if self.pieces else None
        return None if last == self._last else last

    def take(self, piece: str, hypothesis: TargetHypothesis, *, is_whole: bool) -> None:
        """Take the translation of a piece that was asked for."""
        if piece in self.pieces[:-1]:
            self._shown[piece] = hypothesis.text
        elif self.pieces and piece == self.pieces[-1]:
            self._last = piece, is_whole
            self._last_place = len(self.pieces) - 1
            observation = Observation(
                text=hypothesis.text,
                committed_length=0,
                words=hypothesis.words(0),
                source_text=piece,
                num_source_words=count_steps(piece),
                source_is_committed=False,
                source_is_whole=is_whole,
                is_truncated=hypothesis.is_truncated,
            )
            self._last_shown = hypothesis.text[: self._policy.decide(observation).shown_length]

    @property
    def text(self) -> str:
        """What is shown of it, up to the first sentence that nothing is known of.

        Until a sentence that has ended or changed is translated, it shows what it showed before.
        """
        text = ""
        for place, piece in enumerate(self.pieces):
            is_last = place == len(self.pieces) - 1
            known = None if is_last else self._shown.get(piece)
            if known is None and place != self._last_place:
                break
            known = self._last_shown if known is None else known
            text += f" {known}" if known else ""
        return text
