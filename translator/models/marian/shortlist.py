"""Marian's lexical shortlist: which target tokens a source can become at all.

For each source token, the file lists the target tokens that it was aligned with most often; the
most frequent tokens, which come first in the vocabulary, are always allowed. The output layer then
looks at about a thousand tokens instead of all 32,000. This is an approximation: a word that is not
listed cannot be generated. The idea is from Jean et al. 2015, "On Using Very Large Target
Vocabulary for Neural Machine Translation" (arXiv 1412.2007); the format is Marian's.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from translator.errors import ModelFilesError

__all__ = ["Shortlist"]

_MAGIC = 0xF11A48D5013417F5
_HEADER = 6


class Shortlist:
    """The candidates of a source.

    Args:
        path: The file ``lex*.bin``: six numbers (magic, checksum, how many of the most frequent
            tokens are always allowed, how many were kept for each source token, number of offsets,
            number of entries), the offsets and the entries.
        source_vocabulary: Number of source tokens.
        target_vocabulary: Number of target tokens V.

    Raises:
        ModelFilesError: The file is something else, or belongs to another vocabulary.
    """

    def __init__(self, path: Path, source_vocabulary: int, target_vocabulary: int) -> None:
        try:
            data = path.read_bytes()
        except OSError as error:
            raise ModelFilesError(f"{path}: cannot be read ({error.strerror})") from error
        if len(data) < 8 * _HEADER or int.from_bytes(data[:8], "little") != _MAGIC:
            raise ModelFilesError(f"{path}: not a lexical shortlist of Marian's binary kind")
        _, _, always, _, num_offsets, num_entries = map(int, np.frombuffer(data, "<u8", _HEADER))
        size = 8 * (_HEADER + num_offsets) + 4 * num_entries
        if len(data) != size:
            raise ModelFilesError(f"{path}: has {len(data)} bytes, expected {size}")
        offsets = np.frombuffer(data, "<u8", num_offsets, 8 * _HEADER).astype(np.int64)
        entries = np.frombuffer(data, "<u4", num_entries, 8 * (_HEADER + num_offsets))
        if num_offsets != source_vocabulary + 1 or entries.max(initial=0) >= target_vocabulary:
            raise ModelFilesError(
                f"{path}: is for {num_offsets - 1} source tokens and target tokens up to "
                f"{entries.max(initial=0)}, expected {source_vocabulary} and less than "
                f"{target_vocabulary}: take both files from the same model"
            )
        if offsets[0] != 0 or offsets[-1] != num_entries or (np.diff(offsets) < 0).any():
            raise ModelFilesError(f"{path}: its offsets are damaged")
        self._offsets: list[int] = offsets.tolist()
        self._entries = entries.astype(np.int32)
        self._allowed = np.zeros(target_vocabulary, np.bool_)
        self._always = min(always, target_vocabulary)

    def candidates(self, source: Sequence[int]) -> NDArray[np.int32]:
        """The target tokens that a source may become, in ascending order."""
        allowed = self._allowed
        allowed[: self._always] = True
        for token in set(source):
            allowed[self._entries[self._offsets[token] : self._offsets[token + 1]]] = True
        found = np.flatnonzero(allowed)
        allowed[found] = False
        return found.astype(np.int32)
