"""Loads models when they are needed, and evicts them when others need their memory."""

import asyncio
import logging
import time
import weakref
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager

from translator.catalog.budget import MemoryBudget, format_bytes
from translator.catalog.catalog import Catalog, Choice
from translator.engine.async_engine import AsyncEngine
from translator.engine.engine import Engine
from translator.errors import (
    ModelLoadError,
    OutOfMemoryError,
    TranslatorError,
    is_out_of_memory,
)
from translator.metrics import Metrics
from translator.models.base import DescribedModel, Seq2SeqModel
from translator.models.memory import give_memory_back, trim
from translator.text.tokens import Tokenizer

__all__ = ["Lease", "ModelPool"]

_log = logging.getLogger(__name__)

# A failed load is not tried again before this time; requests until then fail at once.
_RETRY_S = 30.0
_CANNOT_LOAD = "a model cannot be loaded: %s"


class ModelPool:
    """Keeps the models in use in memory, and as many of the others as fit.

    Call all methods on the event loop. Loading and freeing happen in a thread, one model at a time,
    so that evicted memory is free before a new model is loaded.

    Args:
        models: The models on offer.
        limit: How many bytes models may take; None means no limit.
        engine: Decodes; it gets the engines of each model in memory.
        new_engines: Makes the engines of a model.
        metrics: The server's metrics.
        clock: Seconds, monotonic.

    Raises:
        ConfigError: Two models have the same name.
    """

    def __init__(
        self,
        models: Iterable[DescribedModel],
        limit: int | None,
        engine: AsyncEngine,
        new_engines: Callable[[Seq2SeqModel], Sequence[Engine]],
        metrics: Metrics,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        described = list(models)
        self.catalog = Catalog(described)
        self._described = {model.info.name: model for model in described}
        self._budget = MemoryBudget({m.info.name: m.info.memory_bytes for m in described}, limit)
        self._engine = engine
        self._new_engines = new_engines
        self._metrics = metrics
        for name in self._described:
            # From the beginning: an alert sees only what a counter has been increased by.
            metrics.model_loads.labels(name, "failed")
        self._clock = clock
        self._loaded: dict[str, Seq2SeqModel] = {}
        self._loading: dict[str, asyncio.Task[TranslatorError | None]] = {}
        # Failed loads: when, and the error.
        self._failed: dict[str, tuple[float, TranslatorError]] = {}
        self._turn = asyncio.Lock()

    def is_loaded(self, name: str) -> bool:
        """Whether a model is in memory."""
        return name in self._loaded

    @contextmanager
    def lease(self) -> Iterator["Lease"]:
        """A lease, open while the context is. It holds no models at first."""
        lease = Lease(self, self._budget)
        try:
            yield lease
        finally:
            lease.keep(())

    async def preload(self) -> None:
        """Load models, in order of name, as far as they fit. Those that fail are skipped.

        Raises:
            TranslatorError: All that were tried failed; this is the first error.
        """
        errors: list[TranslatorError] = []
        for name in self.catalog.models:
            if not self._budget.fits(name):
                _log.info("%s: is loaded at its first use: model_memory is full", name)
                continue
            self._budget.hold(name)
            try:
                await self.load(name, log=False)
            except TranslatorError as error:
                errors.append(error)
            finally:
                self._budget.release(name)
        if errors and not self._loaded:
            raise errors[0]
        for failure in errors:
            _log.error(_CANNOT_LOAD, failure.message)

    async def close(self) -> None:
        """Stop waiting for loads."""
        tasks = list(self._loading.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def tokenizer(self, choice: Choice) -> Tokenizer:
        """The tokenizer of a loaded model for one of its pairs."""
        return self._loaded[choice.info.name].tokenizer(choice.pair)

    async def load(self, name: str, *, log: bool = True) -> None:
        """Load a model that is held, unless it is in memory. All who wait for it share one load.

        Raises:
            ModelLoadError: It cannot be loaded, or could not a moment ago.
            OverloadedError: Models in use leave no room for it.
        """
        while name not in self._loaded:
            if name not in self._loading:
                when, failure = self._failed.get(name, (0.0, None))
                if failure is not None and self._clock() < when + _RETRY_S:
                    raise failure.with_traceback(None)
                self._loading[name] = asyncio.create_task(self._load(name, log))
            # If one of those who wait goes away, the load goes on for the others.
            error = await asyncio.shield(self._loading[name])
            if error is not None:
                raise error.with_traceback(None)

    async def _load(self, name: str, log: bool) -> TranslatorError | None:
        """Make room and load. Errors are returned, because maybe nobody waits any more."""
        try:
            async with self._turn:
                if not self._budget.is_held(name):
                    return None
                await self._evict(self._budget.room_for(name))
                self._budget.add(name)
                try:
                    return await self._load_into(name, log)
                finally:
                    if name not in self._loaded:
                        self._budget.remove(name)
        except TranslatorError as error:
            return error
        finally:
            del self._loading[name]

    async def _load_into(self, name: str, log: bool) -> TranslatorError | None:
        """Load a model for which there is room."""
        began = self._clock()
        loaded = await asyncio.to_thread(_try_to_load, self._described[name])
        if isinstance(loaded, TranslatorError):
            self._failed[name] = (self._clock(), loaded)
            self._metrics.model_loads.labels(name, "failed").inc()
            if log:
                _log.error(_CANNOT_LOAD, loaded.message)
            return loaded
        self._failed.pop(name, None)
        self._engine.add(*self._new_engines(loaded))
        self._loaded[name] = loaded
        size = self.catalog.models[name].memory_bytes
        seconds = self._clock() - began
        _log.info("loaded the model %s in %.1f s (about %s)", name, seconds, format_bytes(size))
        self._metrics.model_loads.labels(name, "loaded").inc()
        self._metrics.model_load_time.observe(seconds)
        self._metrics.models_loaded.set(len(self._loaded))
        self._metrics.model_memory.labels(name).set(size)
        return None

    async def _evict(self, names: Sequence[str]) -> None:
        # All at once, so that nobody can take one while another goes.
        going = {name: weakref.ref(self._loaded.pop(name)) for name in names}
        for name, gone in going.items():
            _log.info("evicting the model %s", name)
            await self._engine.remove(name)
            await asyncio.to_thread(give_memory_back, gone)
            self._budget.remove(name)
            self._metrics.models_loaded.set(len(self._loaded))
            self._metrics.model_memory.labels(name).set(0)


class Lease:
    """Models that one caller holds; see ``ModelPool.lease``."""

    def __init__(self, pool: ModelPool, budget: MemoryBudget) -> None:
        self._pool = pool
        self._budget = budget
        self.names: frozenset[str] = frozenset()

    async def take(self, names: Iterable[str]) -> None:
        """Hold more models, all or none, and load those that are not in memory.

        Raises:
            ModelLoadError: One cannot be loaded, or they cannot be in memory together.
            OverloadedError: Models in use leave no room for them.
        """
        wanted = frozenset(names)
        self._budget.check(wanted)
        # All are held before any is loaded, so that none goes for another of them; those that are
        # held already too, since they may be given back meanwhile.
        for name in wanted:
            self._budget.hold(name)
        try:
            for name in sorted(wanted):
                await self._pool.load(name)
        except BaseException:
            for name in wanted:
                self._budget.release(name)
            raise
        for name in self.names & wanted:
            self._budget.release(name)
        self.names |= wanted

    def keep(self, names: Collection[str]) -> None:
        """Give back all models except these."""
        for name in self.names.difference(names):
            self._budget.release(name)
        self.names = self.names.intersection(names)

    def tokenizer(self, choice: Choice) -> Tokenizer:
        """The tokenizer of a held model for one of its pairs."""
        return self._pool.tokenizer(choice)


def _try_to_load(described: DescribedModel) -> Seq2SeqModel | TranslatorError:
    """Load, in a thread. Errors are returned without a traceback, which would hold half a model."""
    name, origin = described.info.name, described.info.origin or described.info.name
    try:
        loaded = described.load()
        # Free the memory that only loading took.
        trim()
        return loaded
    except Exception as error:
        if is_out_of_memory(error):
            return OutOfMemoryError(
                f"{name}: no memory is left to load it, which takes about "
                f"{format_bytes(described.info.memory_bytes)}: lower model_memory, or take a "
                "smaller model",
                retry_after_s=_RETRY_S,
                subject="memory",
            )
        if isinstance(error, TranslatorError):
            return ModelLoadError(error.message)
        _log.exception("loading the model %s failed", name)
        return ModelLoadError(
            f"{origin}: cannot be loaded ({type(error).__name__}); the server's log has more"
        )
