"""Choices that are read from bytes, so that a fuzzer which changes the bytes steers them."""

import random
import zlib
from collections.abc import Sequence
from typing import TypeVar

__all__ = ["Choices", "mutated"]

_T = TypeVar("_T")
_EDGES = [0, 1, 0x7F, 0x80, 0xFF]


class Choices:
    """Chooses by the bytes, and when they are used up by chance, the same for the same bytes."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        self.chance = random.Random(zlib.crc32(data))

    def below(self, count: int) -> int:
        """A number from 0 to ``count - 1``."""
        if self._at < len(self._data) and count <= 256:
            self._at += 1
            return self._data[self._at - 1] % count
        return self.chance.randrange(count)

    def one_of(self, options: Sequence[_T]) -> _T:
        """One of the options."""
        return options[self.below(len(options))]

    def once_in(self, count: int) -> bool:
        """True once in so many times."""
        return self.below(count) == 0


def mutated(data: bytes, chance: random.Random, others: Sequence[bytes] = ()) -> bytes:
    """Bytes with a few changes, of which some are taken from other bytes."""
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 3, 8))):
        at = chance.randrange(len(changed) + 1)
        length = chance.choice((1, 1, 2, 4, 16, 64))
        match chance.randrange(7):
            case 0 if changed:
                changed[at % len(changed)] ^= 1 << chance.randrange(8)
            case 1 if changed:
                changed[at % len(changed)] = chance.choice(_EDGES)
            case 2:
                del changed[at : at + length]
            case 3:
                changed[at:at] = chance.randbytes(length)
            case 4:
                changed[at:at] = changed[at : at + length] * chance.choice((1, 2, 30))
            case 5:
                del changed[at:]
            case 6 if others:
                other = chance.choice(others)
                start = chance.randrange(len(other) + 1)
                changed[at : at + length] = other[start : start + length]
    return bytes(changed)
