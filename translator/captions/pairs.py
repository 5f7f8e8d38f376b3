"""Which languages a room can be read in, by the pairs that the servers have."""

from collections.abc import Iterable

__all__ = ["Pairs"]

# What two models can do goes through English.
_PIVOT = "en"


def _base(code: str) -> str:
    return code.split("-")[0].lower()


class Pairs:
    """The pairs that there are, also those through English.

    Args:
        pairs: Source and target of each model, BCP-47.
    """

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self._targets: dict[str, set[str]] = {}
        for source, target in pairs:
            self._targets.setdefault(_base(source), set()).add(target)

    def __bool__(self) -> bool:
        return bool(self._targets)

    @property
    def sources(self) -> set[str]:
        """Languages that are translated from."""
        return set(self._targets)

    @property
    def all_targets(self) -> set[str]:
        """Languages that are translated into."""
        return set().union(*self._targets.values()) if self._targets else set()

    def targets(self, source: str) -> set[str]:
        """Languages that a source can be read in, without its own."""
        direct = self._targets.get(_base(source), set())
        if any(_base(target) == _PIVOT for target in direct):
            direct = direct | self._targets.get(_PIVOT, set())
        return {target for target in direct if _base(target) != _base(source)}

    def can(self, source: str, target: str) -> bool:
        """Whether a source can be read in a language; its own passes through."""
        if _base(source) == _base(target):
            return True
        return any(_base(target) == _base(each) for each in self.targets(source))
