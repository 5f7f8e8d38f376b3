"""The open end: ends a source that goes on, in place of the end of sentence.

A model that was trained on whole sentences takes whatever it gets for a whole sentence. It turns "I
saw the" into one, and is as sure of it as of any other. One more vector in its source embeddings,
trained while all other parameters are frozen, tells it that the source goes on: prompt tuning
(Lester et al., arXiv 2104.08691) with a prompt of one token. It is trained to translate only as
much as the source so far is enough for. The model's probabilities then say how likely the whole
sentence is to confirm its words.

``training/open_end.py`` trains it, from source text alone.
"""

from importlib.resources import as_file, files
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from translator.errors import ModelFilesError
from translator.models.embedded import embedded_models, is_embedded
from translator.models.whole_file import write_whole

__all__ = ["OPEN_END", "find_open_end", "save_open_end"]

# Its name in a model's folder: a NumPy array, float32 [D].
OPEN_END = "open-end.npy"


def find_open_end(folder: Path, dim: int) -> NDArray[np.float32] | None:
    """The open end of a Marian model, [D]: the encoder's input without its position.

    Args:
        folder: The model's folder. Embedded models have no such file in theirs; theirs are data of
            this package.
        dim: D.

    Returns:
        None if the model has none.

    Raises:
        ModelFilesError: The file is damaged, or of another model.
    """
    path = folder / OPEN_END
    if path.is_file():
        return _read(path, dim)
    if not is_embedded(folder):
        return None
    pair = next(pair for pair, path in embedded_models() if path.resolve() == folder.resolve())
    data = files("translator.models.marian") / "open_ends" / f"{pair}.npy"
    if not data.is_file():
        return None
    with as_file(data) as found:
        return _read(found, dim)


def save_open_end(path: Path, vector: NDArray[np.float32]) -> None:
    """Write an open end, [D]. The file is written whole or not at all.

    Raises:
        ModelFilesError: It cannot be written.
    """
    content = BytesIO()
    np.save(content, vector)
    write_whole(path, content.getvalue())


def _read(path: Path, dim: int) -> NDArray[np.float32]:
    try:
        vector = np.load(path)
    except (OSError, ValueError, EOFError) as error:
        raise ModelFilesError(f"{path}: damaged, expected a NumPy array") from error
    kind = f"{vector.dtype}{list(vector.shape)}"
    if vector.dtype != np.float32 or vector.shape != (dim,) or not np.isfinite(vector).all():
        raise ModelFilesError(f"{path}: has {kind}, expected finite float32[{dim}] for this model")
    return np.ascontiguousarray(vector)
