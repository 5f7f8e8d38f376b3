"""The hypotheses of the last source lengths, and the beginning they share."""

from collections import deque
from typing import Generic, TypeVar

from translator.policy.prefix import common_words_length

__all__ = ["Agreement", "LastLengths"]

T = TypeVar("T")


class LastLengths(Generic[T]):
    """Keeps one item for each of the last n source lengths.

    A source length counts as new only if it has one more word. Several hypotheses of the same
    unfinished word agree too easily, so the last of them replaces the others.

    Args:
        n: How many lengths count.
        num_spare: How many older items to keep as well, for when tentative source is taken back and
            the newest items go with it.
    """

    def __init__(self, n: int, num_spare: int = 0) -> None:
        self.n = n
        self._items: deque[tuple[int, T]] = deque(maxlen=n + num_spare)

    @property
    def items(self) -> list[T]:
        """The items that count, oldest first."""
        return [item for _, item in self._items][-self.n :]

    @property
    def is_full(self) -> bool:
        """Whether n items are there."""
        return len(self._items) >= self.n

    def clear(self) -> None:
        self._items.clear()

    def add(self, num_source_words: int, item: T) -> None:
        """Add the item for a source of ``length`` words; drop those for as many or more."""
        while self._items and self._items[-1][0] >= num_source_words:
            self._items.pop()
        self._items.append((num_source_words, item))


class Agreement(LastLengths[str]):
    """The hypotheses of the last n source lengths."""

    @property
    def length(self) -> int:
        """How many code points they share, in whole words; 0 if there are fewer than n."""
        return common_words_length(self.items) if self.is_full else 0
