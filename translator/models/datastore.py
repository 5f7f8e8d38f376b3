"""A datastore: somebody's own translations, each place of them by what the decoder said there.

A decoder's output at a position tells which token comes next. A datastore keeps these outputs for
translations that are known to be right, as *keys*, each with the token that stands there. Where a
model comes to a place like one of these, the token of the nearest keys is likely (kNN-MT,
Khandelwal et al., "Nearest Neighbor Machine Translation", arXiv 2010.00710). Nothing is trained.

For each source only the examples that have most in common with it are looked at, the rare tokens
first (cf. Meng et al., "Fast Nearest Neighbor Machine Translation", arXiv 2105.14528), so that a
large datastore is as fast as a small one. ``datastore_model.py`` decodes with it.

Shapes: N keys, D hidden size, E examples, S source tokens of all examples.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from translator.errors import ModelFilesError
from translator.models.processor import runs_int8
from translator.models.whole_file import write_whole

__all__ = [
    "DATASTORE",
    "Datastore",
    "DatastoreCard",
    "Found",
    "Neighbours",
    "quantized",
    "read_datastore",
    "save_datastore",
]

# Its name in the folder of an adapted model.
DATASTORE = "datastore.safetensors"
_CARD = "datastore"

# For a source: examples, and keys of them. Measured: docs/models.md, Your own translations.
_MAX_EXAMPLES, _MAX_KEYS = 32, 512
_NUM_NEIGHBOURS = 8


@dataclass(frozen=True, slots=True)
class DatastoreCard:
    """What a datastore is, without its numbers.

    Attributes:
        adapter: The digest of the adapter's file: keys are outputs of that very model.
    """

    adapter: str


_CARDS = TypeAdapter(DatastoreCard)


class Found(NamedTuple):
    """What a datastore has for a source.

    Attributes:
        places: [n] the keys that are looked at.
        same: The numbers of the translations of this very source.
    """

    places: NDArray[np.int64]
    same: frozenset[int]


class Neighbours(NamedTuple):
    """The keys nearest to a decoder output, the nearest first.

    Attributes:
        tokens: Their tokens.
        texts: Which translation each is of.
        distances: One less the cosine: 0 is the same direction, 1 has nothing in common.
    """

    tokens: list[int]
    texts: list[int]
    distances: list[float]


@dataclass(slots=True, eq=False)
class Datastore:
    """A datastore.

    Attributes:
        card: What it is.
        keys: int8 [N, D], each with its largest number at 127.
        tokens: int32 [N], the token that stands where the decoder gave the key.
        starts: int64 [E + 1], where the keys of each example begin.
        sources: int32 [S], the source tokens of the examples, one example after the other.
        source_starts: int64 [E + 1], where those of each example begin.
        texts: int32 [E], the number of the translation that each example is of.
    """

    card: DatastoreCard
    keys: NDArray[np.int8]
    tokens: NDArray[np.int32]
    starts: NDArray[np.int64]
    sources: NDArray[np.int32]
    source_starts: NDArray[np.int64]
    texts: NDArray[np.int32]
    # Of each source token the examples that have it, each once.
    _with_token: dict[int, NDArray[np.int64]] = field(init=False, repr=False)
    # float64 [N], the Euclidean lengths of the keys.
    _lengths: NDArray[np.float64] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        examples = np.repeat(np.arange(self.num_examples), np.diff(self.source_starts))
        pairs = np.unique(np.stack([self.sources.astype(np.int64), examples], 1), axis=0)
        known, first, counts = np.unique(pairs[:, 0], return_index=True, return_counts=True)
        self._with_token = {
            token: pairs[start : start + count, 1]
            for token, start, count in zip(
                known.tolist(), first.tolist(), counts.tolist(), strict=True
            )
        }
        lengths = [np.zeros(0)]
        # In parts, so that a large one does not need eight times its memory.
        for start in range(0, len(self.keys), 2**16):
            part = self.keys[start : start + 2**16].astype(np.float64)
            lengths.append(np.sqrt((part * part).sum(1)))
        self._lengths = np.maximum(np.concatenate(lengths), 1.0)

    @property
    def num_examples(self) -> int:
        """E."""
        return len(self.starts) - 1

    def look_up(self, source: Sequence[int]) -> Found | None:
        """The keys that are looked at for a source; None if there are none.

        They are of the examples that share most with it: each token that both have counts the log
        of one in how many examples have it.
        """
        common = np.zeros(self.num_examples)
        for token in sorted(set(source)):
            examples = self._with_token.get(token)
            if examples is not None:
                common[examples] += np.log(self.num_examples / len(examples))
        least = 0.0
        if self.num_examples > _MAX_EXAMPLES:
            least = float(np.partition(common, -_MAX_EXAMPLES)[-_MAX_EXAMPLES])
        found = np.flatnonzero((common > 0) & (common >= least))
        best = found[np.argsort(-common[found], kind="stable")][:_MAX_EXAMPLES].tolist()
        parts = [np.arange(self.starts[n], self.starts[n + 1]) for n in best]
        if not any(map(len, parts)):
            return None
        own = list(source)
        same = [n for n in best if self._source(n) == own]
        return Found(np.concatenate(parts)[:_MAX_KEYS], frozenset(self.texts[same].tolist()))

    def _source(self, example: int) -> list[int]:
        start, end = self.source_starts[example : example + 2].tolist()
        tokens: list[int] = self.sources[start:end].tolist()
        return tokens

    def nearest(
        self, places: NDArray[np.int64], outputs: NDArray[np.int8], reach: float
    ) -> list[Neighbours | None]:
        """For each of some decoder outputs the keys at ``places`` that are nearest to it.

        Args:
            places: Those that ``look_up`` finds for the source of the outputs.
            outputs: [R, D]; see ``quantized``.
            reach: An output that is farther from every key has no neighbours.
        """
        indices, distances = self._search(places, outputs)
        found: list[Neighbours | None] = [None] * len(outputs)
        for row in np.flatnonzero(distances[:, 0] <= reach).tolist():
            keys = places[indices[row]]
            examples = np.searchsorted(self.starts, keys, side="right") - 1
            found[row] = Neighbours(
                self.tokens[keys].tolist(),
                self.texts[examples].tolist(),
                np.maximum(distances[row], 0.0).tolist(),
            )
        return found

    def _search(
        self, places: NDArray[np.int64], outputs: NDArray[np.int8]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """For each output the indices of the nearest places, and their distances, [R, k]."""
        shape = len(outputs), min(_NUM_NEIGHBOURS, len(places))
        if runs_int8():
            # numba is loaded only where it is used.
            from translator.models.datastore_kernel import nearest

            indices, distances = np.empty(shape, np.int64), np.empty(shape)
            nearest(outputs, self.keys, places, self._lengths, indices, distances)
            return indices, distances
        # The same, since the sums of such integers are exact in any order.
        ours, theirs = outputs.astype(np.float64), self.keys[places].astype(np.float64)
        lengths = np.maximum(np.sqrt((ours * ours).sum(1)), 1.0)
        found = 1 - (ours @ theirs.T) / (lengths[:, None] * self._lengths[places])
        indices = np.argsort(found, axis=1, kind="stable")[:, : shape[1]]
        return indices, np.take_along_axis(found, indices, 1)


def quantized(outputs: NDArray[np.float32]) -> NDArray[np.int8]:
    """Decoder outputs [R, D] in eight bits, each with its largest number at 127.

    So distances are the same however many outputs are looked at together.
    """
    largest = np.maximum(np.abs(outputs).max(1, keepdims=True), np.float32(1e-9))
    with np.errstate(invalid="ignore"):
        # What is no number is found out by its scores.
        scaled: NDArray[np.float32] = np.rint(outputs * (np.float32(127) / largest))
        return scaled.astype(np.int8)


def read_datastore(folder: Path, adapter: str, dim: int, vocabulary: int) -> Datastore | None:
    """Read and check the datastore in a folder; None if it has none.

    Args:
        folder: The folder of the adapted model.
        adapter: The digest of the adapter's file.
        dim: The model's hidden size.
        vocabulary: How many target tokens there are.

    Raises:
        ModelFilesError: It is damaged, or of another model.
    """
    path = folder / DATASTORE
    if not path.is_file():
        return None
    try:
        with safe_open(path, framework="np") as file:
            card = _CARDS.validate_json((file.metadata() or {}).get(_CARD, ""))
            stored = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, ValidationError) as error:
        raise ModelFilesError(
            f"{path}: damaged, expected what `translator models adapt` writes"
        ) from error
    if card.adapter != adapter:
        raise ModelFilesError(
            f"{path}: is of another adapter than the one beside it; adapt the model again"
        )
    expected = {"keys": (np.int8, 2), "tokens": (np.int32, 1), "sources": (np.int32, 1)}
    expected["texts"] = np.int32, 1
    expected |= {"starts": (np.int64, 1), "source_starts": (np.int64, 1)}
    for name, (kind, num_dims) in expected.items():
        found = stored.get(name)
        if found is None or found.dtype != kind or found.ndim != num_dims:
            seen = "missing" if found is None else f"{found.dtype}{list(found.shape)}"
            raise ModelFilesError(f"{path}: tensor {name} is {seen}, which no datastore has")
    if (shape := stored["keys"].shape) != (len(stored["tokens"]), dim):
        raise ModelFilesError(
            f"{path}: tensor keys is int8{list(shape)}, expected [{len(stored['tokens'])}, {dim}]"
        )
    if ((stored["tokens"] < 0) | (stored["tokens"] >= vocabulary)).any():
        raise ModelFilesError(f"{path}: has tokens that its model does not have")
    for name, of in (("starts", "tokens"), ("source_starts", "sources")):
        starts = stored[name]
        if (
            not len(starts)
            or starts[0]
            or starts[-1] != len(stored[of])
            or (np.diff(starts) < 0).any()
        ):
            raise ModelFilesError(f"{path}: tensor {name} does not part {of}")
    counts = len(stored["starts"]) - 1, len(stored["source_starts"]) - 1, len(stored["texts"])
    if len(set(counts)) != 1:
        raise ModelFilesError(f"{path}: has {counts} targets, sources and texts, not as many each")
    return Datastore(card, **{name: stored[name] for name in expected})


def save_datastore(folder: Path, datastore: Datastore) -> None:
    """Write a datastore into a folder. The file is written whole or not at all.

    Raises:
        ModelFilesError: It cannot be written.
    """
    names = ("keys", "tokens", "starts", "sources", "source_starts", "texts")
    stored = {name: np.ascontiguousarray(getattr(datastore, name)) for name in names}
    write_whole(folder / DATASTORE, save(stored, {_CARD: json.dumps(asdict(datastore.card))}))
