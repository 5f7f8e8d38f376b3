"""What was said of the last source lengths, and the beginning that hypotheses have in common."""

from collections import deque
from typing import Generic, TypeVar

from translator.policy.prefix import common_words_length

__all__ = ["Agreement", "LastLengths"]

T = TypeVar("T")


class LastLengths(Generic[T]):
    """One item for each of the last n source lengths.

    An item is of a new source length only when the source has a word more: several hypotheses of
    one unfinished word agree too easily, and the last of them stands for all.

    Args:
        n: How many lengths count.
        num_spare: Older ones that are kept for when the last are taken back, as those of tentative
            source are.
    """

    def __init__(self, n: int, num_spare: int = 0) -> None:
        self.n = n
        self._items: deque[tuple[int, T]] = deque(maxlen=n + num_spare)

    @property
    def items(self) -> list[T]:
        """The items that count, the last length's last."""
        return [item for _, item in self._items][-self.n :]

    @property
    def is_full(self) -> bool:
        """Whether there are n."""
        return len(self._items) >= self.n

    def clear(self) -> None:
        """Forget all."""
        self._items.clear()

    def add(self, num_source_words: int, item: T) -> None:
        """Add the item of a source of so many words; those of as many or more are forgotten."""
        while self._items and self._items[-1][0] >= num_source_words:
            self._items.pop()
        self._items.append((num_source_words, item))


class Agreement(LastLengths[str]):
    """The hypotheses of the last n source lengths."""

    @property
    def length(self) -> int:
        """Code points of the beginning, in whole words, that they share; 0 if fewer than n."""
        return common_words_length(self.items) if self.is_full else 0
