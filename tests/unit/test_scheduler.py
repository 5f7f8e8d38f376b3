"""Who goes first: arrival, priorities, replacing, budgets of tokens and of time. No model."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from translator.engine.fair_queue import Waiting
from translator.engine.request import Priority, Request
from translator.engine.scheduler import Scheduler, SchedulerLimits

pytestmark = pytest.mark.unit


def request(
    name: str,
    *,
    version: int = 1,
    tokens: int = 3,
    priority: Priority = Priority.LIVE,
    caller: str = "",
) -> Request:
    # Each has a source of its own.
    source = (100 + ord(name[0]), *(7,) * (tokens - 1))
    return Request((name, "yy"), version, "fake", source, priority=priority, caller=caller)


def scheduler(*names: str, max_prefill_tokens: int = 2048) -> Scheduler:
    queue = Scheduler(SchedulerLimits(max_prefill_tokens=max_prefill_tokens))
    for now, name in enumerate(names):
        queue.submit(request(name), float(now))
    return queue


def names(admitted: list[Waiting]) -> str:
    return "".join(waiting.request.key[0] for waiting in admitted)


def test_requests_are_admitted_in_order_of_arrival() -> None:
    queue = scheduler(*"abcde")
    assert names(queue.admit(0.0, 3, {})) == "abc"
    assert len(queue) == 2
    assert names(queue.admit(0.0, 3, {})) == "de"
    assert queue.admit(0.0, 3, {}) == []


def test_no_more_are_admitted_than_are_free() -> None:
    queue = scheduler(*"ab")
    assert queue.admit(0.0, 0, {}) == []
    assert len(queue) == 2


def test_live_goes_before_unary_before_batch_in_order_of_arrival() -> None:
    queue = scheduler()
    order = (Priority.BATCH, Priority.UNARY, Priority.LIVE, Priority.BATCH, Priority.LIVE)
    for name, priority in zip("abcde", order, strict=True):
        queue.submit(request(name, priority=priority), 0.0)
    assert names(queue.admit(0.0, 4, {})) == "ceba"
    assert names(queue.admit(0.0, 4, {})) == "d"


def test_a_request_that_comes_again_waits_its_turn_behind_all_who_wait() -> None:
    """A session that asks all the time gets no more than its share."""
    queue = scheduler(*"abc")
    served = ""
    for _ in range(9):
        (waiting,) = queue.admit(0.0, 1, {})
        name = waiting.request.key[0]
        served += name
        queue.submit(request(name), 0.0)
    assert served == "abcabcabc"


def test_a_newer_request_takes_the_place_and_the_turn_of_the_waiting_one() -> None:
    queue = scheduler(*"abc")
    assert queue.replace(request("b", version=2))
    assert len(queue) == 3
    admitted = queue.admit(0.0, 9, {})
    assert names(admitted) == "abc"
    assert [w.request.version for w in admitted] == [1, 2, 1]
    assert [w.since for w in admitted] == [0.0, 1.0, 2.0]


def test_what_does_not_wait_is_not_replaced() -> None:
    queue = scheduler("a")
    queue.admit(0.0, 1, {})
    assert not queue.replace(request("a", version=2))
    assert len(queue) == 0


def test_a_key_waits_once() -> None:
    queue = scheduler("a")
    with pytest.raises(ValueError, match="is waiting already"):
        queue.submit(request("a", version=2), 0.0)
    with pytest.raises(ValueError, match="is waiting already"):
        queue.submit(request("a", priority=Priority.BATCH), 0.0)


def test_what_is_cancelled_does_not_start() -> None:
    queue = scheduler(*"abc")
    assert queue.cancel(("b", "yy"))
    assert not queue.cancel(("b", "yy"))
    assert names(queue.admit(0.0, 9, {})) == "ac"


def test_a_step_admits_no_more_tokens_than_allowed() -> None:
    queue = scheduler(*"abcd", max_prefill_tokens=7)
    assert names(queue.admit(0.0, 9, {})) == "ab"
    assert names(queue.admit(0.0, 9, {})) == "cd"


def test_prefix_and_draft_count_as_tokens() -> None:
    queue = scheduler(max_prefill_tokens=8)
    for name in "ab":
        queue.submit(Request((name, "yy"), 1, "fake", (7,), (7, 7), (7, 7)), 0.0)
    assert names(queue.admit(0.0, 9, {})) == "a"


def test_a_source_counts_once_for_all_that_it_is_translated_into() -> None:
    queue = scheduler(max_prefill_tokens=12)
    for name in "abcde":
        queue.submit(Request((name, "yy"), 1, "fake", (7,) * 6, (7,), (7,)), 0.0)
    assert names(queue.admit(0.0, 9, {})) == "abc"
    assert names(queue.admit(0.0, 9, {})) == "de"


def test_one_request_larger_than_the_budget_starts_alone() -> None:
    queue = scheduler("a", max_prefill_tokens=5)
    queue.submit(request("b", tokens=50), 0.0)
    queue.submit(request("c"), 0.0)
    assert [names(queue.admit(0.0, 9, {})) for _ in range(3)] == ["a", "b", "c"]


def test_a_large_request_is_not_passed_by_smaller_ones_behind_it() -> None:
    queue = scheduler("a", max_prefill_tokens=5)
    queue.submit(request("b", tokens=4), 0.0)
    queue.submit(request("c", tokens=1), 0.0)
    queue.submit(request("d", tokens=1, priority=Priority.BATCH), 0.0)
    assert names(queue.admit(0.0, 9, {})) == "a"
    assert names(queue.admit(0.0, 9, {})) == "bc"


def test_steps_have_their_share_of_the_time_before_the_next_admission() -> None:
    queue = scheduler(*"ab")
    assert names(queue.admit(0.0, 1, {})) == "a"
    queue.admission_took(0.1)
    assert queue.admit(0.1, 63, {}) == []
    queue.step_took(0.04, 1, 0)
    assert queue.admit(0.14, 63, {}) == []
    queue.step_took(0.02, 1, 0)
    assert names(queue.admit(0.16, 63, {})) == "b"


def test_as_many_steps_at_once_as_nothing_waits_for() -> None:
    queue = Scheduler(SchedulerLimits())
    assert queue.num_steps(0, 63) == 8
    # Large and batch requests give way at each step.
    assert queue.num_steps(1, 63) == 1
    for name in "ab":
        queue.submit(request(name), 0.0)
    assert queue.num_steps(0, 63) == 1
    queue.admit(0.0, 1, {})
    queue.admission_took(0.1)
    queue.step_took(0.02, 1, 0, 2)
    # It owes 0.03 s yet, and each takes 0.01.
    assert queue.num_steps(0, 63) == 3
    # What waits for a slot waits for the first request that ends.
    assert queue.num_steps(0, 0) == 1
    queue.step_took(0.03, 1, 0, 3)
    assert queue.num_steps(0, 63) == 1


def test_who_waits_is_admitted_at_once_when_nothing_runs() -> None:
    queue = scheduler(*"ab")
    queue.admit(0.0, 1, {})
    queue.admission_took(0.1)
    assert names(queue.admit(0.1, 64, {})) == "b"


def test_while_live_requests_come_the_background_leaves_them_half_of_the_slots() -> None:
    queue = Scheduler(SchedulerLimits(max_slots=4))
    queue.submit(request("l"), 0.0)
    for name in "abcdefg":
        queue.submit(request(name, priority=Priority.UNARY), 0.0)
    assert names(queue.admit(0.0, 4, {})) == "lab"
    assert queue.admit(1.0, 2, {Priority.UNARY: 2}) == []
    queue.submit(request("m"), 1.0)
    assert names(queue.admit(1.0, 2, {Priority.UNARY: 2})) == "m"
    assert names(queue.admit(1.0, 3, {Priority.UNARY: 1})) == "c"
    # Nobody has spoken for a while.
    assert names(queue.admit(3.0, 3, {Priority.UNARY: 1})) == "def"


def test_while_live_requests_come_the_background_makes_no_step_longer_than_is_allowed() -> None:
    queue = Scheduler(SchedulerLimits(max_slots=16, max_shared_step_s=0.02))
    for name in "abcdefghijk":
        queue.submit(request(name, priority=Priority.UNARY), 0.0)
    queue.submit(request("l"), 0.0)
    # What a step takes is not known yet.
    assert names(queue.admit(0.0, 3, {})) == "lab"
    queue.step_took(0.012, 3, 0)
    assert names(queue.admit(0.1, 13, {Priority.LIVE: 1, Priority.UNARY: 2})) == "cd"
    queue.step_took(0.02, 5, 0)
    assert queue.admit(0.2, 11, {Priority.LIVE: 1, Priority.UNARY: 4}) == []
    # One may always run.
    queue.step_took(0.5, 5, 0)
    assert queue.admit(0.3, 14, {Priority.LIVE: 1, Priority.UNARY: 1}) == []
    assert names(queue.admit(0.3, 15, {Priority.LIVE: 1})) == "e"
    # Nobody listens any more.
    assert names(queue.admit(3.0, 12, {Priority.UNARY: 4})) == "fghijk"


def test_while_live_requests_come_the_background_starts_a_few_at_a_time() -> None:
    queue = scheduler(max_prefill_tokens=24)
    for name in "abcdefgh":
        queue.submit(request(name, priority=Priority.UNARY), 10.0)
    assert names(queue.admit(10.0, 3, {})) == "abc"
    queue.submit(request("l"), 10.0)
    assert names(queue.admit(10.0, 9, {})) == "lde"
    # Two seconds later nobody has spoken since.
    assert names(queue.admit(12.0, 9, {})) == "fgh"


def test_background_that_has_waited_for_long_goes_first_one_at_each_admission() -> None:
    queue = scheduler()
    for name, priority in (("b", Priority.BATCH), ("u", Priority.UNARY), ("v", Priority.UNARY)):
        queue.submit(request(name, priority=priority), 0.0)
    for name in "mnopqrs":
        queue.submit(request(name), 2.0)
    assert names(queue.admit(2.0, 2, {})) == "mn"
    assert [names(queue.admit(2.1, 2, {})) for _ in range(4)] == ["bo", "up", "vq", "rs"]


def test_batch_requests_wait_for_all_others_but_for_one_in_each_time_of_patience() -> None:
    queue = scheduler()
    for name in "bcdef":
        queue.submit(request(name, priority=Priority.BATCH), 0.0)
    started: list[float] = []
    for tick in range(40):
        now = tick / 4
        queue.submit(request("l"), now)
        queue.submit(request("u", priority=Priority.UNARY), now)
        # There is room for two, and two others want it all the time.
        if set(names(queue.admit(now, 2, {}))) & set("bcdef"):
            started.append(now)
        for name in "lu":
            queue.cancel((name, "yy"))
    assert started == [2.25, 4.5, 6.75, 9.0]


def test_callers_take_turns_however_much_each_asks_for() -> None:
    queue = Scheduler(SchedulerLimits())
    for name in "abcdef":
        queue.submit(request(name, priority=Priority.LARGE, caller="many"), 0.0)
    for name in "xy":
        queue.submit(request(name, priority=Priority.LARGE, caller="few"), 0.0)
    assert names(queue.admit(0.0, 5, {})) == "axbyc"
    # Who comes later goes before those who have had their share.
    queue.submit(request("n", priority=Priority.LARGE, caller="new"), 0.0)
    assert names(queue.admit(0.0, 9, {})) == "ndef"


def test_who_asks_for_long_texts_gets_as_many_tokens_not_as_many_turns() -> None:
    queue = Scheduler(SchedulerLimits())
    for name in "ABC":
        queue.submit(request(name, tokens=9, priority=Priority.LARGE, caller="long"), 0.0)
    for name in "abcdefghi":
        queue.submit(request(name, tokens=3, priority=Priority.LARGE, caller="short"), 0.0)
    assert names(queue.admit(0.0, 12, {})) == "AabcBdefCghi"


def test_a_caller_who_asks_one_after_the_other_takes_turns_too() -> None:
    queue = Scheduler(SchedulerLimits())
    for name in "abcd":
        queue.submit(request(name, priority=Priority.LARGE, caller="many"), 0.0)
    started = ""
    for _ in range(4):
        queue.submit(request("x", priority=Priority.LARGE, caller="one"), 0.0)
        started += names(queue.admit(0.0, 2, {}))
    assert Counter(started) == Counter("abcd" + 4 * "x")


def test_what_is_cancelled_costs_its_caller_nothing() -> None:
    queue = Scheduler(SchedulerLimits())
    for name in "abc":
        queue.submit(request(name, priority=Priority.LARGE, caller="one"), 0.0)
    queue.submit(request("x", priority=Priority.LARGE, caller="other"), 0.0)
    queue.cancel(("a", "yy"))
    assert names(queue.admit(0.0, 9, {})) == "bxc"


def test_who_asks_for_a_line_goes_before_who_asks_for_many() -> None:
    queue = Scheduler(SchedulerLimits(max_slots=8))
    for name in "abcdefgh":
        queue.submit(request(name, priority=Priority.LARGE, caller="many"), 0.0)
    assert names(queue.admit(0.0, 4, {})) == "abcd"
    queue.submit(request("x", priority=Priority.UNARY, caller="line"), 0.0)
    # Of many no more than a step takes: half of the slots.
    assert names(queue.admit(0.0, 4, {Priority.LARGE: 4})) == "x"
    assert queue.admit(0.0, 3, {Priority.LARGE: 4, Priority.UNARY: 1}) == []
    assert names(queue.admit(0.0, 4, {Priority.LARGE: 4})) == "efgh"


def test_many_stand_still_beside_a_line_but_for_a_part_of_the_time() -> None:
    queue = Scheduler(SchedulerLimits(large_share=0.5, batch_share=0.1))
    for priority, part in ((Priority.LARGE, 0.5), (Priority.BATCH, 0.1)):
        running = {Priority.UNARY: 1, priority: 19}
        spent_s = {"front": 0.0, "behind": 0.0}
        for _ in range(2_000):
            behind = queue.num_behind(running)
            # A row takes a millisecond.
            queue.step_took(0.001 * (1 + behind), 1, behind)
            spent_s["front"] += 0.001
            spent_s["behind"] += 0.001 * behind
        assert spent_s["behind"] / spent_s["front"] == pytest.approx(part, rel=0.1)
    # Alone they need not save.
    assert queue.num_behind({Priority.BATCH: 19}) == 19


def test_batches_rest_after_a_step_of_their_own_while_somebody_listens() -> None:
    queue = Scheduler(SchedulerLimits(patience_s=2.0))
    queue.submit(request("b", priority=Priority.BATCH), 0.0)
    queue.batch_took(0.01, 0.01)
    # Nobody listens.
    assert queue.resting_s(0.01) == 0
    queue.submit(request("l"), 1.0)
    assert names(queue.admit(1.0, 1, {})) == "l"
    queue.batch_took(0.01, 1.1)
    assert queue.resting_s(1.1) == pytest.approx(0.04)
    assert queue.resting_s(1.13) == pytest.approx(0.01)
    assert queue.resting_s(1.15) == 0
    # A clock that was put back, and a step that never seemed to end.
    assert queue.resting_s(1.0) == 0
    queue.batch_took(1e6, 1.2)
    assert queue.resting_s(1.2) == 0.25
    queue.submit(request("m"), 1.21)
    assert queue.resting_s(1.21) == 0
    queue.cancel(("m", "yy"))
    assert queue.resting_s(1.21) > 0
    queue.batch_took(0.01, 3.3)
    assert queue.resting_s(3.3) == 0


def test_many_go_on_where_others_wait_for_their_slots() -> None:
    queue = Scheduler(SchedulerLimits(max_slots=20))
    running = {Priority.LIVE: 1, Priority.LARGE: 19}
    queue.step_took(0.02, 1, 19)
    assert queue.num_behind(running) == 0
    queue.submit(request("l"), 0.0)
    assert queue.num_behind(running) == 19
    assert queue.num_behind({Priority.LIVE: 1, Priority.LARGE: 18}) == 0


def test_time_without_anyone_behind_is_not_saved() -> None:
    queue = Scheduler(SchedulerLimits())
    for _ in range(1_000):
        assert queue.num_behind({Priority.LIVE: 2}) == 0
        queue.step_took(0.01, 2, 0)
    joined = 0
    for _ in range(10):
        behind = queue.num_behind({Priority.LIVE: 2, Priority.BATCH: 40})
        queue.step_took(0.001 * (2 + behind), 2, behind)
        joined += behind > 0
    assert joined <= 1


def test_an_admission_behind_takes_of_the_same_time() -> None:
    queue = Scheduler(SchedulerLimits(batch_share=0.5, max_shared_step_s=1.0))
    queue.submit(request("l"), 0.0)
    for name in "abc":
        queue.submit(request(name, tokens=40, priority=Priority.BATCH), 0.0)
    assert names(queue.admit(0.0, 64, {})) == "l"
    assert names(queue.admit(0.0, 63, {Priority.LIVE: 1})) == "a"
    queue.admission_took(0.1)
    running = {Priority.LIVE: 2, Priority.BATCH: 1}
    steps = 0
    while not queue.admit(0.1, 61, running):
        assert queue.num_behind(running) == 0
        queue.step_took(0.01, 2, 0)
        steps += 1
    assert steps == 20
    # If nobody is there to wait, there is nothing to save.
    queue.admission_took(0.1)
    assert names(queue.admit(0.2, 64, {})) == "c"


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 3)), max_size=60))
@settings(deadline=None)
def test_nobody_goes_twice_while_another_waits(actions: list[tuple[int, int]]) -> None:
    """Fair between live keys: each that asks again gets behind all who wait."""
    queue = Scheduler(SchedulerLimits(max_prefill_tokens=10))
    # For each that waits, who has been admitted since.
    passed: dict[str, set[str]] = {}
    for number, num_free in actions:
        name = str(number)
        if name in passed:
            queue.replace(request(name, version=2, tokens=1 + number))
        else:
            queue.submit(request(name, tokens=1 + number), 0.0)
            passed[name] = set()
        for admitted in names(queue.admit(0.0, num_free, {})):
            del passed[admitted]
            for others in passed.values():
                assert admitted not in others
                others.add(admitted)


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("submit"), st.integers(0, 5), st.sampled_from(Priority)),
            st.tuples(st.just("replace"), st.integers(0, 5), st.just(Priority.LIVE)),
            st.tuples(st.just("cancel"), st.integers(0, 5), st.just(Priority.LIVE)),
            st.tuples(st.just("admit"), st.integers(0, 3), st.just(Priority.LIVE)),
        ),
        max_size=40,
    )
)
def test_nothing_is_lost_nothing_comes_twice(
    actions: list[tuple[str, int, Priority]],
) -> None:
    queue = Scheduler(SchedulerLimits(max_prefill_tokens=10))
    waiting: dict[int, int] = {}
    count: Counter[str] = Counter()
    for version, (action, number, priority) in enumerate(actions):
        key = (str(number), "yy")
        if action == "submit" and number not in waiting:
            queue.submit(request(str(number), version=version, priority=priority), 0.0)
            waiting[number] = version
        elif action == "replace":
            assert queue.replace(request(str(number), version=version)) == (number in waiting)
            if number in waiting:
                waiting[number] = version
        elif action == "cancel":
            assert queue.cancel(key) == (waiting.pop(number, None) is not None)
        elif action == "admit":
            admitted = queue.admit(0.0, number, {})
            assert len(admitted) <= number
            assert admitted or not (waiting and number)
            for each in admitted:
                assert waiting.pop(int(each.request.key[0])) == each.request.version
                count["admitted"] += 1
        assert len(queue) == len(waiting)


# Who takes much


def filed_by(caller: str, name: str, *, tokens: int = 20, version: int = 1) -> Request:
    # Each has a source of its own.
    source = (*name.encode(), *(7,) * (tokens - len(name)))
    return Request((name, "yy"), version, "fake", source, caller=caller)


def heavy_scheduler() -> Scheduler:
    """One in which the mob has just had a second of the model's time, and somebody listens."""
    queue = Scheduler(SchedulerLimits())
    queue.submit(filed_by("mob", "m0"), 0.0)
    [waiting] = queue.admit(0.0, 64, {})
    queue.admission_took(0.2)
    queue.rows_took([waiting.request], 0.8, 1.0)
    queue.submit(filed_by("one", "a"), 1.0)
    assert names(queue.admit(1.0, 64, {})) == "a"
    queue.admission_took(0.0)
    return queue


def test_a_mob_waits_for_whoever_else_listens_however_many_it_is() -> None:
    queue = heavy_scheduler()
    for number in range(16):
        queue.submit(filed_by("mob", f"m{number}"), 1.0)
    queue.submit(filed_by("one", "a"), 1.0)
    queue.submit(filed_by("two", "b"), 1.0)
    # Not in one admission either, since they would wait for all of it.
    assert names(queue.admit(1.0, 64, {})) == "ab"
    queue.admission_took(0.0)
    # Beside those who run, one admission in a while; and never many tokens.
    admitted = queue.admit(1.01, 62, {Priority.LIVE: 2})
    assert names(admitted) == "m0"
    assert [waiting.request.priority for waiting in admitted] == [Priority.HEAVY]
    assert admitted[0].request.probable
    queue.admission_took(0.0)
    running = {Priority.LIVE: 2, Priority.HEAVY: 1}
    assert queue.admit(1.09, 61, running) == []
    assert len(queue.admit(1.12, 61, running)) == 1


def test_a_mob_takes_turns_with_another() -> None:
    queue = heavy_scheduler()
    queue.rows_took([filed_by("gang", "g")], 1.0, 1.0)
    for number in range(4):
        queue.submit(filed_by("mob", f"m{number}", tokens=40), 1.0)
    queue.submit(filed_by("gang", "g", tokens=40), 1.0)
    served = ""
    for step in range(5):
        now = 1.0 + 0.11 * step
        served += names(queue.admit(now, 64, {}))
        queue.admission_took(0.0)
    assert served == "m0gm1m2m3"


def test_a_mob_that_nobody_else_listens_beside_gets_all_that_there_is() -> None:
    queue = Scheduler(SchedulerLimits())
    queue.rows_took([filed_by("mob", "m")], 1.0, 1.0)
    for number in range(10):
        queue.submit(filed_by("mob", f"m{number}"), 1.0)
    admitted = queue.admit(1.0, 64, {})
    assert len(admitted) == 10
    assert {waiting.request.priority for waiting in admitted} == {Priority.LIVE}


def test_a_long_request_of_a_mob_makes_its_next_one_wait_and_the_engine_sleeps() -> None:
    queue = heavy_scheduler()
    queue.submit(filed_by("mob", "m0", tokens=150), 1.0)
    queue.submit(filed_by("mob", "m1", tokens=150), 1.0)
    assert queue.wait_s(1.0) == 0.0
    assert len(queue.admit(1.0, 64, {})) == 1
    queue.admission_took(0.04)
    assert queue.admit(1.1, 64, {}) == []
    # 0.04 s, squared and 1,000 times.
    assert queue.wait_s(1.1) == pytest.approx(1.54)
    # Nobody waits for it but the mob.
    queue.submit(filed_by("one", "a"), 1.2)
    assert queue.wait_s(1.2) == 0.0
    assert names(queue.admit(1.2, 64, {})) == "a"
    queue.admission_took(0.0)
    assert names(queue.admit(2.65, 64, {})) == "m1"


@pytest.mark.parametrize("jump_s", [-1e9, -0.5, 10.0, 1e9])
def test_a_clock_that_jumps_lets_a_mob_wait_no_longer(jump_s: float) -> None:
    queue = heavy_scheduler()
    for number in range(2):
        queue.submit(filed_by("mob", f"m{number}", tokens=150), 1.0)
    queue.admit(1.0, 64, {})
    queue.admission_took(1000.0)
    now = 1001.0 + jump_s
    assert queue.wait_s(now) == 0.0
    assert names(queue.admit(now, 64, {})) == "m1"


def test_what_a_mob_waits_with_stays_behind_when_it_is_replaced() -> None:
    queue = heavy_scheduler()
    queue.submit(filed_by("mob", "m"), 1.0)
    assert queue.replace(filed_by("mob", "m", version=2))
    queue.submit(filed_by("one", "a"), 1.0)
    assert names(queue.admit(1.0, 64, {})) == "a"
    queue.admission_took(0.0)
    [waiting] = queue.admit(1.0, 64, {})
    assert (waiting.request.version, waiting.request.priority) == (2, Priority.HEAVY)


def test_who_takes_little_again_is_heavy_no_more() -> None:
    queue = heavy_scheduler()
    priorities = []
    for second in range(1, 6):
        now = float(second)
        queue.submit(filed_by("one", "a"), now)
        queue.submit(filed_by("mob", "m"), now)
        for _ in range(2):
            for waiting in queue.admit(now, 64, {}):
                if waiting.request.caller == "mob":
                    priorities += [waiting.request.priority]
            queue.admission_took(0.0)
    assert priorities == [Priority.HEAVY] * 4 + [Priority.LIVE]


def test_streams_at_the_pace_of_speech_are_never_heavy() -> None:
    queue = Scheduler(SchedulerLimits())
    for step in range(400):
        now = step / 20
        queue.submit(filed_by(f"{step % 8}", f"{step % 8}"), now)
        [waiting] = queue.admit(now, 64, {})
        assert waiting.request.priority is Priority.LIVE
        queue.admission_took(0.007)
        queue.rows_took([waiting.request], 0.01, now + 0.02)
        queue.step_took(0.01, 1, 0)
