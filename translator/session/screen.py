"""What a reader sees of one target, and how much of it is taken back."""

from translator.text.words import count_words, num_erased

__all__ = ["Screen"]


class Screen:
    """Counts the words that are shown and taken back (arXiv 2004.03643).

    A reader sees the text of all closed segments, and of the open one what is committed and its
    draft. An update that closes a segment has no draft, so what the segment showed of the next
    one's text goes with it. The next segment's first update, which leaves in the same moment, says
    what of that stays: the two count as one step. What is kept is bounded by the open segment.
    """

    def __init__(self) -> None:
        self._segment_id = -1
        self._committed = ""
        # What is shown after it; after a close, of the next segment.
        self._draft = ""
        self._is_closed = False
        self._erased = 0

    @property
    def erased_words(self) -> int:
        """Words taken back so far, those with a closed segment's draft included."""
        return self._erased + (count_words(self._draft) if self._is_closed else 0)

    @property
    def committed(self) -> str:
        """What is committed of the segment."""
        return self._committed

    def begin(self, segment_id: int, committed: str = "") -> None:
        """Go on with another segment, of which something may have been committed before."""
        if not self._is_closed:
            self._draft = ""
        self._segment_id, self._committed, self._is_closed = segment_id, committed, False

    def show(self, segment_id: int, committed: str, draft: str, *, closed: bool) -> None:
        """Take an update: text to add to what is committed, the draft after it, and whether it
        closes its segment.
        """
        if segment_id != self._segment_id:
            self.begin(segment_id)
        before = self._committed + self._draft
        self._committed += committed
        self._draft, self._is_closed = draft, closed
        after = self._committed + draft
        erased = num_erased(before, after)
        if closed and not num_erased(after, before):
            # All of it was shown, and more.
            self._draft = " ".join(before.split()[count_words(after) :])
            erased = 0
        self._erased += erased
