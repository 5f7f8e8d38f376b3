"""Targets that are translated through another language."""

from collections.abc import Collection
from dataclasses import replace

import pytest

from tests.unit.driver import Driver, one_thread  # noqa: F401
from tests.unit.legs import Models, through
from translator.session.events import PIVOT, AlignedRange, SourceUpdate, TargetEvent
from translator.session.relay import RelayedSegment, origin
from translator.session.segment import Segment
from translator.text.segmenter import SegmentLimits

pytestmark = pytest.mark.unit

WORDS = "we sail south today and they sail north on the other boat that has a red"


@pytest.fixture
def models() -> Models:
    return Models()


def drive(
    models: Models, *targets: str, pivoted: Collection[str] = ("yy",), **settings: object
) -> Driver:
    settings = {"parameters": {"n": 2}} | settings
    return models.driver(models.config(*(targets or ("yy",)), pivoted=pivoted, **settings))


def say(driver: Driver, text: str) -> None:
    """Word by word, each of half a second."""
    for number, word in enumerate(text.split()):
        driver.say(word + " ", start_s=number / 2, end_s=number / 2 + 0.5)


def committing(driver: Driver) -> list[TargetEvent]:
    return [event for _, event in driver.updates if event.committed]


# What is said, and when


def test_what_the_first_leg_commits_is_the_source_and_its_draft_the_tentative_tail(
    models: Models,
) -> None:
    driver = drive(models)
    say(driver, "we sail south today now")
    shown = {event.source_sequence: event.draft for _, event in driver.updates}
    assert shown == {
        1: "WEEº~",
        2: "WEEº SAILEº~",
        3: "WEEº SAILEº SOUTHEº~",
        4: "WEEº SAILEº SOUTHEº TODAYEº~",
        5: " SAILEº SOUTHEº TODAYEº NOWEº~",
    }
    # The first leg has committed three words by now, and the second had two hypotheses of one.
    committed = [(event.committed, event.source_sequence) for event in committing(driver)]
    assert committed == [("WEEº", 5)]
    driver.end()
    driver.check_final(["yy"])


def test_without_drafts_only_committed_text_goes_on(models: Models) -> None:
    driver = drive(models, drafts=False)
    say(driver, "we sail south today now")
    driver.end()
    assert not any(event.draft for _, event in driver.updates)
    assert "".join(event.committed for event in committing(driver)) == (
        "WEEº SAILEº SOUTHEº TODAYEº NOWEº~."
    )


def test_targets_share_the_first_leg(models: Models) -> None:
    alone, both = Models(), Models()
    for driver in (drive(alone), drive(both, "yy", "zz", pivoted=("yy", "zz"))):
        say(driver, WORDS)
        driver.end()
    assert both.first.num_prefills == alone.first.num_prefills > 0
    assert both.direct.num_prefills == 0
    assert driver.readers["yy"].texts == driver.readers["zz"].texts


def test_each_leg_has_a_key_of_its_own(models: Models) -> None:
    driver = drive(models)
    driver.session.update_source(SourceUpdate(1, "we sail. "))
    (request,) = driver.session.next_requests()
    assert (request.key, request.model) == (("stream", PIVOT), "first")
    assert driver.session.request_keys == [("stream", PIVOT), ("stream", "yy")]


def test_a_segment_without_words_leaves_nothing_to_ask(models: Models) -> None:
    driver = drive(models, policy="final-only", parameters={})
    driver.say("\x00 ", end_of_segment=True)
    driver.say("we sail. ")
    driver.end()
    assert driver.readers["yy"].texts == {0: "", 1: "WEEº SAILEº."}
    assert models.second.num_prefills == 1


# What updates say of the source is of the client's


def test_lengths_alignments_and_media_times_are_of_the_source_that_was_sent(
    models: Models,
) -> None:
    driver = drive(models, alignments=True, policy="local-agreement")
    say(driver, WORDS)
    driver.end()
    assert len(committing(driver)) > 3
    for event in committing(driver):
        text = driver.readers["yy"].texts[event.segment_id]
        reached = 0
        for aligned in event.alignments:
            word = driver.source[aligned.source_start : aligned.source_end]
            assert through(word) == text[aligned.target_start : aligned.target_end].rstrip("~.")
            reached = aligned.source_end
        first = driver.source[: event.alignments[0].source_start].count(" ")
        last = driver.source[:reached].count(" ")
        assert (event.start_s, event.end_s) == (first / 2, last / 2 + 0.5)
        assert event.source_committed_length == (len(driver.source) if event.closed else reached)
        # Each update brought a word.
        assert event.num_source_words == min(event.source_sequence, len(WORDS.split()))


def test_lengths_and_media_times_need_no_alignments_on_the_wire() -> None:
    said = []
    for alignments in (False, True):
        driver = drive(Models(), alignments=alignments)
        say(driver, WORDS)
        driver.end()
        assert all(bool(event.alignments) == alignments for event in committing(driver))
        said.append([replace(event, alignments=()) for event in committing(driver)])
    assert said[0] == said[1] != []


def test_a_word_comes_from_all_that_its_source_comes_from() -> None:
    first = [AlignedRange(0, 2, 0, 3), AlignedRange(6, 9, 4, 6), AlignedRange(3, 5, 7, 9)]
    assert origin(first, 0, 3) == (0, 2)
    assert origin(first, 4, 9) == (3, 9)
    assert origin(first, 3, 4) is None


def test_without_alignments_nothing_is_known_of_the_source_before_the_end(models: Models) -> None:
    config = models.config("yy", pivoted=("yy",))
    client = Segment(0, 5, config, committed="we sail ", sequence=2)
    relayed = RelayedSegment.of(client)
    relayed.take(TargetEvent("en", 0, "WEE", " SAILE", 3, False, 5, 2, 0, num_source_words=2))
    assert (relayed.committed, relayed.tentative, relayed.num_words) == ("WEE", " SAILE", 2)
    assert (relayed.covered(3), relayed.origin(0, 3)) == (0, None)
    assert relayed.media_time(0, 3) == (None, None)
    assert relayed.length == len(client.committed)


def test_lag_is_measured_in_words_of_the_source_that_was_sent() -> None:
    reports = []
    for pivoted in ((), ("yy",)):
        driver = drive(Models(), pivoted=pivoted, policy="final-only", parameters={})
        say(driver, "we sail south. they stay here today. ")
        driver.end()
        reports.append(driver.session.report().targets[0])
    direct, through_pivot = reports
    assert direct.mean_lag_words == through_pivot.mean_lag_words > 0
    assert through_pivot.requests == 2 * direct.requests


def test_the_cost_of_a_shared_leg_counts_once(models: Models) -> None:
    driver = drive(models, "zz", "yy", pivoted=("yy", "zz"), policy="final-only", parameters={})
    driver.say("we sail. ")
    driver.end()
    reports = {target.target: target.requests for target in driver.session.report().targets}
    assert reports == {"zz": 2, "yy": 1}


# Long segments


def test_a_long_segment_is_cut_where_the_first_leg_parts(models: Models) -> None:
    limits = SegmentLimits(bare_words=5)
    driver = drive(models, "yy", "zz", parameters={"n": 4}, segments=limits)
    say(driver, WORDS)
    first = len("we sail south today and they sail north ")
    assert driver.readers["yy"].sources == driver.readers["zz"].sources == {0: (0, first)}
    driver.end()
    driver.check_final()


def test_the_second_leg_goes_on_with_the_sentence_too(models: Models) -> None:
    driver = drive(models, parameters={"n": 4}, segments=SegmentLimits(bare_words=5))
    say(driver, WORDS)
    driver.session.update_source(SourceUpdate(99, "boat "))
    (request,) = driver.session.next_requests()
    driver.engine.submit(request)
    (outcome,) = driver.engine.run()
    driver.session.accept(outcome)
    (request,) = driver.session.next_requests()
    assert request.key == ("stream", "yy")
    tokenizer = models.second.tokenizer(driver.session.config.bindings[0].model.pairs[0])
    source = "".join(map(tokenizer.piece, request.source))
    prefix = "".join(map(tokenizer.piece, request.target_prefix))
    assert source.startswith("SAILE SOUTHE TODAYE ANDE THEYE SAILE NORTHE~ ONE THEE OTHERE")
    assert prefix.startswith(" SAILEº SOUTHEº TODAYEº ANDEº THEYEº SAILEº NORTHEº~")
