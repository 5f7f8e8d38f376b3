"""A session whose outcomes come late, or whose reader is slow."""

import pytest

from tests.unit.driver import Driver, drive, last, make_config, one_thread, shown  # noqa: F401
from translator.engine.request import Outcome, Request
from translator.errors import DecodingError
from translator.session.events import SessionLimits
from translator.testing import FakeModel

pytestmark = pytest.mark.unit


@pytest.fixture
def model() -> FakeModel:
    return FakeModel()


# Outcomes that come late


def test_a_newer_source_replaces_the_request_that_waits(model: FakeModel) -> None:
    driver = drive(model)
    for word in ["one", "two", "three", "four", "five", "six"]:
        driver.send(word + " ")
    driver.settle()
    assert shown(driver) == [("", "ONE TWO THREE FOUR FIVE SIX~")]
    assert driver.session.report().targets[0].requests == 1


def test_what_came_while_a_request_ran_is_asked_for_once_it_is_answered(model: FakeModel) -> None:
    driver = drive(model)
    driver.send("one ")
    driver.step()
    for word in ["two", "three", "four", "five", "six"]:
        driver.send(word + " ")
    driver.settle()
    assert shown(driver) == [("", "ONE~"), ("", "ONE TWO THREE FOUR FIVE SIX~")]
    assert last(driver).source_sequence == 6


def test_an_outcome_that_comes_after_its_segment_closed_does_no_harm(model: FakeModel) -> None:
    driver = drive(model)
    driver.send("one two")
    driver.step(10, deliver=False)
    driver.send(" three. Four")
    driver.flush()
    driver.settle()
    driver.end()
    driver.check_final(["yy"])


def test_an_outcome_for_text_that_went_to_the_next_segment_commits_nothing_of_it(
    model: FakeModel,
) -> None:
    """The end of the first sentence is known only with the first letter of the next."""
    driver = drive(model)
    for text in ('one two. "', '"T', "hree. F"):
        driver.send(text)
        driver.step(2)
    driver.settle()
    driver.end()
    driver.check_final(["yy"])


def test_an_outcome_nobody_waits_for_is_ignored(model: FakeModel) -> None:
    driver = drive(model)
    driver.send("one")
    stray = Request(("s", "qq"), 1, "fake", (1,))
    driver.session.accept(Outcome(stray, None, DecodingError("of no target")))
    driver.settle()
    assert shown(driver) == [("", "ONE~")]


def test_a_draft_that_comes_after_the_end_opens_no_segment(model: FakeModel) -> None:
    """Nothing would close it: the tentative source that it is of was dropped with the end."""
    driver = drive(model)
    driver.send("One. ", "and so")
    driver.flush()
    while not driver.updates or not driver.updates[-1][1].closed:
        driver.step()
    driver.end()
    closed = {event.segment_id: event.closed for _, event in driver.updates}
    assert all(closed.values()), closed


# A slow reader


def test_a_reader_that_stops_gets_drafts_merged_and_all_that_was_committed(
    model: FakeModel,
) -> None:
    driver = drive(model)
    driver.reading = False
    for word in ["one", "two", "three.", "four", "five", "six.", "Seven", "eight", "nine"]:
        driver.say(word + " ")
    assert driver.updates == []
    driver.end()
    assert len(driver.updates) == len(driver.readers["yy"].sources)
    driver.check_final(["yy"])


def test_too_many_segments_that_wait_congest_the_session(model: FakeModel) -> None:
    driver = Driver(make_config(model), model, limits=SessionLimits(max_pending_segments=2))
    for _ in range(2):
        driver.send("one.", end_of_segment=True)
        assert not driver.session.is_congested
    driver.send("one.", end_of_segment=True)
    assert driver.session.is_congested
    driver.settle()
    assert not driver.session.is_congested


def test_too_much_text_that_nobody_reads_congests_the_session(model: FakeModel) -> None:
    driver = Driver(make_config(model), model, limits=SessionLimits(max_unsent_length=20))
    driver.reading = False
    driver.say("twelve chars")
    driver.flush()
    assert driver.session.is_congested
    driver.take()
    assert not driver.session.is_congested


def test_acks_that_wait_behind_unread_source_do_not_hold_up_the_session(model: FakeModel) -> None:
    driver = Driver(
        make_config(model, max_unacked_updates=1), model, limits=SessionLimits(max_unsent_length=99)
    )
    for _ in range(40):
        driver.say("twelve chars", end_of_segment=True)
        assert not driver.session.is_congested
    driver.end()
    driver.check_final()
