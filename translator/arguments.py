"""Arguments that are lists, which a single string must not pass for."""

from collections.abc import Iterable, Iterator, Mapping, Sized
from typing import Any, Protocol, TypeVar

__all__ = ["Strings", "check_pairs", "check_strings"]

_T = TypeVar("_T")


class Strings(Protocol):
    """A sequence of strings, as ``Sequence[str]``, but not ``str`` itself.

    A type checker refuses a string here, since ``"x" in text`` takes strings only.
    """

    def __contains__(self, value: object, /) -> bool:
        """Whether the value is in it."""
        ...

    def __getitem__(self, index: int, /) -> str:
        """The string at an index."""
        ...

    def __iter__(self) -> Iterator[str]:
        """The strings in order."""
        ...

    def __len__(self) -> int:
        """How many there are."""
        ...


def check_strings(name: str, value: object) -> tuple[str, ...]:
    """The strings of an argument.

    Raises:
        TypeError: It is a string itself, or something else than a list of strings. The message
            names the argument and the type, not the value, which may be a user's text.
    """
    strings = _listed(name, value, "strings")
    for index, string in enumerate(strings):
        if not isinstance(string, str):
            raise TypeError(f"{name}[{index}]: a string is needed, not {_type_name(string)}")
    return strings


def check_pairs(name: str, value: Iterable[tuple[str, _T]]) -> tuple[tuple[str, _T], ...]:
    """The pairs of an argument.

    Raises:
        TypeError: It is something else than a list of pairs.
    """
    pairs = _listed(name, value, "pairs (name, value)")
    for index, pair in enumerate(pairs):
        if not isinstance(pair, Sized) or isinstance(pair, str) or len(pair) != 2:
            raise TypeError(f"{name}[{index}]: a pair (name, value) is needed")
    return pairs


def _listed(name: str, value: Any, what: str) -> tuple[Any, ...]:
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        hint = f"; write {name}=[…] around a single one" if isinstance(value, str) else ""
        raise TypeError(f"{name}: a list of {what} is needed, not {_type_name(value)}{hint}")
    return tuple(value)


def _type_name(value: object) -> str:
    return "None" if value is None else type(value).__name__
