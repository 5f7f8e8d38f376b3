"""Models come when they are asked for, once for all who ask, and go when others need room."""

import asyncio
import errno
import gc
import threading
import weakref
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import pytest
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st

from translator.engine.async_engine import AsyncEngine
from translator.engine.engine import Engine
from translator.engine.request import Request
from translator.errors import (
    ModelFilesError,
    ModelLoadError,
    OutOfMemoryError,
    OverloadedError,
    TranslatorError,
)
from translator.languages.pair import LanguagePair
from translator.metrics import Metrics
from translator.models.base import DescribedModel, Seq2SeqModel
from translator.service import model_pool
from translator.service.model_pool import ModelPool
from translator.testing import FakeClock, FakeModel

pytestmark = pytest.mark.unit

MB = 2**20
SIZES = {"a": 4 * MB, "b": 3 * MB, "c": 2 * MB}


@dataclass
class Shelf:
    """Loaders of fake models that count, can be held up, and can fail."""

    gate: threading.Event = field(default_factory=threading.Event)
    entered: threading.Event = field(default_factory=threading.Event)
    loads: list[str] = field(default_factory=list)
    alive: list["weakref.ref[FakeModel]"] = field(default_factory=list)
    fails: dict[str, Exception] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.gate.set()

    def described(self) -> list[DescribedModel]:
        return [self.model(name, size) for name, size in SIZES.items()]

    def model(self, name: str, size: int) -> DescribedModel:
        pair = LanguagePair("xx", name * 2)
        info = FakeModel(pair, name=name, memory_bytes=size).info

        def load() -> Seq2SeqModel:
            self.loads.append(name)
            self.entered.set()
            assert self.gate.wait(10), "the test left the gate closed"
            if name in self.fails:
                raise self.fails[name]
            model = FakeModel(pair, name=name, memory_bytes=size)
            self.alive.append(weakref.ref(model))
            return model

        return DescribedModel(info, load)

    @property
    def num_alive(self) -> int:
        gc.collect()
        return sum(ref() is not None for ref in self.alive)


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


Pools = Callable[[int | None], ModelPool]


@pytest_asyncio.fixture
async def new_pool(shelf: Shelf, clock: FakeClock) -> AsyncIterator[Pools]:
    engine = AsyncEngine()
    engine.start()
    pools: list[ModelPool] = []

    def make(limit: int | None) -> ModelPool:
        pools.append(ModelPool(shelf.described(), limit, engine, _engines_of, Metrics(), clock))
        return pools[-1]

    yield make
    shelf.gate.set()
    for pool in pools:
        await pool.close()
    await engine.stop()


def _engines_of(model: Seq2SeqModel) -> list[Engine]:
    return [Engine({model.info.name: model})]


def value(pool: ModelPool, metric: str, **labels: str) -> float | None:
    return pool._metrics.registry.get_sample_value(metric, labels)


async def use(pool: ModelPool, *names: str) -> None:
    with pool.lease() as lease:
        await lease.take(names)


async def test_nothing_is_loaded_before_it_is_taken(shelf: Shelf, new_pool: Pools) -> None:
    pool = new_pool(None)
    assert list(pool.catalog.models) == ["a", "b", "c"]
    assert shelf.loads == []
    await use(pool, "b")
    await use(pool, "b")
    assert shelf.loads == ["b"]
    assert [pool.is_loaded(name) for name in "abc"] == [False, True, False]
    assert value(pool, "translator_models_loaded") == 1
    assert value(pool, "translator_model_memory_bytes", model="b") == 3 * MB


async def test_all_who_come_during_a_load_share_it(shelf: Shelf, new_pool: Pools) -> None:
    pool = new_pool(None)
    shelf.gate.clear()
    users = [asyncio.create_task(use(pool, "a")) for _ in range(5)]
    assert await asyncio.to_thread(shelf.entered.wait, 10)
    users.append(asyncio.create_task(use(pool, "a")))
    await asyncio.sleep(0)
    shelf.gate.set()
    await asyncio.gather(*users)
    assert shelf.loads == ["a"]
    assert value(pool, "translator_model_loads_total", model="a", outcome="loaded") == 1


async def test_what_goes_is_gone_before_the_next_comes(shelf: Shelf, new_pool: Pools) -> None:
    pool = new_pool(4 * MB)
    # Other tests of this process may keep engines of their own.
    before = set(threading.enumerate())
    await use(pool, "a")
    shelf.gate.clear()
    shelf.entered.clear()
    user = asyncio.create_task(use(pool, "b"))
    assert await asyncio.to_thread(shelf.entered.wait, 10)
    assert shelf.num_alive == 0
    left = {thread.name for thread in set(threading.enumerate()) - before}
    assert "translator-engine" not in left
    shelf.gate.set()
    await user
    assert shelf.num_alive == 1
    assert [pool.is_loaded(name) for name in "abc"] == [False, True, False]
    assert value(pool, "translator_models_loaded") == 1
    assert value(pool, "translator_model_memory_bytes", model="a") == 0


async def test_a_model_that_went_comes_again(shelf: Shelf, new_pool: Pools) -> None:
    pool = new_pool(4 * MB)
    for name in "abab":
        await use(pool, name)
    assert shelf.loads == list("abab")
    assert shelf.num_alive == 1


async def test_what_is_held_does_not_go(shelf: Shelf, new_pool: Pools) -> None:
    pool = new_pool(6 * MB)
    with pool.lease() as lease:
        await lease.take(["a"])
        with pytest.raises(OverloadedError, match=r"model b .* in use: a$"):
            await use(pool, "b")
        await use(pool, "c")
    await use(pool, "b")
    assert shelf.loads == ["a", "c", "b"]


async def test_models_of_one_request_do_not_go_for_each_other(
    shelf: Shelf, new_pool: Pools
) -> None:
    pool = new_pool(7 * MB)
    await use(pool, "b", "c")
    with pool.lease() as lease:
        await lease.take(["a", "b"])
        assert lease.names == {"a", "b"}
        assert shelf.loads == ["b", "c", "a"]
        with pytest.raises(ModelLoadError, match="a, b, c: together take about 9 MiB"):
            await lease.take(["a", "b", "c"])
        assert lease.names == {"a", "b"}


async def test_what_is_taken_while_another_goes_stays_or_comes_again(
    shelf: Shelf, new_pool: Pools, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two have to go for a; c is asked for while b is on its way out."""
    pool = new_pool(5 * MB)
    await use(pool, "b", "c")
    going, go_on = threading.Event(), threading.Event()

    def give_back_slowly(gone: object) -> None:
        going.set()
        assert go_on.wait(10)

    monkeypatch.setattr(model_pool, "give_memory_back", give_back_slowly)
    newcomer = asyncio.create_task(use(pool, "a"))
    assert await asyncio.to_thread(going.wait, 10)
    with pool.lease() as lease:
        taken = asyncio.create_task(lease.take(["c"]))
        await asyncio.sleep(0.01)
        go_on.set()
        await asyncio.gather(newcomer, taken, return_exceptions=True)
        assert pool.is_loaded("c") == ("c" in lease.names)


async def test_a_lease_gives_back_what_it_does_not_keep(new_pool: Pools) -> None:
    pool = new_pool(7 * MB)
    with pool.lease() as lease:
        await lease.take(["a"])
        await lease.take(["a", "b"])
        lease.keep({"b"})
        assert lease.names == {"b"}
        await use(pool, "c")
        assert not pool.is_loaded("a")
        assert pool.is_loaded("b")


async def test_what_is_given_back_while_it_is_taken_again_is_held(
    shelf: Shelf, new_pool: Pools
) -> None:
    pool = new_pool(7 * MB)
    with pool.lease() as lease:
        await lease.take(["a"])
        shelf.gate.clear()
        shelf.entered.clear()
        taken = asyncio.create_task(lease.take(["a", "b"]))
        assert await asyncio.to_thread(shelf.entered.wait, 10)
        lease.keep(())
        shelf.gate.set()
        await taken
        assert lease.names == {"a", "b"}
        with pytest.raises(OverloadedError, match=r"in use: a, b$"):
            await use(pool, "c")
    await use(pool, "c")


async def test_a_bad_model_fails_those_who_ask_for_it_and_nobody_else(
    shelf: Shelf, new_pool: Pools, clock: FakeClock
) -> None:
    pool = new_pool(6 * MB)
    shelf.fails["a"] = ModelFilesError("/models/a/model.bin: truncated at byte 3")
    with pool.lease() as lease:
        await lease.take(["c"])
        users = (use(pool, "a"), use(pool, "a"))
        errors = await asyncio.gather(*users, return_exceptions=True)
        assert [str(e) for e in errors] == ["/models/a/model.bin: truncated at byte 3"] * 2
        assert all(isinstance(e, ModelLoadError) for e in errors)
        assert shelf.loads == ["c", "a"]
        with pytest.raises(ModelLoadError, match="truncated"):
            await use(pool, "a")
        assert shelf.loads == ["c", "a"]
        assert pool.is_loaded("c")
    assert value(pool, "translator_model_loads_total", model="a", outcome="failed") == 1
    await use(pool, "b")
    # Somebody put it right.
    shelf.fails.clear()
    clock.advance(30)
    await use(pool, "a")
    assert pool.is_loaded("a")


def wrapped(cause: Exception) -> Exception:
    error = ModelFilesError("its weights are damaged")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("raised", "kind", "says"),
    [
        (MemoryError(), OutOfMemoryError, "a: no memory is left to load it, which takes about 4 "),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), OutOfMemoryError, "no memory is left"),
        (wrapped(MemoryError()), OutOfMemoryError, "no memory is left"),
        (OSError(errno.EIO, "Input/output error"), ModelLoadError, r"\(OSError\)"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), OutOfMemoryError, "4 MiB"),
        (RuntimeError("CUDA out of memory. Tried to"), OutOfMemoryError, "no memory is left"),
        (KeyError("decoder.weight"), ModelLoadError, r"\(KeyError\)"),
    ],
)
async def test_whatever_a_load_raises_is_an_error_of_that_load(
    shelf: Shelf, new_pool: Pools, raised: Exception, kind: type[TranslatorError], says: str
) -> None:
    pool = new_pool(6 * MB)
    shelf.fails["a"] = raised
    with pytest.raises(kind, match=says):
        await use(pool, "a")
    await use(pool, "b", "c")
    assert shelf.num_alive == 2


async def test_who_goes_away_during_a_load_holds_nothing(shelf: Shelf, new_pool: Pools) -> None:
    pool = new_pool(4 * MB)
    shelf.gate.clear()
    impatient = asyncio.create_task(use(pool, "a"))
    patient = asyncio.create_task(use(pool, "a"))
    queued = asyncio.create_task(use(pool, "b"))
    assert await asyncio.to_thread(shelf.entered.wait, 10)
    impatient.cancel()
    queued.cancel()
    await asyncio.gather(impatient, queued, return_exceptions=True)
    shelf.gate.set()
    await patient
    assert pool.is_loaded("a")
    # Nobody was left who wanted b.
    await use(pool, "c")
    assert shelf.loads == ["a", "c"]


async def test_at_start_models_are_loaded_as_far_as_they_fit(shelf: Shelf, new_pool: Pools) -> None:
    await new_pool(6 * MB).preload()
    assert shelf.loads == ["a", "c"]


async def test_at_start_a_bad_model_is_passed_over_unless_it_is_the_only_one(
    shelf: Shelf, new_pool: Pools
) -> None:
    shelf.fails = {"a": ModelFilesError("a is damaged"), "b": ModelFilesError("b is damaged")}
    pool = new_pool(9 * MB)
    await pool.preload()
    assert [pool.is_loaded(name) for name in "abc"] == [False, False, True]
    shelf.fails["c"] = ModelFilesError("c is damaged")
    with pytest.raises(ModelLoadError, match="a is damaged"):
        await new_pool(9 * MB).preload()


@given(
    limit=st.integers(4, 9),
    plans=st.lists(
        st.tuples(
            st.sets(st.sampled_from("abc"), min_size=1),
            st.integers(0, 3),
            st.booleans(),
        ),
        max_size=12,
    ),
)
@settings(max_examples=50, deadline=None)
def test_whatever_comes_and_goes_memory_stays_within_the_limit(
    limit: int, plans: list[tuple[set[str], int, bool]]
) -> None:
    """Users at once, each with its models for a while; some go away while they wait."""
    shelf = Shelf()

    async def run() -> None:
        engine = AsyncEngine()
        engine.start()
        pool = ModelPool(shelf.described(), limit * MB, engine, _engines_of, Metrics())

        def check() -> None:
            assert sum(SIZES[n] for n in SIZES if pool.is_loaded(n)) <= limit * MB

        async def user(number: int, names: set[str], yields: int) -> None:
            with pool.lease() as lease:
                try:
                    await lease.take(names)
                except TranslatorError:
                    assert lease.names == frozenset()
                    return
                for _ in range(yields + 1):
                    check()
                    assert all(pool.is_loaded(name) for name in names)
                    for name in names:
                        request = Request(("user", f"{number}-{name}"), 1, name, (0,))
                        outcome = await engine.translate(request)
                        assert outcome.error is None

        tasks = []
        for number, (names, yields, patient) in enumerate(plans):
            task = asyncio.create_task(user(number, names, yields))
            tasks.append(task)
            for _ in range(yields):
                await asyncio.sleep(0)
                check()
            if not patient:
                task.cancel()
        for ended in await asyncio.gather(*tasks, return_exceptions=True):
            assert ended is None or isinstance(ended, asyncio.CancelledError), repr(ended)
        # Nobody holds anything any more.
        for name in "abc":
            await use(pool, name)
            check()
        await pool.close()
        await engine.stop()

    asyncio.run(run())
