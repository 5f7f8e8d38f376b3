"""How much memory models may take, and which of them goes when another needs its place."""

from collections import Counter, OrderedDict
from collections.abc import Iterable, Mapping

from translator.errors import ModelLoadError, OverloadedError

__all__ = ["MemoryBudget", "in_words"]

_RETRY_S = 5.0


class MemoryBudget:
    """Keeps the books: which models are in memory, and who holds them. It loads nothing.

    What is in memory never takes more than the limit, and a model that is held never goes.

    Args:
        sizes: Bytes of each model.
        limit: Bytes that all in memory may take; None: any.
    """

    def __init__(self, sizes: Mapping[str, int], limit: int | None = None) -> None:
        self.limit = limit
        self._sizes = sizes
        self._holders: Counter[str] = Counter()
        # The least recently used first.
        self._loaded: OrderedDict[str, None] = OrderedDict()

    @property
    def loaded(self) -> list[str]:
        """What is in memory, the least recently used first."""
        return list(self._loaded)

    @property
    def num_bytes(self) -> int:
        """Taken by what is in memory."""
        return sum(self._sizes[name] for name in self._loaded)

    def is_held(self, name: str) -> bool:
        """Whether anyone holds a model, in memory or not."""
        return self._holders[name] > 0

    def hold(self, name: str) -> None:
        """Keep a model from being evicted, from now on or once it is in memory."""
        self._holders[name] += 1
        self._touch(name)

    def release(self, name: str) -> None:
        """Undo one ``hold``."""
        assert self._holders[name] > 0, f"{name} is held by nobody"  # noqa: S101
        self._holders[name] -= 1
        self._touch(name)

    def check(self, names: Iterable[str]) -> None:
        """Refuse models that can never be in memory together.

        Raises:
            ModelLoadError: They take more than the limit.
        """
        wanted = sorted(set(names))
        needed = sum(self._sizes[name] for name in wanted)
        if self.limit is not None and needed > self.limit:
            take = "takes" if len(wanted) == 1 else "together take"
            raise ModelLoadError(
                f"{', '.join(wanted)}: {take} about {in_words(needed)} of memory, more than the "
                f"{in_words(self.limit)} of model_memory: raise it, or take a smaller model"
            )

    def fits(self, name: str) -> bool:
        """Whether there is room for a model without any other having to go."""
        return self.limit is None or self.num_bytes + self._sizes[name] <= self.limit

    def room_for(self, name: str) -> list[str]:
        """The models that have to go for one to come, the least recently used first.

        Raises:
            OverloadedError: Too many of those in memory are held.
        """
        if self.limit is None:
            return []
        excess = self.num_bytes + self._sizes[name] - self.limit
        victims: list[str] = []
        for other in self._loaded:
            if excess <= 0:
                break
            if not self.is_held(other):
                victims.append(other)
                excess -= self._sizes[other]
        if excess > 0:
            held = [other for other in self._loaded if self.is_held(other)]
            raise OverloadedError(
                f"no memory for the model {name} ({in_words(self._sizes[name])} of "
                f"{in_words(self.limit)}) while these are in use: {', '.join(sorted(held))}",
                retry_after_s=_RETRY_S,
                subject="model-memory",
            )
        return victims

    def add(self, name: str) -> None:
        """Count a model as in memory."""
        assert self.fits(name), f"{name} does not fit"  # noqa: S101
        self._loaded[name] = None

    def remove(self, name: str) -> None:
        """Count a model as gone."""
        del self._loaded[name]

    def _touch(self, name: str) -> None:
        if name in self._loaded:
            self._loaded.move_to_end(name)


def in_words(num_bytes: int) -> str:
    """Bytes for people."""
    return f"{num_bytes / 2**20:,.0f} MiB"
