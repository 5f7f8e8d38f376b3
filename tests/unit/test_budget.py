"""The books of models in memory: what may be there, and what goes first."""

import gc
import os
import weakref
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.catalog.budget import MemoryBudget
from translator.errors import ModelLoadError, OverloadedError
from translator.models import memory as module
from translator.models.memory import default_limit, give_memory_back

pytestmark = pytest.mark.unit

MB = 2**20
SIZES = {"a": 4 * MB, "b": 3 * MB, "c": 2 * MB, "d": 1 * MB}


def load(budget: MemoryBudget, name: str) -> list[str]:
    victims = budget.room_for(name)
    for victim in victims:
        budget.remove(victim)
    budget.add(name)
    return victims


def test_the_least_recently_used_goes_first_and_no_more_than_have_to() -> None:
    budget = MemoryBudget(SIZES, 7 * MB)
    for name in ("b", "c", "d"):
        load(budget, name)
    budget.hold("b")
    budget.release("b")
    assert load(budget, "a") == ["c", "d"]
    assert budget.loaded == ["b", "a"]


def test_what_is_held_stays() -> None:
    budget = MemoryBudget(SIZES, 7 * MB)
    for name in ("b", "c", "d"):
        load(budget, name)
    budget.hold("c")
    assert load(budget, "a") == ["b"]
    budget.hold("a")
    with pytest.raises(
        OverloadedError, match=r"model b \(3 MiB of 7 MiB\).* in use: a, c$"
    ) as full:
        budget.room_for("b")
    assert full.value.subject == "model-memory"
    assert full.value.retry_after_s > 0


def test_two_holders_are_two() -> None:
    budget = MemoryBudget(SIZES, 4 * MB)
    load(budget, "a")
    budget.hold("a")
    budget.hold("a")
    budget.release("a")
    with pytest.raises(OverloadedError):
        budget.room_for("d")
    budget.release("a")
    assert budget.room_for("d") == ["a"]


def test_what_can_never_fit_is_one_sentence_with_the_sizes() -> None:
    budget = MemoryBudget(SIZES, 3 * MB)
    with pytest.raises(ModelLoadError, match=r"^a: takes about 4 MiB .* 3 MiB of model_memory: "):
        budget.check(["a"])
    with pytest.raises(ModelLoadError, match=r"^b, c: together take about 5 MiB"):
        budget.check(["c", "b", "c"])
    budget.check(["b", "b"])


@given(
    limit=st.integers(4, 11),
    actions=st.lists(
        st.tuples(st.sampled_from(["hold", "release", "load"]), st.sampled_from("abcd")),
        max_size=60,
    ),
)
def test_memory_stays_within_the_limit_and_what_is_held_stays_there(
    limit: int, actions: list[tuple[str, str]]
) -> None:
    budget = MemoryBudget(SIZES, limit * MB)
    holders: Counter[str] = Counter()
    loaded: set[str] = set()
    for action, name in actions:
        if action == "hold":
            budget.hold(name)
            holders[name] += 1
        elif action == "release" and holders[name]:
            budget.release(name)
            holders[name] -= 1
        elif action == "load" and name not in loaded:
            held = {other for other in loaded if holders[other]}
            if sum(SIZES[n] for n in held | {name}) > limit * MB:
                with pytest.raises(OverloadedError):
                    budget.room_for(name)
            else:
                loaded -= set(load(budget, name))
                loaded.add(name)
                assert held <= loaded
        assert set(budget.loaded) == loaded
        assert budget.num_bytes == sum(SIZES[n] for n in loaded) <= limit * MB


def test_the_default_is_a_share_of_what_a_container_may_take(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = tmp_path / "memory.max"
    monkeypatch.setattr(module, "_CGROUP_LIMITS", (limit,))
    assert default_limit("cpu", 1) == int(machine * 0.75)
    limit.write_text("max\n")
    assert default_limit("cpu", 1) == int(machine * 0.75)
    limit.write_text(f"{400 * MB}\n")
    assert default_limit("cpu", 1) == 300 * MB
    assert default_limit("cpu", 3) == 100 * MB


@pytest.mark.parametrize("is_frozen", [False, True])
def test_a_cycle_does_not_keep_a_model_in_memory(is_frozen: bool) -> None:
    class Knot:
        def __init__(self) -> None:
            self.self = self

    gone = weakref.ref(Knot())
    # As a server does once it has started, and these tests do.
    (gc.freeze if is_frozen else gc.unfreeze)()
    try:
        give_memory_back(gone)
        assert gone() is None
        assert (gc.get_freeze_count() > 0) is is_frozen
    finally:
        gc.freeze()
