"""Files the requests of one call with the engine: the same only once, and nothing that is known."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from translator.engine.memo import MemoKey, is_repeatable, memo_key
from translator.engine.request import Outcome, Request
from translator.service.context import ServiceContext

__all__ = ["Asked", "SharedRequests"]


@dataclass(eq=False, slots=True)
class Asked:
    """A request that somebody waits for. ``settle`` is called with its outcome, unless given up."""

    request: Request
    settle: Callable[[Outcome], None]


@dataclass(slots=True)
class _Filed:
    """A request in the engine, and who waits for its outcome."""

    request: Request
    waiting: list[Asked] = field(default_factory=list)


class SharedRequests:
    """The requests of one call that are in the engine.

    Args:
        shared: What all calls share.
        caller: The call's name; it takes turns with others.
        limit: How many may be there at once.
    """

    def __init__(self, shared: ServiceContext, caller: str, limit: int) -> None:
        self._caller = caller
        self._engine = shared.engine
        self._memo = shared.memo
        self._steps = shared.metrics.decoder_steps
        self._room = asyncio.Semaphore(limit)
        self._filed: dict[Asked, _Filed] = {}
        # Those that others may share.
        self._same: dict[MemoKey, _Filed] = {}

    async def ask(self, asked: Asked) -> bool:
        """Have a request answered; waits until there is room for it.

        Returns:
            Whether the engine does it. If not, it is known, or asked for already.
        """
        if self._is_shared(asked):
            return False
        await self._room.acquire()
        if self._is_shared(asked):
            # Meanwhile it has been.
            self._room.release()
            return False
        request = replace(asked.request, caller=self._caller)
        filed = _Filed(request, [asked])
        self._filed[asked] = filed
        if is_repeatable(request):
            self._same[memo_key(request)] = filed
        self._engine.submit((request,), lambda outcome: self._settle(filed, outcome))
        return True

    def give_up(self, asked: Asked) -> None:
        """Nobody waits for its outcome any more. Its place in the engine is free within a step."""
        filed = self._filed.pop(asked, None)
        if filed is None:
            return
        filed.waiting.remove(asked)
        if not filed.waiting:
            self._engine.cancel(filed.request.key)
            self._forget(filed)

    def _is_shared(self, asked: Asked) -> bool:
        request = asked.request
        if not is_repeatable(request):
            return False
        known = self._memo.get(request)
        if known is not None:
            asked.settle(Outcome(request, known))
            return True
        filed = self._same.get(memo_key(request))
        if filed is None:
            return False
        filed.waiting.append(asked)
        self._filed[asked] = filed
        return True

    def _settle(self, filed: _Filed, outcome: Outcome) -> None:
        self._forget(filed)
        self._steps.labels("run").inc(outcome.timing.steps_run)
        self._steps.labels("saved").inc(outcome.timing.steps_saved)
        if outcome.hypothesis is not None and is_repeatable(filed.request):
            self._memo.put(filed.request, outcome.hypothesis)
        for asked in filed.waiting:
            del self._filed[asked]
            asked.settle(replace(outcome, request=asked.request))

    def _forget(self, filed: _Filed) -> None:
        self._room.release()
        self._same.pop(memo_key(filed.request), None)
