"""Marian's binary file: named tensors, and the model's settings among them."""

import math
import mmap
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from translator.errors import ModelFilesError
from translator.models.marian.names import is_embeddings
from translator.models.marian.settings import parse_yaml
from translator.models.marian.tensors import EightBit, Tensors

__all__ = ["Item", "read_items", "read_settings", "read_tensors"]

_VERSION = 1
# Far beyond any model: each item is an object of its own.
_MAX_ITEMS, _MAX_NAME_BYTES, _MAX_DIMENSIONS = 65_536, 4096, 32
_FLOAT32, _INTGEMM8 = 0x0404, 0x4101
_SETTINGS = "special:model.yml"
# Multipliers of activations, for eight-bit products: the name of the weight and this.
_ACTIVATION = "_QuantMultA"
# Below it a quotient leaves float32; real ones are around 100.
_SMALLEST_MULTIPLIER = 1e-30


class _Reader:
    """A cursor over the bytes of a file that never reads past their end."""

    def __init__(self, path: Path) -> None:
        self.path = path
        # Mapped, so that the file is not in memory a second time when parameters have been copied.
        self._data = memoryview(_map(path))
        self._offset = 0

    def take(self, size: int) -> memoryview:
        left = len(self._data) - self._offset
        if size > left:
            raise ModelFilesError(
                f"{self.path}: truncated at byte {len(self._data)}, "
                f"expected {size - left} more of the {size} from byte {self._offset} on"
            )
        self._offset += size
        return self._data[self._offset - size : self._offset]

    def u64(self, count: int) -> tuple[int, ...]:
        return struct.unpack(f"<{count}Q", self.take(8 * count))


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of a Marian binary file."""

    kind: int
    shape: tuple[int, ...]
    data: memoryview

    @property
    def is_eight_bit(self) -> bool:
        """Whether it is a matrix of eight-bit integers."""
        return self.kind == _INTGEMM8


def read_items(path: Path) -> dict[str, Item]:
    """The entries of a Marian binary file by name; their data is mapped, not read.

    Little endian: version, number n of items; n headers (length of the name with its NUL, type,
    length of the shape, length of the data); names; shapes; padding with its length; data.

    Raises:
        ModelFilesError: The file cannot be read, is truncated or of another kind.
    """
    reader = _Reader(path)
    version, count = reader.u64(2)
    if version != _VERSION:
        raise ModelFilesError(
            f"{path}: starts with {version:#x}, expected {_VERSION}, Marian's binary version"
        )
    if count > _MAX_ITEMS:
        raise ModelFilesError(f"{path}: has {count} items, expected {_MAX_ITEMS} at most")
    headers = list(struct.iter_unpack("<4Q", reader.take(32 * count)))
    for length, _, num_dimensions, _ in headers:
        if length > _MAX_NAME_BYTES or num_dimensions > _MAX_DIMENSIONS:
            raise ModelFilesError(
                f"{path}: an item has a name of {length} bytes and {num_dimensions} dimensions, "
                f"expected {_MAX_NAME_BYTES} and {_MAX_DIMENSIONS} at most"
            )
    names = [str(reader.take(h[0])[:-1], "utf-8", "replace") for h in headers]
    shapes = [struct.unpack(f"<{h[2]}i", reader.take(4 * h[2])) for h in headers]
    (padding,) = reader.u64(1)
    reader.take(padding)
    return {
        name: Item(kind, shape, reader.take(size))
        for name, (_, kind, _, size), shape in zip(names, headers, shapes, strict=True)
    }


def read_settings(path: Path, items: Mapping[str, Item]) -> dict[str, Any]:
    """Read the model's settings, which are in the file too.

    Raises:
        ModelFilesError: They are missing, or not a YAML map.
    """
    settings = parse_yaml(path, bytes(items[_SETTINGS].data)) if _SETTINGS in items else {}
    if not settings:
        raise ModelFilesError(
            f"{path}: {_SETTINGS} is missing, expected the model's settings there"
        )
    return settings


def read_tensors(path: Path, items: Mapping[str, Item]) -> Tensors:
    """Read the parameters.

    Raises:
        ModelFilesError: A tensor is damaged or of another kind; the message names it.
    """
    stored: dict[str, NDArray[np.float32] | EightBit] = {}
    activation_multipliers: dict[str, float] = {}
    for name, item in items.items():
        if name == _SETTINGS:
            continue
        if name.endswith(_ACTIVATION):
            # For embeddings the number means nothing: nothing is multiplied by them.
            if len(item.data) < 4:
                raise ModelFilesError(
                    f"{path}: tensor {name} has {len(item.data)} bytes, expected 4 or more"
                )
            (multiplier,) = struct.unpack_from("<f", item.data)
            activation_multipliers[name.removesuffix(_ACTIVATION)] = multiplier
        else:
            stored[name] = _read_tensor(path, name, item)
    return Tensors(stored, activation_multipliers)


def _read_tensor(path: Path, name: str, item: Item) -> NDArray[np.float32] | EightBit:
    kind, shape, data = item.kind, item.shape, item.data
    if kind not in (_FLOAT32, _INTGEMM8):
        raise ModelFilesError(
            f"{path}: tensor {name} has type {kind:#06x}, "
            f"expected {_FLOAT32:#06x} (float32) or {_INTGEMM8:#06x} (intgemm8)"
        )
    count = math.prod(shape)
    needed = 4 * count if kind == _FLOAT32 else count + 4
    if min(shape, default=0) < 1 or needed > len(data):
        raise ModelFilesError(
            f"{path}: tensor {name} of shape {shape} has {len(data)} bytes, expected {needed}"
        )
    if kind == _FLOAT32:
        values = np.frombuffer(data, "<f4", count).reshape(shape).astype(np.float32)
        if not np.isfinite(values).all():
            raise ModelFilesError(f"{path}: tensor {name} has a NaN or infinity, expected numbers")
        return values
    (multiplier,) = struct.unpack_from("<f", data, count)
    if not _SMALLEST_MULTIPLIER <= multiplier < math.inf:
        raise ModelFilesError(
            f"{path}: tensor {name} has the multiplier {multiplier}, expected a positive number"
        )
    # intgemm stores what is multiplied from the right column by column; embeddings are row by row.
    integers = np.frombuffer(data, "i1", count)
    if is_embeddings(name):
        return EightBit(integers.reshape(shape), multiplier)
    return EightBit(integers.reshape(shape[::-1]).T, multiplier)


def _map(path: Path) -> mmap.mmap | bytes:
    try:
        with path.open("rb") as file:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except ValueError:
        # An empty file cannot be mapped.
        return b""
    except OSError as error:
        raise ModelFilesError(f"{path}: cannot be read ({error.strerror})") from error
