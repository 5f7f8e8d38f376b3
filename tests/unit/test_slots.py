"""Rows of the batch and their owners."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.engine.batch import Decoding
from translator.engine.request import Priority, Request
from translator.engine.slots import SlotTable
from translator.testing import FakeModel

pytestmark = pytest.mark.unit


def decoding(name: str = "a", priority: Priority = Priority.LIVE) -> Decoding:
    (source,) = FakeModel().encode([[0]])
    request = Request((name, "yy"), 1, "fake", (0,), priority=priority)
    return Decoding(request, source, max_tokens=9, eos_id=0)


def test_rows_are_given_in_order_until_none_is_free() -> None:
    slots = SlotTable(2)
    a, b = decoding("a"), decoding("b")
    assert [slots.acquire(a), slots.acquire(b)] == [(0, []), (1, [])]
    assert (len(slots), slots.num_free) == (2, 0)
    with pytest.raises(IndexError, match="all 2 slots"):
        slots.acquire(decoding("c"))
    assert slots.owners == (a, b)


def test_the_last_row_moves_into_the_freed_place() -> None:
    slots = SlotTable(3)
    a, b, c = (decoding(name) for name in "abc")
    for each in (a, b, c):
        slots.acquire(each)
    assert slots.release(a) == [(2, 0)]
    assert slots.owners == (c, b)
    assert slots.release(b) == []
    assert slots.owners == (c,)


def test_those_that_somebody_waits_for_are_in_front() -> None:
    slots = SlotTable(4)
    x, y = (decoding(name, Priority.BATCH) for name in "xy")
    a, b = (decoding(name, priority) for name, priority in zip("ab", Priority, strict=False))
    assert [slots.acquire(x), slots.acquire(y)] == [(0, []), (1, [])]
    assert slots.acquire(a) == (0, [(0, 2)])
    assert slots.acquire(b) == (1, [(1, 3)])
    assert (slots.owners, slots.num_front) == ((a, b, x, y), 2)
    # The last of the front takes its place, and the last of all that one's.
    assert slots.release(a) == [(1, 0), (3, 1)]
    assert (slots.owners, slots.num_front) == ((b, y, x), 1)
    assert slots.release(y) == [(2, 1)]
    assert (slots.owners, slots.num_front) == ((b, x), 1)


def test_who_owns_no_row_cannot_give_one_back() -> None:
    slots = SlotTable(2)
    slots.acquire(decoding("a"))
    with pytest.raises(ValueError, match="owns no slot"):
        slots.release(decoding("a"))


def test_a_table_has_at_least_one_row() -> None:
    with pytest.raises(ValueError, match="capacity is 0"):
        SlotTable(0)


def test_integrity_fails_where_a_key_owns_two_rows_or_the_finished_own_one() -> None:
    slots = SlotTable(3)
    slots.acquire(decoding("a"))
    slots.check_integrity()
    twin = decoding("a")
    slots.acquire(twin)
    with pytest.raises(AssertionError, match="two slots"):
        slots.check_integrity()
    slots.release(twin)
    slots.num_front = 0
    with pytest.raises(AssertionError, match="counted wrong"):
        slots.check_integrity()
    slots.owners[0].ended = True
    with pytest.raises(AssertionError, match="finished"):
        slots.check_integrity()


@given(st.lists(st.integers(0, 6), max_size=40))
def test_moves_keep_every_owner_with_its_row(numbers: list[int]) -> None:
    """``rows`` follows the moves as a batch of tensors would."""
    slots = SlotTable(4)
    rows: list[Decoding | None] = [None] * 4
    held: dict[int, Decoding] = {}
    for number in numbers:
        if number in held:
            for row, to in slots.release(held.pop(number)):
                rows[to] = rows[row]
        elif slots.num_free:
            held[number] = decoding(str(number), list(Priority)[number % 4])
            new, moves = slots.acquire(held[number])
            for row, to in moves:
                rows[to] = rows[row]
            rows[new] = held[number]
        slots.check_integrity()
        assert tuple(rows[: len(slots)]) == slots.owners
        assert set(map(id, slots.owners)) == set(map(id, held.values()))
