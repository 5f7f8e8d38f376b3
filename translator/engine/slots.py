"""Keeps track of which request owns which row of the batch."""

from translator.engine.batch import Decoding

__all__ = ["Move", "SlotTable"]

# A row's content has to be copied: from where, to where.
Move = tuple[int, int]


class SlotTable:
    """Rows 0 … n-1 of the batch and their owners, without holes.

    Those that somebody waits for are in front, in rows 0 … ``num_front`` - 1, the others behind
    them. So a step of all rows, or of those in front alone, works on a plain slice of the batch's
    tensors and gathers nothing. Where a row comes or goes, one or two others move to keep it so.
    """

    def __init__(self, capacity: int) -> None:
        if capacity < 1:
            raise ValueError(f"capacity is {capacity}; at least 1 is needed")
        self.capacity = capacity
        self.num_front = 0
        self._owners: list[Decoding] = []

    def __len__(self) -> int:
        return len(self._owners)

    @property
    def num_free(self) -> int:
        """Rows that can still be acquired."""
        return self.capacity - len(self._owners)

    @property
    def owners(self) -> tuple[Decoding, ...]:
        """The owner of each row, in row order."""
        return tuple(self._owners)

    def acquire(self, decoding: Decoding) -> tuple[int, list[Move]]:
        """Give ``decoding`` a row.

        Returns:
            The row, and what has to be moved before it is used.
        """
        if not self.num_free:
            raise IndexError(f"all {self.capacity} slots are taken")
        last = len(self._owners)
        self._owners.append(decoding)
        if not decoding.request.is_waited_for:
            return last, []
        first, self.num_front = self.num_front, self.num_front + 1
        if first == last:
            return last, []
        self._owners[last], self._owners[first] = self._owners[first], decoding
        return first, [(first, last)]

    def release(self, decoding: Decoding) -> list[Move]:
        """Take its row from ``decoding``.

        Returns:
            What has to be moved, in order, so that no hole is left.

        Raises:
            ValueError: It owns no row.
        """
        hole = next((i for i, owner in enumerate(self._owners) if owner is decoding), None)
        if hole is None:
            raise ValueError(f"the request of {decoding.request.key} owns no slot")
        moves: list[Move] = []
        lasts = [len(self._owners) - 1]
        if hole < self.num_front:
            self.num_front -= 1
            lasts.insert(0, self.num_front)
        for last in lasts:
            if last != hole:
                moves.append((last, hole))
                self._owners[hole] = self._owners[last]
            hole = last
        self._owners.pop()
        return moves

    def check_integrity(self) -> None:
        """Raise AssertionError unless every owner has one row, in its part, and keys are unique."""
        keys = [owner.request.key for owner in self._owners]
        assert len(self._owners) <= self.capacity, "more owners than slots"  # noqa: S101
        assert len(set(keys)) == len(keys), f"a key owns two slots: {keys}"  # noqa: S101
        assert not any(o.is_finished for o in self._owners), "a finished request owns a slot"  # noqa: S101
        front = [owner.request.is_waited_for for owner in self._owners]
        assert front == sorted(front, reverse=True), "the front is not in front"  # noqa: S101
        assert sum(front) == self.num_front, "the front is counted wrong"  # noqa: S101
