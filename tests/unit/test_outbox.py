"""Updates on their way to the reader: merged, numbered, held back; committed text never lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.engine.request import RequestTiming
from translator.session.events import AlignedRange, TargetEvent
from translator.session.outbox import Outbox, merge
from translator.session.report import TargetFigures
from translator.testing import FakeClock

pytestmark = pytest.mark.unit


def event(
    committed: str = "", draft: str = "", *, segment: int = 0, closed: bool = False, **more: object
) -> TargetEvent:
    values: dict[str, object] = {
        "committed_length": 0,
        "source_start": 0,
        "source_sequence": 0,
        "source_committed_length": 0,
    }
    return TargetEvent("yy", segment, committed, draft, closed=closed, **(values | more))  # type: ignore[arg-type]


def take(outbox: Outbox) -> list[tuple[int, str, str]]:
    return [(revision, e.committed, e.draft) for revision, e in outbox.take()]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def outbox(clock: FakeClock) -> Outbox:
    return Outbox(0, clock, TargetFigures())


def test_two_events_of_a_segment_become_one_of_the_same_effect() -> None:
    earlier = event(
        "A", "B", committed_length=1, source_sequence=3, source_committed_length=4,
        alignments=(AlignedRange(0, 1, 0, 1),), start_s=1.0, end_s=2.0,
        timing=RequestTiming(1, 2, 3, 4, 5),
    )  # fmt: skip
    later = event(
        " X", "Y", closed=True, committed_length=3, source_sequence=5, source_committed_length=8,
        alignments=(AlignedRange(2, 3, 2, 3),), start_s=2.0, end_s=4.0,
        timing=RequestTiming(10, 20, 30, 40, 50),
    )  # fmt: skip
    assert merge(earlier, later) == event(
        "A X", "Y", closed=True, committed_length=3, source_sequence=5, source_committed_length=8,
        alignments=(AlignedRange(0, 1, 0, 1), AlignedRange(2, 3, 2, 3)), start_s=1.0, end_s=4.0,
        timing=RequestTiming(11, 22, 33, 44, 55),
    )  # fmt: skip


def test_a_clock_that_goes_back_holds_no_update_longer_than_the_interval(
    outbox: Outbox, clock: FakeClock
) -> None:
    outbox.min_interval_s = 2.0
    outbox.put(event("A"))
    assert len(take(outbox)) == 1
    outbox.put(event(" B"))
    clock.advance(-3600.0)
    assert outbox.wait_s() == 2.0


def test_media_times_that_one_event_lacks_come_from_the_other() -> None:
    merged = merge(event(start_s=1.0), event(end_s=2.0))
    assert (merged.start_s, merged.end_s) == (1.0, 2.0)
    assert merge(event(), event()).start_s is None


def test_while_nothing_is_taken_drafts_are_replaced_and_commits_joined(outbox: Outbox) -> None:
    outbox.put(event("A", " b"))
    outbox.put(event("", " B c"))
    outbox.put(event(" B", " C"))
    assert len(outbox) == 1
    assert take(outbox) == [(1, "A B", " C")]
    assert take(outbox) == []
    assert outbox.superseded == 2


def test_segments_are_not_merged_and_come_in_order(outbox: Outbox) -> None:
    outbox.put(event("A", closed=True))
    outbox.put(event("B", segment=1))
    outbox.put(event("C", segment=1))
    assert outbox.unsent_length == 3
    assert take(outbox) == [(1, "A", ""), (2, "BC", "")]
    assert outbox.unsent_length == 0


def test_revisions_go_on_from_that_of_the_reader(clock: FakeClock) -> None:
    outbox = Outbox(41, clock, TargetFigures())
    outbox.put(event("A"))
    assert take(outbox) == [(42, "A", "")]


def test_an_interval_holds_updates_back_and_merges_them(outbox: Outbox, clock: FakeClock) -> None:
    outbox.min_interval_s = 0.5
    assert outbox.wait_s() is None
    outbox.put(event("A"))
    assert outbox.wait_s() == 0.0
    assert take(outbox) == [(1, "A", "")]
    outbox.put(event("B"))
    assert outbox.wait_s() == 0.5
    assert take(outbox) == []
    clock.advance(0.25)
    outbox.put(event("C"))
    assert outbox.wait_s() == 0.25
    assert take(outbox) == []
    clock.advance(0.25)
    assert take(outbox) == [(2, "BC", "")]
    clock.advance(9)
    outbox.put(event("D"))
    assert outbox.wait_s() == 0.0


def test_no_more_are_on_their_way_than_may_be_unacknowledged(outbox: Outbox) -> None:
    outbox.max_unacked = 2
    for segment, text in enumerate("ABCD"):
        outbox.put(event(text, segment=segment))
    assert take(outbox) == [(1, "A", ""), (2, "B", "")]
    assert outbox.wait_s() is None
    outbox.ack(1)
    assert outbox.wait_s() == 0.0
    assert take(outbox) == [(3, "C", "")]
    outbox.ack(3)
    assert take(outbox) == [(4, "D", "")]


def test_an_ack_goes_neither_back_nor_beyond_what_was_sent(outbox: Outbox) -> None:
    outbox.max_unacked = 1
    outbox.put(event("A"))
    outbox.take()
    outbox.ack(99)
    assert outbox.acked == 1
    outbox.ack(0)
    assert outbox.acked == 1
    outbox.put(event("B"))
    assert take(outbox) == [(2, "B", "")]
    outbox.put(event("C"))
    assert take(outbox) == []


def test_text_beyond_the_limit_does_not_wait_for_acks(clock: FakeClock) -> None:
    """Else it would wait for acks that wait behind source which is not read."""
    outbox = Outbox(0, clock, TargetFigures(), max_unsent_length=10)
    outbox.max_unacked = 1
    outbox.put(event("A", segment=0))
    outbox.take()
    for segment in range(1, 5):
        outbox.put(event("1234", segment=segment))
    assert outbox.unsent_length == 16
    assert [revision for revision, _ in outbox.take()] == [2, 3]
    assert outbox.unsent_length == 8
    assert outbox.wait_s() is None


def test_figures_are_told_of_what_leaves_and_when(clock: FakeClock) -> None:
    figures = TargetFigures()
    outbox = Outbox(0, clock, figures)
    clock.advance(1)
    outbox.put(event("A", num_source_words=1))
    clock.advance(1)
    outbox.put(event(" B", closed=True, num_source_words=2, arrivals_s=(1000.0, 1001.0)))
    assert figures.updates == 0
    clock.advance(1)
    outbox.take()
    assert (figures.updates, figures.words) == (1, 2)
    # Both words came with the update that had all of the source, 3 s and 2 s after theirs.
    assert figures.mean_lag_words == 2.0
    assert figures.mean_lag_ms == 2500.0


def test_a_draft_that_never_left_is_not_erased(clock: FakeClock) -> None:
    figures = TargetFigures()
    outbox = Outbox(0, clock, figures)
    outbox.put(event("", "A b c"))
    outbox.put(event("A B", ""))
    outbox.take()
    assert figures.erased_words == 0


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("put"), st.text("ab ", max_size=3), st.booleans()),
            st.tuples(st.just("take"), st.just(""), st.just(False)),
            st.tuples(st.just("wait"), st.just(""), st.just(False)),
            st.tuples(st.just("ack"), st.just(""), st.booleans()),
        ),
        max_size=40,
    ),
    st.sampled_from([0.0, 1.0]),
    st.integers(0, 2),
    st.sampled_from([4, 1000]),
)
def test_committed_text_is_never_lost_and_revisions_leave_no_gap(
    actions: list[tuple[str, str, bool]], interval_s: float, max_unacked: int, max_unsent: int
) -> None:
    clock = FakeClock()
    outbox = Outbox(7, clock, TargetFigures(), max_unsent)
    outbox.min_interval_s = interval_s
    outbox.max_unacked = max_unacked
    wanted: dict[int, str] = {}
    got: dict[int, str] = {}
    revision, segment = 7, 0

    def read() -> None:
        nonlocal revision
        for number, taken in outbox.take():
            revision += 1
            assert number == revision
            got[taken.segment_id] = got.get(taken.segment_id, "") + taken.committed

    for action, text, flag in actions:
        if action == "put":
            wanted[segment] = wanted.get(segment, "") + text
            outbox.put(event(text, "draft", segment=segment, closed=flag))
            segment += flag
        elif action == "take":
            read()
        elif action == "wait":
            clock.advance(0.6)
        else:
            outbox.ack(revision - flag)
    outbox.max_unacked = 0
    clock.advance(9)
    read()
    assert got == wanted
    assert list(got) == sorted(got)
    assert len(outbox) == 0
