"""Remembers what a model said: a hypothesis depends on its model, source and target prefix only."""

from collections import OrderedDict
from typing import Protocol

from translator.engine.request import Hypothesis, Priority, Request

__all__ = ["LruMemo", "Memo", "MemoKey", "is_repeatable", "memo_key"]

# Model, source tokens, target prefix.
MemoKey = tuple[str, tuple[int, ...], tuple[int, ...]]


def is_repeatable(request: Request) -> bool:
    """Whether the hypothesis of one request answers every other with its source and prefix.

    A draft changes what decoding costs, not what comes out. Log probabilities and runners-up are
    not remembered.
    """
    return request.priority is not Priority.LIVE and not request.probable and not request.draft_bias


def memo_key(request: Request) -> MemoKey:
    """What the hypothesis of a repeatable request depends on."""
    return request.model, request.source, request.target_prefix


class Memo(Protocol):
    """Hypotheses by model, source and target prefix. Asked for repeatable requests only."""

    def get(self, request: Request) -> Hypothesis | None:
        """The hypothesis for a request, if it is remembered."""
        ...

    def put(self, request: Request, hypothesis: Hypothesis) -> None:
        """Remember the hypothesis of a request."""
        ...


class LruMemo:
    """Keeps the hypotheses that were used last, in memory.

    Not thread-safe: one thread owns it.

    Args:
        max_tokens: Most tokens to keep: of sources, prefixes and hypotheses. A token takes some 30
            bytes.
    """

    def __init__(self, max_tokens: int = 2_000_000) -> None:
        self._max_tokens = max_tokens
        self._num_tokens = 0
        self._known: OrderedDict[MemoKey, Hypothesis] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def get(self, request: Request) -> Hypothesis | None:
        """See ``Memo.get``."""
        key = memo_key(request)
        found = self._known.get(key)
        if found is not None:
            self._known.move_to_end(key)
        return found

    def put(self, request: Request, hypothesis: Hypothesis) -> None:
        """See ``Memo.put``."""
        key = memo_key(request)
        if key in self._known:
            return
        self._known[key] = hypothesis
        self._num_tokens += _num_tokens(request.source, request.target_prefix, hypothesis)
        while self._num_tokens > self._max_tokens:
            (_, source, prefix), oldest = self._known.popitem(last=False)
            self._num_tokens -= _num_tokens(source, prefix, oldest)


def _num_tokens(source: tuple[int, ...], prefix: tuple[int, ...], hypothesis: Hypothesis) -> int:
    return len(source) + len(prefix) + 2 * len(hypothesis.tokens)
