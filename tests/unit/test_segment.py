"""A segment: its chunks, when they came, and how it is split."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.driver import make_config
from translator.engine.request import RequestTiming
from translator.session.events import TargetEvent
from translator.session.filed import Filed, Wanted
from translator.session.segment import Chunk, Segment
from translator.session.segment_text import Change, SegmentText
from translator.testing import FakeModel

pytestmark = pytest.mark.unit

CONFIG = make_config(FakeModel())


def segment(*chunks: tuple[str, float, float | None, float | None]) -> Segment:
    built = Segment(3, 100, CONFIG, sequence=9)
    for chunk in chunks:
        built.append(*chunk)
    return built


def test_text_is_appended_with_when_it_came_and_its_media_time() -> None:
    built = segment(("Hello ", 1.0, 0.0, 0.5), ("", 2.0, 0.5, 0.6), ("you", 3.0, None, None))
    assert built.committed == "Hello you"
    assert built.chunks == [Chunk(0, 6, 1.0, 0.0, 0.5), Chunk(6, 9, 3.0, None, None)]


def test_a_split_closes_the_first_part_and_goes_on_with_the_rest() -> None:
    first = segment(("Hello. Yo", 1.0, 0.0, 0.5), ("u are", 2.0, 0.5, 1.0))
    rest = first.split(7)
    assert (first.committed, first.closed, first.id, first.start) == ("Hello. ", True, 3, 100)
    assert (rest.committed, rest.closed, rest.id, rest.start) == ("You are", False, 4, 107)
    assert first.chunks == [Chunk(0, 7, 1.0, 0.0, 0.5 * 7 / 9)]
    assert rest.chunks == [Chunk(0, 2, 1.0, 0.5 * 7 / 9, 0.5), Chunk(2, 7, 2.0, 0.5, 1.0)]
    assert rest.sequence == 9
    assert rest.config is CONFIG


def test_what_is_dropped_moves_the_start_and_nothing_else() -> None:
    blank = segment(("   ", 1.0, None, None), ("  you", 2.0, None, None))
    blank.drop(4)
    assert (blank.committed, blank.id, blank.start, blank.closed) == (" you", 3, 104, False)
    assert blank.chunks == [Chunk(0, 4, 2.0, None, None)]


def test_words_arrive_with_the_chunk_of_their_first_character() -> None:
    built = segment((" He", 1.0, None, None), ("llo a", 2.0, None, None), (" a b", 3.0, None, None))
    assert built.arrivals_s() == [1.0, 2.0, 3.0, 3.0]
    assert segment((" \n", 1.0, None, None)).arrivals_s() == []


def test_media_time_passes_evenly_over_the_text_of_a_chunk() -> None:
    built = segment((" abcd ", 0.0, 1.0, 2.0), ("efgh", 0.0, 2.5, 3.5))
    assert built.media_time(1, 5) == (1.0, 2.0)
    assert built.media_time(1, 3) == (1.0, 1.5)
    assert built.media_time(3, 5) == (1.5, 2.0)
    assert built.media_time(4, 8) == (1.75, 3.0)
    assert built.media_time(0, 10) == (1.0, 3.5)
    assert built.media_time(0, 0) == (None, None)


def test_media_time_is_as_wide_as_a_chunk_of_which_one_time_is_missing() -> None:
    built = segment(("abc", 0.0, 1.0, 2.0), ("def", 0.0, None, 3.0), ("ghi", 0.0, 5.0, None))
    assert built.media_time(3, 5) == (None, 3.0)
    assert built.media_time(0, 5) == (1.0, 3.0)
    assert built.media_time(4, 8) == (5.0, None)
    assert segment(("abc", 0.0, None, None)).media_time(0, 3) == (None, None)


def test_an_end_before_the_beginning_is_left_out() -> None:
    built = segment(("abc ", 0.0, 90.0, 91.0), ("def", 0.0, 1.0, 2.0))
    assert built.media_time(0, 7) == (90.0, 91.0)
    assert built.media_time(4, 7) == (1.0, 2.0)


def test_where_speakers_overlap_the_end_is_that_of_who_speaks_longest() -> None:
    built = segment(("we sail ", 0.0, 10.0, 12.0), ("yes ", 0.0, 10.5, 10.8))
    assert built.media_time(0, 12) == (10.0, 12.0)


def test_both_parts_of_a_split_chunk_keep_their_share_of_its_time() -> None:
    first = segment(("abcd", 0.0, 1.0, 2.0), ("  ", 0.0, 2.0, 3.0))
    rest = first.split(1)
    assert (first.chunks[0].start_s, first.chunks[0].end_s) == (1.0, 1.25)
    assert [(c.start_s, c.end_s) for c in rest.chunks] == [(1.25, 2.0), (2.0, 3.0)]
    unknown = segment(("abcd", 0.0, 1.0, None))
    rest = unknown.split(2)
    assert (unknown.chunks[0].start_s, unknown.chunks[0].end_s) == (1.0, None)
    assert (rest.chunks[0].start_s, rest.chunks[0].end_s) == (1.0, None)


@pytest.mark.parametrize(
    ("chunks", "position", "seconds"),
    [
        ([("one ", 0.0, 1.0), ("two", 2.5, 3.0)], 4, 1.5),
        ([("one", 0.0, 1.0), (" two", 2.5, 3.0)], 4, 1.5),
        ([("one", 0.0, 1.0), (" ", 1.0, 1.1), ("two", 2.5, 3.0)], 4, 1.5),
        ([("one two", 0.0, 1.0)], 4, 0.0),  # inside a chunk
        ([("one t", 0.0, 1.0), ("wo", 2.5, 3.0)], 4, 0.0),  # inside a word
        ([("one ", 0.0, 1.0), ("two three", 2.5, 3.0)], 8, 0.0),  # not the chunk's first word
        ([("one ", 5.0, 6.0), ("two", 2.5, 3.0)], 4, 0.0),  # times go back
        ([("one ", 1.0, 1.0), ("two", 1.0, 1.0)], 4, 0.0),  # no time passes
        ([("one ", 0.0, None), ("two", 2.5, 3.0)], 4, 0.0),
        ([("one ", 0.0, 1.0), ("two", None, 3.0)], 4, 0.0),
        ([(" ", 0.0, 1.0), ("two", 2.5, 3.0)], 1, 0.0),  # nothing was said before
    ],
)
def test_a_pause_lies_between_the_words_of_two_chunks(
    chunks: list[tuple[str, float | None, float | None]], position: int, seconds: float
) -> None:
    built = segment(*((text, 0.0, start, end) for text, start, end in chunks))
    assert built.pause_before(position) == seconds


def test_a_pause_stays_where_it_is_when_the_segment_is_split() -> None:
    first = segment(("a b ", 0.0, 0.0, 1.0), ("c d ", 0.0, 2.0, 3.0), ("e", 0.0, 5.0, 6.0))
    rest = first.split(2)
    assert (rest.pause_before(2), rest.pause_before(6)) == (1.0, 2.0)


@given(st.lists(st.text("ab ", max_size=4), max_size=8), st.integers(0, 30))
def test_parts_of_a_split_are_the_whole_and_keep_each_words_arrival(
    texts: list[str], end: int
) -> None:
    whole = segment(*((text, float(n), None, None) for n, text in enumerate(texts)))
    text = whole.committed
    arrivals = whole.arrivals_s()
    end = min(end, len(text))
    first = segment(*((t, float(n), None, None) for n, t in enumerate(texts)))
    rest = first.split(end)
    assert first.committed + rest.committed == text
    for part in (first, rest):
        assert [c.start for c in part.chunks][1:] == [c.end for c in part.chunks][:-1]
    if not (text[:end][-1:].strip() and text[end:][:1].strip()):
        assert first.arrivals_s() + rest.arrivals_s() == arrivals


def test_text_that_no_alignment_places_has_the_times_of_the_source_that_is_new() -> None:
    built = segment(("we sail ", 0.0, 10.0, 12.0), ("south.", 0.0, 12.0, 13.0))
    built.closed = True
    text = SegmentText()

    def told(source: str, committed: str, *, is_complete: bool) -> TargetEvent:
        wanted = Wanted(source, is_committed=True, is_complete=is_complete, is_whole=is_complete)
        event = text.event(
            built,
            Filed.unasked(built, wanted),
            Change(committed, "", None, 0, ()),
            RequestTiming(),
            CONFIG.bindings[0],
            None,
            steadies=False,
        )
        assert event is not None
        return event

    first = told("we sail ", "WE", is_complete=False)
    assert (first.start_s, first.end_s) == (10.0, 12.0)
    last = told("we sail south.", " SAIL SOUTH", is_complete=True)
    assert (last.start_s, last.end_s) == (12.0, 13.0)
    # A mark after all of it belongs to its end.
    mark = told("we sail south.", ".", is_complete=True)
    assert mark.start_s is not None
    assert mark.end_s == 13.0
