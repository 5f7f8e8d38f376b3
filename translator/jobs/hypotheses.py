"""Hypotheses in a store: a sentence that comes again, in whatever text, is not decoded again."""

from array import array
from collections.abc import Callable

from translator.engine.memo import LruMemo
from translator.engine.request import Hypothesis, Request
from translator.jobs.store import Store, key_of

__all__ = ["StoredHypotheses", "pack", "unpack"]

_KEPT_BACK = 256
_TRUNCATED, _WIDE_TOKENS, _WIDE_ALIGNMENT = 1, 2, 4


class StoredHypotheses:
    """A ``Memo`` that is kept in a store.

    Args:
        store: Where.
        fingerprint_of: The fingerprint of a model, by its name: what its output depends on.
    """

    def __init__(self, store: Store, fingerprint_of: Callable[[str], str]) -> None:
        self._store = store
        self._fingerprint_of = fingerprint_of
        self._recent = LruMemo()
        self._unwritten: dict[bytes, bytes] = {}

    def get(self, request: Request) -> Hypothesis | None:
        """See ``Memo.get``."""
        recent = self._recent.get(request)
        if recent is not None:
            return recent
        key = self._key(request)
        value = self._store.get([key]).get(key)
        if value is None:
            return None
        hypothesis = unpack(value)
        self._recent.put(request, hypothesis)
        return hypothesis

    def put(self, request: Request, hypothesis: Hypothesis) -> None:
        """See ``Memo.put``. Written some hundred at a time."""
        self._recent.put(request, hypothesis)
        self._unwritten[self._key(request)] = pack(hypothesis)
        if len(self._unwritten) >= _KEPT_BACK:
            self.flush()

    def flush(self) -> None:
        """Write what is kept back."""
        entries, self._unwritten = self._unwritten, {}
        self._store.put(entries)

    def _key(self, request: Request) -> bytes:
        tokens = array("I", request.source), array("I", request.target_prefix)
        return key_of(
            "hypothesis", self._fingerprint_of(request.model), *(each.tobytes() for each in tokens)
        )


def pack(hypothesis: Hypothesis) -> bytes:
    """A hypothesis without its probabilities, as few bytes as may be."""
    wide = max(hypothesis.tokens, default=0) >= 1 << 16
    far = max(hypothesis.alignment, default=0) >= 1 << 8
    flags = _TRUNCATED * hypothesis.truncated + _WIDE_TOKENS * wide + _WIDE_ALIGNMENT * far
    return (
        bytes([flags])
        + len(hypothesis.tokens).to_bytes(2, "little")
        + array("I" if wide else "H", hypothesis.tokens).tobytes()
        + array("H" if far else "B", hypothesis.alignment).tobytes()
    )


def unpack(data: bytes) -> Hypothesis:
    """The hypothesis that ``pack`` was given."""
    flags = data[0]
    tokens = array("I" if flags & _WIDE_TOKENS else "H")
    end = 3 + int.from_bytes(data[1:3], "little") * tokens.itemsize
    tokens.frombytes(data[3:end])
    alignment = array("H" if flags & _WIDE_ALIGNMENT else "B")
    alignment.frombytes(data[end:])
    return Hypothesis(
        tuple(tokens), tuple(alignment), (0.0,) * len(tokens), bool(flags & _TRUNCATED)
    )
