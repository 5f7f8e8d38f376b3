"""Many texts at once: they share the steps, and what is the same is decoded once."""

import uuid
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from queue import SimpleQueue

from translator.engine.memo import LruMemo, Memo, MemoKey, is_repeatable, memo_key
from translator.engine.request import Outcome, Request, RequestKey
from translator.engine.threads import EngineThreads
from translator.errors import TranslatorError
from translator.local.results import BatchResult, Translation
from translator.service.text_jobs import Round

__all__ = ["BegunText", "answer_all"]

# Requests in an engine at once, so that one waits whenever a slot is free.
_MAX_DUE = 128
# Texts that are begun, or done before one that came earlier.
_MAX_TEXTS = 512
_MAX_LENGTH = 2_000_000


@dataclass(frozen=True, slots=True)
class BegunText:
    """A text that is to be translated.

    Attributes:
        length: Its code points.
        rounds: What it asks of the engines.
        finish: Makes the translation once all is answered.
    """

    length: int
    rounds: Iterator[Round]
    finish: Callable[[], Translation]


def answer_all(
    engines: EngineThreads,
    texts: Iterable[Callable[[], BegunText | Translation]],
    memo: Memo | None = None,
    *,
    threads: int = 1,
) -> Iterator[BatchResult]:
    """Translate texts, and yield their results in their order.

    ``texts`` may be endless: only so many are begun as keep the engines busy.

    Args:
        engines: Have the models of all the texts.
        texts: Each begins a text, or says at once what its translation is.
        memo: Hypotheses that are known; by default those of this call.
        threads: How many engines may have a model.
    """
    batch = _Batch(engines, LruMemo() if memo is None else memo, _MAX_DUE * threads)
    lengths: deque[int] = deque()
    numbered = enumerate(texts)
    first, is_over = 0, False
    try:
        while not is_over or lengths:
            batch.go_on()
            if first in batch.results:
                lengths.popleft()
                yield batch.results.pop(first)
                first += 1
            elif (
                is_over
                or not batch.wants_text
                or len(lengths) == _MAX_TEXTS
                or sum(lengths) >= _MAX_LENGTH
            ):
                batch.wait()
            else:
                number, begin = next(numbered, (0, None))
                if begin is None:
                    is_over = True
                else:
                    lengths.append(batch.begin(number, begin))
    finally:
        batch.cancel()


@dataclass(eq=False, slots=True)
class _Open:
    """A text that is being translated.

    Attributes:
        requests: What it still asks for in this round.
        accept: Takes the outcomes of this round.
        is_asking: Whether ``requests`` may have more.
        num_due: How many outcomes it waits for.
        num_decoded: How many requests were decoded for it.
        is_lost: Whether an outcome was an error; those that still come are ignored.
    """

    number: int
    text: BegunText
    requests: Iterator[Request | None] = field(default_factory=lambda: iter(()))
    accept: Callable[[Outcome], None] = lambda _: None
    is_asking: bool = True
    num_due: int = 0
    num_decoded: int = 0
    is_lost: bool = False


class _Batch:
    """The texts that are open, and what the engines have of theirs."""

    def __init__(self, engines: EngineThreads, memo: Memo, max_due: int) -> None:
        self.results: dict[int, BatchResult] = {}
        self._engines = engines
        self._memo = memo
        self._max_due = max_due
        # It takes turns with what other threads ask for.
        self._caller = uuid.uuid4().hex
        self._arrived: SimpleQueue[Outcome] = SimpleQueue()
        self._asking: deque[_Open] = deque()
        # Who waits for each request in the engines: its text, and others with the same request.
        self._due: dict[RequestKey, list[tuple[_Open, Request]]] = {}
        self._same: dict[MemoKey, RequestKey] = {}

    @property
    def wants_text(self) -> bool:
        """Whether the texts that are open leave the engines with nothing to do."""
        return len(self._due) < self._max_due and not self._asking

    def begin(self, number: int, begin: Callable[[], BegunText | Translation]) -> int:
        """Begin a text; returns its length."""
        try:
            begun = begin()
        except TranslatorError as error:
            self.results[number] = BatchResult(None, error)
            return 0
        if isinstance(begun, Translation):
            self.results[number] = BatchResult(begun)
            return len(begun.text)
        self._asking.append(_Open(number, begun))
        return begun.length

    def go_on(self) -> None:
        """Take the outcomes that are there, and file what follows."""
        while not self._arrived.empty():
            self._take(self._arrived.get())
        self._file()

    def wait(self) -> None:
        """Wait for an outcome, if any is due."""
        if self._due:
            self._take(self._arrived.get())

    def cancel(self) -> None:
        """Give back the places in the engines."""
        for key in self._due:
            self._engines.cancel(key)

    def _file(self) -> None:
        """File requests until the engines have enough, or no text asks for more."""
        filed: list[Request] = []
        while self._asking and len(self._due) < self._max_due:
            text = self._asking[0]
            for request in text.requests:
                if request is not None:
                    self._ask(text, request, filed)
                    break
            else:
                self._asking.popleft()
                text.is_asking = False
                self._end_round(text)
        if filed:
            self._engines.submit(filed, self._arrived.put)

    def _ask(self, text: _Open, request: Request, filed: list[Request]) -> None:
        text.num_due += 1
        if is_repeatable(request):
            known = self._memo.get(request)
            if known is not None:
                self._settle(text, Outcome(request, known))
                return
            same = memo_key(request)
            if same in self._same:
                self._due[self._same[same]].append((text, request))
                return
            self._same[same] = request.key
        text.num_decoded += 1
        self._due[request.key] = [(text, request)]
        filed.append(replace(request, caller=self._caller))

    def _take(self, outcome: Outcome) -> None:
        request = outcome.request
        waiting = self._due.pop(request.key)
        if is_repeatable(request):
            del self._same[memo_key(request)]
            if outcome.hypothesis is not None:
                self._memo.put(request, outcome.hypothesis)
        for text, own in waiting:
            self._settle(text, replace(outcome, request=own))

    def _settle(self, text: _Open, outcome: Outcome) -> None:
        text.num_due -= 1
        if text.is_lost:
            return
        try:
            text.accept(outcome)
        except TranslatorError as error:
            self._lose(text, error)
        else:
            self._end_round(text)

    def _end_round(self, text: _Open) -> None:
        """Go on with the next round, if all of this one is answered."""
        if text.is_asking or text.num_due or text.is_lost:
            return
        step = next(text.text.rounds, None)
        if step is not None:
            text.requests, text.accept = step
            text.is_asking = True
            # What was begun first is done first.
            self._asking.appendleft(text)
            return
        try:
            self.results[text.number] = BatchResult(
                text.text.finish(), num_decoded=text.num_decoded
            )
        except TranslatorError as error:
            self._lose(text, error)

    def _lose(self, text: _Open, error: TranslatorError) -> None:
        self.results[text.number] = BatchResult(None, error)
        text.is_lost = True
        if text.is_asking:
            text.requests = iter(())
