"""What of a segment's source is to be translated next."""

from collections.abc import Callable

from translator.policy.base import Policy
from translator.session.filed import Wanted
from translator.session.hypothesis import TargetHypothesis
from translator.session.segment import Segment
from translator.session.tail import Tail

__all__ = ["Wants"]


class Wants:
    """What has been translated of one segment for one target, and what not yet.

    Committed source goes first, since only that may commit; then, for the draft, the sentence in
    which it ends together with the tentative source, and each further sentence of the tail.

    Attributes:
        answered: The committed source that was translated last.
    """

    def __init__(self) -> None:
        self._tail: Tail | None = None
        self.answered = ""
        # The same with the tentative source after it.
        self._head: Wanted | None = None

    @property
    def shown_tail(self) -> Tail | None:
        """The sentences that are shown after the segment; None where they would follow a gap."""
        return self._tail if self._head else None

    def next(self, segment: Segment, build: Callable[[], Policy]) -> Wanted | None:
        """What to translate next; None: all that there is has been translated.

        Args:
            segment: The segment, as it is now.
            build: Makes the policy that says how much of the tail's last sentence is shown.
        """
        committed = segment.committed
        if not segment.closed:
            # Marks that may begin the next segment are not to be committed with this one.
            committed = committed[: segment.config.segmenter.settled_length(committed)]
        if (
            segment.closed
            or not segment.tentative
            or not segment.config.drafts
            or (committed != self.answered and not segment.is_blank)
        ):
            # Tentative text comes next: then it is what rests.
            is_resting = segment.is_resting and not segment.tentative
            is_whole = segment.closed or segment.is_ended or is_resting
            return Wanted(
                committed, is_committed=True, is_complete=segment.closed, is_whole=is_whole
            )
        if self._tail is None:
            self._tail = Tail(build())
        self._tail.cut(segment)
        head = Wanted(
            self._tail.head,
            is_committed=False,
            is_complete=False,
            is_whole=segment.is_resting or bool(self._tail.pieces),
        )
        if head != self._head:
            return head
        piece = self._tail.next_piece(is_resting=segment.is_resting)
        if piece is None:
            return None
        text, is_whole = piece
        return Wanted(text, is_committed=False, is_complete=False, is_whole=is_whole, is_tail=True)

    def take(self, wanted: Wanted) -> None:
        """Note that something was translated that is no sentence of the tail."""
        if wanted.is_committed:
            self.answered = wanted.text
        else:
            self._head = wanted

    def take_tail(self, wanted: Wanted, target: TargetHypothesis) -> None:
        """Take the translation of a sentence of the tail."""
        if self._tail is not None:
            self._tail.take(wanted.text, target, is_whole=wanted.is_whole)

    def ask_head_again(self) -> None:
        """Have committed and tentative source translated once more: the draft fits no longer."""
        self._head = None
