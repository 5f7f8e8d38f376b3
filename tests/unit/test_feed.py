"""What a destination of captions is sent, and when."""

import pytest

from translator.captions.presets import PRESETS, Preset
from translator.captions.sinks.feed import Feed, Message

pytestmark = pytest.mark.unit

NARROW = Preset(16, 2)


def sent(feed: Feed, at_ms: int) -> tuple[str, ...] | None:
    """What is sent at a time, and arrives."""
    message = feed.due(at_ms)
    if message is not None:
        feed.sent(at_ms)
    return message.lines if message is not None else None


def test_full_lines_are_sent_once_and_the_last_one_after_a_silence() -> None:
    feed = Feed(NARROW)
    feed.commit("one two three four", 0)
    assert sent(feed, 0) == ("one two three",)
    assert sent(feed, 1000) is None
    assert feed.wait_ms(1000) == 1000
    assert sent(feed, 1999) is None
    assert sent(feed, 2000) == ("four",)
    assert feed.is_idle
    assert feed.wait_ms(9000) is None
    feed.commit(" five", 9000)
    feed.end(9001)
    assert sent(feed, 9001) == ("five",)


def test_at_most_one_request_a_second_and_as_many_lines_as_are_shown() -> None:
    feed = Feed(NARROW)
    feed.commit("one two three four five six seven eight nine ten eleven twelve", 0)
    assert sent(feed, 0) == ("one two three", "four five six")
    assert sent(feed, 999) is None
    assert feed.wait_ms(999) == 1
    assert sent(feed, 1000) == ("seven eight", "nine ten eleven")


def test_a_message_is_sent_again_with_its_number_until_it_arrives() -> None:
    feed = Feed(NARROW, seq=41)
    feed.commit("one two three four", 0)
    assert feed.due(0) == Message(42, ("one two three",))
    assert feed.due(500) is None
    feed.failed(500, "no")
    feed.commit(" five six", 600)
    assert feed.due(900) is None
    assert feed.due(1000) == Message(42, ("one two three",))
    feed.sent(1100)
    assert feed.due(2600) == Message(43, ("four five six",))


def test_ten_failures_in_thirty_seconds_switch_it_off() -> None:
    feed = Feed(NARROW)
    feed.commit("one two three four", 0)
    for second in range(10):
        assert feed.off_reason == ""
        assert feed.due(1000 * second) is not None
        feed.failed(1000 * second, "zoom.example answers 403 Forbidden")
    assert feed.off_reason == (
        "switched off after 10 failures in a row: zoom.example answers 403 Forbidden"
    )
    feed.commit("more", 20_000)
    assert feed.due(20_000) is None
    assert feed.wait_ms(20_000) is None
    assert feed.is_idle
    feed.switch_on()
    feed.commit("more and more text", 60_000)
    assert sent(feed, 60_000) == ("more and more",)


def test_what_was_half_said_before_it_was_off_is_not_sent_after_it() -> None:
    feed = Feed(NARROW)
    feed.commit("one two", 0)
    feed.switch_off("switched off by an operator")
    assert feed.is_idle
    assert feed.wait_ms(5000) is None
    feed.commit(" three", 1000)
    feed.switch_on()
    feed.commit(" four five six seven", 10_000)
    assert sent(feed, 10_000) == ("four five six",)
    assert sent(feed, 12_000) == ("seven",)


def test_what_failed_too_often_is_not_sent_when_it_is_on_again() -> None:
    feed = Feed(NARROW)
    feed.commit("one two three four five six", 0)
    for second in range(10):
        assert feed.due(1000 * second) is not None
        feed.failed(1000 * second, "no")
    assert feed.off_reason
    # The first reason says more than that somebody agreed.
    feed.switch_off("switched off by an operator")
    assert feed.off_reason.endswith("in a row: no")
    feed.switch_on()
    assert feed.due(20_000) is None
    assert feed.wait_ms(20_000) is None
    feed.commit("seven", 20_000, closed=True)
    feed.end(20_000)
    assert sent(feed, 20_000) == ("seven",)


def test_a_destination_that_shows_text_is_cleared_when_it_is_switched_off() -> None:
    feed = Feed(NARROW, shows=True)
    feed.commit("one two", 0)
    message = feed.due(0)
    assert message is not None
    # While a message is on its way.
    feed.switch_off("switched off by an operator")
    assert not feed.is_idle
    feed.sent(10)
    assert not feed.is_idle
    assert feed.wait_ms(10) == 990
    assert sent(feed, 1000) == ()
    assert feed.is_idle
    assert feed.wait_ms(1000) is None
    feed.commit("three", 2000)
    assert feed.due(3000) is None
    feed.switch_on()
    feed.commit("four", 4000)
    assert sent(feed, 4000) == ("four",)


def test_clearing_is_tried_once() -> None:
    feed = Feed(NARROW, shows=True)
    feed.commit("one", 0)
    assert sent(feed, 0) == ("one",)
    feed.switch_off("switched off by an operator")
    assert feed.due(1000) == Message(2, ())
    feed.failed(1000, "no")
    assert feed.is_idle
    assert feed.due(2000) is None
    # It still shows what it was sent; on again, that goes.
    feed.switch_on()
    assert feed.due(3000) == Message(3, ())


def test_failures_that_are_far_apart_do_not() -> None:
    feed = Feed(NARROW)
    feed.commit("one two three four", 0)
    for number in range(30):
        assert feed.due(4000 * number) is not None
        feed.failed(4000 * number, "no")
    assert feed.off_reason == ""


def test_what_waits_for_a_destination_is_bounded() -> None:
    feed = Feed(NARROW)
    feed.commit("one two three four", 0)
    assert feed.due(0) is not None
    for number in range(300):
        feed.commit(f" word number {number}", 10 + number)
    assert feed.num_left_out > 150
    feed.sent(1000)
    message = feed.due(2000)
    assert message is not None
    assert message.seq == 2


def test_a_destination_that_shows_text_gets_all_that_is_seen_and_is_cleared() -> None:
    feed = Feed(NARROW, shows=True)
    feed.commit("one two three four", 0)
    assert sent(feed, 0) == ("one two three", "four")
    feed.commit(" five six seven", 100)
    assert sent(feed, 900) is None
    assert feed.wait_ms(900) == 100
    assert sent(feed, 1000) == ("four five six", "seven")
    assert sent(feed, 2200) is None
    wait_ms = feed.wait_ms(2200)
    assert wait_ms == 2900
    assert sent(feed, 5100) == ()
    assert feed.wait_ms(5100) is None


def test_newer_text_takes_the_place_of_what_did_not_arrive() -> None:
    feed = Feed(NARROW, shows=True)
    feed.commit("one", 0)
    assert feed.due(0) == Message(1, ("one",))
    feed.failed(10, "no")
    feed.commit(" two", 500)
    assert feed.due(1000) == Message(1, ("one two",))


def test_every_preset_fits_its_lines() -> None:
    for preset in PRESETS.values():
        feed = Feed(preset, language="en")
        feed.commit("the harbour office of the old town opens at nine. " * 5, 0, closed=True)
        message = feed.due(0)
        assert message is not None
        assert len(message.lines) == preset.lines
        assert all(len(line) <= preset.columns for line in message.lines)
