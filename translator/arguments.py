"""Checks list arguments, so that a single string does not pass for a list."""

from collections.abc import Iterable, Iterator, Mapping, Sized
from typing import Any, Protocol, TypeVar

__all__ = ["Strings", "check_pairs", "check_strings"]

_T = TypeVar("_T")


class Strings(Protocol):
    """A sequence of strings, like ``Sequence[str]``, but not ``str`` itself.

    A type checker refuses a string here, because ``"x" in text`` takes only strings.
    """

    def __contains__(self, value: object, /) -> bool: ...

    def __getitem__(self, index: int, /) -> str: ...

    def __iter__(self) -> Iterator[str]: ...

    def __len__(self) -> int: ...


def check_strings(name: str, value: object) -> tuple[str, ...]:
    """Check and return the strings of an argument.

    Raises:
        TypeError: It is a string, or anything but a list of strings. The message names the argument
            and the type, but not the value, which may be a user's text.
    """
    strings = _listed(name, value, "strings")
    for index, string in enumerate(strings):
        if not isinstance(string, str):
            raise TypeError(f"{name}[{index}]: a string is needed, not {_type_name(string)}")
    return strings


def check_pairs(name: str, value: Iterable[tuple[str, _T]]) -> tuple[tuple[str, _T], ...]:
    """Check and return the pairs of an argument.

    Raises:
        TypeError: It is not a list of pairs.
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
