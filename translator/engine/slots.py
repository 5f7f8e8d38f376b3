"""Keeps track of which request owns which row of the batch."""

from translator.engine.batch import Decoding

__all__ = ["SlotTable"]


class SlotTable:
    """Rows 0 … n-1 of the batch and their owners, without holes.

    Without holes, a step works on a plain slice of the batch's tensors and gathers nothing: when a
    row is released, the last row moves into its place.
    """

    def __init__(self, capacity: int) -> None:
        if capacity < 1:
            raise ValueError(f"capacity is {capacity}; at least 1 is needed")
        self.capacity = capacity
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

    def acquire(self, decoding: Decoding) -> int:
        """Give ``decoding`` the next row."""
        if not self.num_free:
            raise IndexError(f"all {self.capacity} slots are taken")
        self._owners.append(decoding)
        return len(self._owners) - 1

    def release(self, decoding: Decoding) -> tuple[int, int] | None:
        """Take its row from ``decoding``.

        Returns:
            ``(row, to)`` if the last row has to be moved into the freed place, else None.

        Raises:
            ValueError: It owns no row.
        """
        row = next((i for i, owner in enumerate(self._owners) if owner is decoding), None)
        if row is None:
            raise ValueError(f"the request of {decoding.request.key} owns no slot")
        last = self._owners.pop()
        if row == len(self._owners):
            return None
        self._owners[row] = last
        return len(self._owners), row

    def check_integrity(self) -> None:
        """Raise AssertionError unless every owner has one row and keys are unique."""
        keys = [owner.request.key for owner in self._owners]
        assert len(self._owners) <= self.capacity, "more owners than slots"  # noqa: S101
        assert len(set(keys)) == len(keys), f"a key owns two slots: {keys}"  # noqa: S101
        assert not any(o.is_finished for o in self._owners), "a finished request owns a slot"  # noqa: S101
