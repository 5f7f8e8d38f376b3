"""An adapter: what a model has learned of somebody's own translations, in a small file.

For each matrix W of the network it has two thin ones, B [out, rank] and A [rank, in], and the model
computes with W + BA (LoRA, Hu et al., arXiv 2106.09685); of each vector it has what is added to it.
Both are merged into the parameters when the model is loaded, and in eight bits the sum is rounded
with the multiplier that the file has for W. So an adapted model is as fast as the one it is of.

A folder with such a file is a model of its own. What else it needs is in the folder of the model
that was adapted. ``training/adapter.py`` trains adapters.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from translator.errors import ModelFilesError
from translator.models.embedded import embedded_models
from translator.models.fingerprint import file_digest
from translator.models.marian.converted import is_converted, read_converted_header
from translator.models.marian.folder import MarianFiles, read_marian_header
from translator.models.marian.hyper_parameters import HyperParameters
from translator.models.marian.layout import separated
from translator.models.marian.ssru import Network
from translator.models.marian.tensors import EightBit, Tensors
from translator.models.whole_file import write_whole

__all__ = [
    "ADAPTER",
    "Adapter",
    "AdapterCard",
    "base_digest",
    "find_base",
    "is_adapter",
    "merged",
    "parameter_shapes",
    "read_adapter",
    "read_adapter_card",
    "save_adapter",
]

# Its name in the folder of an adapted model.
ADAPTER = "adapter.safetensors"
_CARD = "adapter"
_INNER, _OUTER = ".a", ".b"

_Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class AdapterCard:
    """What an adapter is, without its numbers.

    Attributes:
        pair: What its model translates, such as ``en-pt``.
        base: The digest of the model's file; see ``base_digest``.
        folder: Where the model was when it was adapted.
        rank: The rank of its matrices.
        num_pairs: How many translations it was trained on.
        scores: What was measured on the translations that were kept aside, by name.
        variety: BCP-47 code of the variety that they are written in; see ``varieties.py``.
    """

    pair: str
    base: str
    folder: str
    rank: int
    num_pairs: int = 0
    scores: Mapping[str, float] = field(default_factory=dict)
    variety: str = ""


_CARDS = TypeAdapter(AdapterCard)


@dataclass(frozen=True, slots=True, eq=False)
class Adapter:
    """An adapter, by the names of the parameters of ``ssru.Network``.

    Attributes:
        card: What it is.
        matrices: B [out, rank] and A [rank, in] of each matrix that it changes.
        vectors: What is added to each vector that it changes.
    """

    card: AdapterCard
    matrices: Mapping[str, tuple[_Array, _Array]]
    vectors: Mapping[str, _Array]

    def changes(self) -> Iterator[tuple[str, _Array]]:
        """What is added to each parameter that it changes."""
        for name, (outer, inner) in self.matrices.items():
            yield name, outer @ inner
        yield from self.vectors.items()


def is_adapter(folder: Path) -> bool:
    """Whether a folder is that of an adapted model."""
    return (folder / ADAPTER).is_file()


def base_digest(folder: Path) -> str:
    """The digest of a Marian model's file, by which an adapter knows its model.

    Raises:
        ModelFilesError: There is none, or it cannot be read.
    """
    return file_digest(
        (read_converted_header if is_converted(folder) else read_marian_header)(folder).path
    )


def find_base(folder: Path, card: AdapterCard) -> Path:
    """The folder of the model that the adapter in ``folder`` is of.

    It is looked for where it was, and among the embedded ones.

    Raises:
        ModelFilesError: It is in neither place, or another model is there now.
    """
    places, there = [Path(card.folder)], Path(card.folder).is_dir()
    with suppress(ModelFilesError):
        places += [path for pair, path in embedded_models() if str(pair) == card.pair]
    for place in places:
        if place.is_dir() and base_digest(place) == card.base:
            return place
    what = "is of another model than the one that is there now" if there else "needs its model"
    raise ModelFilesError(
        f"{folder / ADAPTER}: {what}: expected in {card.folder} the one with the digest "
        f"{card.base[:8]}, which was adapted"
    )


def read_adapter_card(folder: Path) -> AdapterCard:
    """Read what the adapter in a folder is.

    Raises:
        ModelFilesError: It is damaged.
    """
    path = folder / ADAPTER
    try:
        with safe_open(path, framework="np") as file:
            told = (file.metadata() or {}).get(_CARD, "")
        return _CARDS.validate_json(told)
    except (SafetensorError, OSError, ValidationError) as error:
        raise ModelFilesError(
            f"{path}: damaged, expected what `translator models adapt` writes"
        ) from error


def read_adapter(folder: Path, hp: HyperParameters) -> Adapter:
    """Read and check the adapter in a folder.

    Args:
        folder: The folder of the adapted model.
        hp: Those of the model that it is of.

    Raises:
        ModelFilesError: It is damaged, or does not fit the model.
    """
    path, card = folder / ADAPTER, read_adapter_card(folder)
    shapes = parameter_shapes(hp)
    try:
        with safe_open(path, framework="np") as file:
            stored = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise ModelFilesError(f"{path}: damaged, expected safetensors") from error
    vectors = {n: each for n, each in stored.items() if not n.endswith((_INNER, _OUTER))}
    names = {n.removesuffix(_OUTER) for n in stored if n.endswith(_OUTER)}
    expected = {name: shapes.get(name) for name in vectors}
    for name in names:
        of_matrix = shapes.get(name, ())
        if len(of_matrix) == 2:
            expected[name + _OUTER] = of_matrix[0], card.rank
            expected[name + _INNER] = card.rank, of_matrix[1]
    for name, shape in expected.items():
        found = stored.get(name)
        if found is None or found.shape != shape or not np.isfinite(found).all():
            seen = "missing" if found is None else f"{found.dtype}{list(found.shape)}"
            raise ModelFilesError(f"{path}: tensor {name} is {seen}, which does not fit its model")
    if stored.keys() != expected.keys():
        extra = min(stored.keys() - expected.keys())
        raise ModelFilesError(f"{path}: tensor {extra} is none of its model's")
    whole = {name: each.astype(np.float32) for name, each in stored.items()}
    matrices = {name: (whole[name + _OUTER], whole[name + _INNER]) for name in sorted(names)}
    return Adapter(card, matrices, {name: whole[name] for name in sorted(vectors)})


def save_adapter(folder: Path, adapter: Adapter) -> None:
    """Write an adapter into a folder. The file is written whole or not at all.

    Raises:
        ModelFilesError: It cannot be written.
    """
    stored = dict(adapter.vectors)
    for name, (outer, inner) in adapter.matrices.items():
        stored |= {name + _OUTER: outer, name + _INNER: inner}
    path = folder / ADAPTER
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ModelFilesError(f"{path}: cannot be written ({error.strerror})") from error
    packed = {name: np.ascontiguousarray(each) for name, each in stored.items()}
    write_whole(path, save(packed, {_CARD: json.dumps(asdict(adapter.card))}))


def parameter_shapes(hp: HyperParameters) -> dict[str, tuple[int, ...]]:
    """The shapes of the parameters of ``ssru.Network`` by name."""
    with torch.device("meta"):
        return {name: tuple(each.shape) for name, each in Network(hp).state_dict().items()}


class _Merged(Tensors):
    """Parameters with an adapter's changes; what is stored in eight bits is rounded again."""

    def __init__(self, base: Tensors, changes: Mapping[str, _Array]) -> None:
        super().__init__(
            {
                name: each + changes[name] if name in changes else each
                for name, each in base.items()
            },
            base.activation_multipliers,
        )
        self._base, self._changed = base, frozenset(changes)

    def eight_bit(self, name: str) -> EightBit | None:
        """A tensor in eight bits, with the multiplier that it had before; None if it had none."""
        former = self._base.eight_bit(name)
        if former is None or name not in self._changed:
            return former
        scaled = np.rint(self[name] * np.float32(former.multiplier))
        return EightBit(np.clip(scaled, -127, 127).astype(np.int8), former.multiplier)


def merged(files: MarianFiles, adapter: Adapter) -> MarianFiles:
    """A model's files with an adapter merged into its parameters."""
    hp = files.hyper_parameters
    nothing = np.zeros(1, np.float32)
    whole = {
        name: np.broadcast_to(nothing.reshape([1] * len(shape)), shape)
        for name, shape in parameter_shapes(hp).items()
    }
    changes = separated(whole | dict(adapter.changes()), hp)
    changed = {name: change for name, change in changes.items() if change.any()}
    return replace(files, tensors=_Merged(files.tensors, changed))
