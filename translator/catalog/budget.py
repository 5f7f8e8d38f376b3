"""How much memory models may take, and which are evicted to make room."""

from collections import Counter, OrderedDict
from collections.abc import Iterable, Mapping

from translator.errors import ModelLoadError, OverloadedError

__all__ = ["MemoryBudget", "format_bytes"]

_RETRY_S = 5.0


class MemoryBudget:
    """Keeps track of which models are in memory and who holds them. It loads nothing itself.

    Models in memory never exceed the limit, and a held model is never evicted.

    Args:
        sizes: Bytes that each model takes.
        limit: Bytes that all models in memory may take; None means no limit.
    """

    def __init__(self, sizes: Mapping[str, int], limit: int | None = None) -> None:
        self.limit = limit
        self._sizes = sizes
        self._holders: Counter[str] = Counter()
        # The least recently used first.
        self._loaded: OrderedDict[str, None] = OrderedDict()

    @property
    def loaded(self) -> list[str]:
        """The models in memory, the least recently used first."""
        return list(self._loaded)

    @property
    def num_bytes(self) -> int:
        """How many bytes the models in memory take."""
        return sum(self._sizes[name] for name in self._loaded)

    def is_held(self, name: str) -> bool:
        """Whether anyone holds a model, loaded or not."""
        return self._holders[name] > 0

    def hold(self, name: str) -> None:
        """Protect a model from eviction, now or once it is loaded."""
        self._holders[name] += 1
        self._touch(name)

    def release(self, name: str) -> None:
        """Take back one ``hold`` of a model."""
        assert self._holders[name] > 0, f"{name} is held by nobody"  # noqa: S101
        self._holders[name] -= 1
        self._touch(name)

    def check(self, names: Iterable[str]) -> None:
        """Raise unless these models could be in memory together.

        Raises:
            ModelLoadError: Together they exceed the limit.
        """
        wanted = sorted(set(names))
        needed = sum(self._sizes[name] for name in wanted)
        if self.limit is not None and needed > self.limit:
            take = "takes" if len(wanted) == 1 else "together take"
            raise ModelLoadError(
                f"{', '.join(wanted)}: {take} about {format_bytes(needed)} of memory, more than "
                f"the {format_bytes(self.limit)} of model_memory: raise it, or take a smaller model"
            )

    def fits(self, name: str) -> bool:
        """Whether a model fits without evicting another."""
        return self.limit is None or self.num_bytes + self._sizes[name] <= self.limit

    def room_for(self, name: str) -> list[str]:
        """The models to evict to make room for one, the least recently used first.

        Raises:
            OverloadedError: Too many models in memory are held.
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
                f"no memory for the model {name} ({format_bytes(self._sizes[name])} of "
                f"{format_bytes(self.limit)}) while these are in use: {', '.join(sorted(held))}",
                retry_after_s=_RETRY_S,
                subject="model-memory",
            )
        return victims

    def add(self, name: str) -> None:
        """Count a model as loaded."""
        assert self.fits(name), f"{name} does not fit"  # noqa: S101
        self._loaded[name] = None

    def remove(self, name: str) -> None:
        """Count a model as evicted."""
        del self._loaded[name]

    def _touch(self, name: str) -> None:
        if name in self._loaded:
            self._loaded.move_to_end(name)


def format_bytes(num_bytes: int) -> str:
    """Format a number of bytes for people."""
    return f"{num_bytes / 2**20:,.0f} MiB"
