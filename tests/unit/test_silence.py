"""What a silence of the source does: what is said is shown whole, then committed."""

from typing import Any

import pytest

from tests.unit.driver import Driver, make_config, one_thread  # noqa: F401
from translator.session.events import Rests, SessionLimits, SourceUpdate
from translator.testing import FakeModel

pytestmark = pytest.mark.unit

RESTS = Rests(draft_s=1.2, sentence_s=1.0, segment_s=3.0)


@pytest.fixture
def model() -> FakeModel:
    return FakeModel()


def drive(model: FakeModel, **settings: Any) -> Driver:
    limits = settings.pop("limits", None)
    settings = {"policy": "guarded-agreement", "rests": RESTS, **settings}
    config = make_config(model, "yy", **settings)
    return Driver(config, model, limits=limits)


def say(driver: Driver, text: str, **more: Any) -> None:
    for word in text.split():
        driver.say(word + " ", **more)


def test_a_sentence_is_shown_whole_with_its_mark_and_committed_soon(model: FakeModel) -> None:
    driver = drive(model)
    say(driver, "The bill is 350 euros.")
    reader = driver.readers["yy"]
    assert reader.shown == "THE BILL IS 350 EUROS."
    driver.rest(0.9)
    assert reader.sources == {}
    driver.rest(0.1)
    assert reader.final_texts == ["THE BILL IS 350 EUROS."]
    assert driver.session.wait_s() is None
    driver.say("Thanks. ")
    driver.end()
    assert reader.final_texts == ["THE BILL IS 350 EUROS.", "THANKS."]


def test_source_without_a_mark_is_shown_whole_and_committed_later(model: FakeModel) -> None:
    driver = drive(model)
    say(driver, "we meet at nine")
    reader = driver.readers["yy"]
    assert reader.shown != "WE MEET AT NINE~"
    driver.rest(1.2)
    assert reader.shown == "WE MEET AT NINE~"
    assert reader.sources == {}
    # The last word took 0.4 s to say, so the next one was not to be expected sooner.
    driver.rest(2.1)
    assert reader.sources == {}
    driver.rest(0.1)
    assert reader.final_texts == ["WE MEET AT NINE~"]
    say(driver, "or ten")
    driver.end()
    assert len(reader.final_texts) == 2


def test_a_chunk_that_took_long_to_say_is_given_as_long_for_the_next(model: FakeModel) -> None:
    driver = drive(model)
    driver.say("we meet at nine ", start_s=0.0, end_s=5.0)
    driver.rest(7.9)
    assert driver.readers["yy"].sources == {}
    driver.rest(0.2)
    assert len(driver.readers["yy"].sources) == 1


def test_what_is_not_new_does_not_end_a_silence(model: FakeModel) -> None:
    driver = drive(model)
    say(driver, "we meet")
    for _ in range(12):
        driver.rest(0.1)
        driver.say("", tentative="")
        driver.say("  ")
    assert driver.readers["yy"].shown == "WE MEET~"


def test_tentative_source_that_rests_is_shown_whole_and_never_committed(model: FakeModel) -> None:
    driver = drive(model)
    driver.say("we meet", tentative=" at nine o'clock")
    driver.rest(1.0)
    driver.say("", tentative=" at nine o'clock")
    driver.rest(0.2)
    reader = driver.readers["yy"]
    assert reader.shown.startswith("WE MEET AT NINE O'CLOCK")
    driver.rest(60.0)
    assert reader.sources == {}
    assert reader.committed == ""


def test_a_committed_sentence_before_a_tentative_tail_is_committed(model: FakeModel) -> None:
    driver = drive(model)
    driver.say("We meet. ", tentative="and the")
    driver.rest(1.0)
    assert driver.readers["yy"].final_texts == ["WE MEET."]
    driver.rest(0.2)
    assert driver.readers["yy"].shown == "AND THE~"


def test_the_client_that_segments_closes_for_itself(model: FakeModel) -> None:
    driver = drive(model, client_segmentation=True)
    say(driver, "We meet at nine.")
    driver.rest(60.0)
    reader = driver.readers["yy"]
    assert reader.shown == "WE MEET AT NINE."
    assert reader.sources == {}


@pytest.mark.parametrize("text", ["We meet.", "we meet"])
def test_a_rest_of_zero_is_never(model: FakeModel, text: str) -> None:
    driver = drive(model, rests=Rests(0.0, 0.0, 0.0))
    say(driver, text)
    assert driver.session.wait_s() is None
    driver.rest(1e9)
    assert driver.readers["yy"].sources == {}


def test_a_policy_that_shows_nothing_before_the_end_ends_with_the_rest(model: FakeModel) -> None:
    driver = drive(model, policy="final-only")
    say(driver, "We meet.")
    driver.rest(0.9)
    assert driver.readers["yy"].shown == ""
    driver.rest(0.1)
    assert driver.readers["yy"].final_texts == ["WE MEET."]


def test_a_clock_that_stands_still_or_goes_back_asks_for_nothing(model: FakeModel) -> None:
    driver = drive(model)
    say(driver, "We meet.")
    driver.clock.now -= 100
    for _ in range(3):
        driver.pump()
    assert driver.readers["yy"].sources == {}
    wait_s = driver.session.wait_s()
    assert wait_s is not None
    assert wait_s > 0


def test_a_million_blank_interims_change_nothing(model: FakeModel) -> None:
    driver = drive(model)
    say(driver, "we meet")
    driver.rest(1.2)
    before = len(driver.updates)
    for number in range(2_000):
        driver.send("", tentative=" " * (number % 3))
    driver.settle()
    assert len(driver.updates) <= before + 1
    driver.end()


def test_what_rests_is_known_to_the_policy_and_stays_when_more_comes(model: FakeModel) -> None:
    driver = drive(model)
    say(driver, "we meet at")
    driver.rest(1.2)
    assert driver.readers["yy"].shown == "WE MEET AT~"
    driver.say("nine ")
    # Only the word that the model had wrong is taken back.
    assert driver.readers["yy"].shown == "WE MEET"


def test_source_that_waits_to_be_read_is_no_silence(model: FakeModel) -> None:
    driver = drive(model)
    text = "we row " * 100
    steps = driver.session.take_source(SourceUpdate(1, text))
    next(steps)
    driver.pump()
    # The first step ends inside a word; what comes after it waits for room.
    driver.rest(60.0)
    closed = len(driver.readers["yy"].sources)
    assert driver.session.wait_s() is None
    for _ in steps:
        pass
    driver.source = text
    driver.settle()
    assert len(driver.readers["yy"].sources) <= closed + 1
    assert driver.session.wait_s() == pytest.approx(1.2)
    driver.end()
    whole = drive(model)
    whole.say(text)
    whole.end()
    assert driver.readers["yy"].sources == whole.readers["yy"].sources


def test_a_session_that_is_congested_counts_no_silence(model: FakeModel) -> None:
    driver = drive(model, limits=SessionLimits(max_pending_segments=1))
    for text in ("One. ", "Two. ", "Three. ", "we row"):
        driver.send(text)
    assert driver.session.is_congested
    driver.clock.advance(60.0)
    driver.pump()
    assert driver.session.wait_s() is None
    driver.settle()
    assert driver.session.wait_s() == pytest.approx(1.2)
    assert len(driver.readers["yy"].sources) == 3
