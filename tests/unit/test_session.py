"""One stream as a state machine: what a person would see, case by case."""

import pytest

from tests.unit.driver import Driver, drive, last, make_config, one_thread, shown  # noqa: F401
from translator.engine.request import Hypothesis
from translator.policy.base import TargetWord
from translator.session.events import AlignedRange
from translator.session.hypothesis import TargetHypothesis
from translator.session.model_source import ModelSource
from translator.testing import FakeModel, FakeTokenizer
from translator.text.segmenter import SegmentLimits

pytestmark = pytest.mark.unit


@pytest.fixture
def model() -> FakeModel:
    return FakeModel()


# Committed and draft


def test_words_are_drafts_first_and_committed_when_hypotheses_agree(model: FakeModel) -> None:
    driver = drive(model)
    for word in ("we ", "sail ", "south ", "today"):
        driver.say(word)
    assert shown(driver) == [
        ("", "WE~"),
        ("", "WE SAIL~"),
        ("WE", " SAIL SOUTH~"),
        (" SAIL", " SOUTH TODAY~"),
    ]
    driver.end()
    assert driver.readers["yy"].texts == {0: "WE SAIL SOUTH TODAY~."}
    driver.check_final(["yy"])


def test_a_segment_closes_when_the_next_sentence_begins(model: FakeModel) -> None:
    driver = drive(model)
    driver.say("We sail. ")
    assert not last(driver).closed
    driver.say("T")
    closing = next(event for _, event in driver.updates if event.closed)
    assert (closing.segment_id, closing.committed_length) == (0, len("WE SAIL."))
    assert (last(driver).segment_id, last(driver).source_start) == (1, len("We sail. "))
    assert driver.readers["yy"].texts == {0: "WE SAIL.", 1: ""}


def test_a_result_that_is_known_already_closes_without_another_request(model: FakeModel) -> None:
    driver = drive(model)
    driver.say("We sail.")
    prefills = model.num_prefills
    driver.flush()
    assert driver.readers["yy"].final_texts == ["WE SAIL."]
    assert model.num_prefills == prefills


def test_every_target_gets_every_segment_with_the_same_ids(model: FakeModel) -> None:
    driver = drive(model, "yy", "zz")
    driver.say("One two. Three four. Five")
    driver.end()
    assert driver.readers["yy"].texts == driver.readers["zz"].texts
    assert driver.readers["yy"].final_texts == ["ONE TWO.", "THREE FOUR.", "FIVE~."]


def test_targets_that_share_a_model_share_encoder_states(model: FakeModel) -> None:
    drive(model, "yy", "zz").say("One two")
    assert model.num_encoded == 1


def test_without_drafts_only_committed_text_is_sent(model: FakeModel) -> None:
    driver = drive(model, drafts=False)
    for word in ("a ", "b ", "c ", "d "):
        driver.say(word, "more")
    driver.end()
    assert shown(driver) == [("A", ""), (" B", ""), (" C D~.", "")]


@pytest.mark.parametrize("policy", ["final-only", "retranslation"])
def test_these_policies_commit_only_when_the_segment_closes(model: FakeModel, policy: str) -> None:
    driver = drive(model, policy=policy, parameters={})
    for word in ("red ", "boats ", "sail. ", "Now"):
        driver.say(word)
    committed = [(e.committed, e.closed) for _, e in driver.updates if e.committed]
    assert committed == [("RED BOATS SAIL.", True)]
    assert any(event.draft for _, event in driver.updates) == (policy == "retranslation")


def test_agreement_does_not_reach_into_the_segment_before(model: FakeModel) -> None:
    driver = drive(model)
    driver.say("red ")
    driver.say("boats ")
    driver.flush()
    driver.say("red ")
    assert driver.readers["yy"].shown == "RED~"
    assert driver.readers["yy"].committed == ""


def test_a_word_that_ends_inside_a_token_cannot_be_committed_alone() -> None:
    tokenizer = FakeTokenizer()
    tokens = (tokenizer.id(" A b"), tokenizer.id(" C"))
    hypothesis = TargetHypothesis(
        tokenizer,
        ModelSource.encode(tokenizer, "a c", 9),
        Hypothesis(tokens, (0, 1), (-1.0, -2.0)),
    )
    assert hypothesis.words(0) == [TargetWord(3, 1, -1.0), TargetWord(5, 3, -2.0)]


def test_a_source_without_news_gives_no_update(model: FakeModel) -> None:
    driver = drive(model)
    driver.say("")
    driver.say("", "")
    assert driver.updates == []
    assert not driver.engine.has_work


# Tentative source


def test_tentative_source_shapes_drafts_only(model: FakeModel) -> None:
    driver = drive(model)
    for tentative in ("we", "we sell", "we sail south to"):
        driver.say("", tentative)
    assert shown(driver) == [("", "WE~"), ("", "WE SELL~"), ("", "WE SAIL SOUTH TO~")]
    driver.say("we sail", "")
    assert last(driver).draft == "WE SAIL~"
    assert last(driver).committed == ""


def test_a_tentative_text_taken_back_clears_the_draft(model: FakeModel) -> None:
    driver = drive(model)
    driver.say("", "we sell")
    driver.say("", "")
    assert shown(driver) == [("", "WE SELL~"), ("", "")]
    assert last(driver).source_sequence == 2


def test_committed_source_is_translated_by_itself_before_the_draft_of_both(
    model: FakeModel,
) -> None:
    driver = drive(model)
    driver.say("a b ", "x")
    driver.say("c ", "y")
    driver.say("d ", "z")
    assert shown(driver) == [
        ("", ""),
        ("", "A B X~"),
        ("A", " B X~"),
        ("", " B C Y~"),
        (" B", " C Y~"),
        ("", " C D Z~"),
    ]


def test_a_final_result_that_equals_the_interim_one_commits_as_any_other(
    model: FakeModel,
) -> None:
    driver = drive(model)
    for word in ("red ", "boats ", "sail "):
        driver.say("", word)
        driver.say(word, "")
    assert driver.readers["yy"].committed == "RED"


def test_a_tentative_text_with_an_end_of_segment_belongs_to_the_next(model: FakeModel) -> None:
    driver = drive(model)
    driver.say("we sail", "they", end_of_segment=True)
    reader = driver.readers["yy"]
    assert reader.texts == {0: "WE SAIL~.", 1: ""}
    assert reader.draft == "THEY~"


def test_a_flush_commits_the_committed_and_keeps_the_tentative(model: FakeModel) -> None:
    driver = drive(model)
    driver.send("we sail ", "they")
    driver.flush()
    driver.settle()
    reader = driver.readers["yy"]
    assert reader.texts == {0: "WE SAIL~.", 1: ""}
    assert reader.draft == "THEY~"


def test_a_tentative_tail_at_the_end_is_dropped_with_a_warning(model: FakeModel) -> None:
    driver = drive(model)
    driver.say("we sail ", "today")
    driver.end()
    assert driver.readers["yy"].texts == {0: "WE SAIL~."}
    assert [w.reason for w in driver.session.warnings] == ["TENTATIVE_SOURCE_DROPPED"]


def test_a_stream_of_tentative_text_only_ends_with_nothing_shown(model: FakeModel) -> None:
    driver = drive(model)
    driver.say("", "today")
    driver.end()
    assert last(driver).draft == ""
    assert driver.readers["yy"].texts == {0: ""}


# What closes a segment


def test_a_flush_closes_the_open_segment_and_the_stream_goes_on(model: FakeModel) -> None:
    driver = drive(model)
    driver.flush()
    driver.say("we sail")
    driver.flush()
    driver.flush()
    driver.say(" today")
    driver.end()
    assert driver.readers["yy"].final_texts == ["WE SAIL~.", "TODAY~."]


def test_a_new_speaker_closes_the_open_segment(model: FakeModel) -> None:
    driver = drive(model)
    driver.say("we sail", speaker="A")
    driver.say(" today", speaker="A")
    driver.say(" now")
    driver.say("why", speaker="B")
    driver.end()
    assert driver.readers["yy"].final_texts == ["WE SAIL TODAY NOW~", "WHY~."]


def test_with_client_segmentation_only_the_client_closes(model: FakeModel) -> None:
    driver = drive(model, client_segmentation=True)
    driver.say("We sail. Today. ", speaker="A")
    driver.say("Why?", speaker="B", end_of_segment=True)
    driver.say("Because.")
    driver.end()
    assert driver.readers["yy"].final_texts == ["WE SAIL. TODAY. WHY?", "BECAUSE."]


def test_white_space_alone_is_no_segment(model: FakeModel) -> None:
    driver = drive(model)
    driver.say(" \n ", end_of_segment=True)
    driver.flush()
    driver.say("\t", speaker="A")
    driver.say(" ", speaker="B")
    driver.end()
    assert driver.updates == []
    assert driver.session.report().segments == 0


def test_an_empty_stream_ends_at_once(model: FakeModel) -> None:
    driver = drive(model)
    driver.end()
    assert driver.updates == []


@pytest.mark.parametrize("chunk", [1, 50, 700])
def test_white_space_longer_than_a_segment_takes_no_text_along(
    model: FakeModel, chunk: int
) -> None:
    driver = drive(model)
    for _ in range(0, 700, chunk):
        driver.say(" " * chunk)
    driver.say("we sail. We")
    driver.end()
    driver.check_final(["yy"])
    assert driver.readers["yy"].final_texts == ["WE SAIL.", "WE~."]


def test_white_space_after_a_tentative_text_clears_its_draft(model: FakeModel) -> None:
    driver = drive(model)
    driver.say(" ", "we sell")
    driver.say(" " * 700)
    driver.say("we sail")
    driver.end()
    assert ("", "") in shown(driver)
    driver.check_final(["yy"])


def test_segments_are_limited_by_the_configuration(model: FakeModel) -> None:
    driver = drive(model, segments=SegmentLimits(max_words=3))
    driver.say("a b c d e f g", "h")
    driver.end()
    assert driver.readers["yy"].final_texts == ["A B C~", "D E F~", "G~."]


# What an update says


def test_committed_words_say_where_they_come_from(model: FakeModel) -> None:
    driver = drive(model, alignments=True)
    driver.say(" red  boats.", end_of_segment=True)
    aligned = [a for _, event in driver.updates for a in event.alignments]
    assert aligned == [
        AlignedRange(1, 4, 0, 3),
        AlignedRange(6, 11, 4, 9),
        AlignedRange(11, 12, 9, 10),
    ]


def test_without_being_asked_nothing_is_said_of_alignment(model: FakeModel) -> None:
    driver = drive(model)
    driver.say("red boats.", end_of_segment=True)
    assert not any(event.alignments for _, event in driver.updates)


def test_committed_words_carry_the_media_time_of_their_source(model: FakeModel) -> None:
    driver = drive(model)
    for second, word in enumerate(("red ", "boats ", "sail ", "south ")):
        driver.say(word, start_s=float(second), end_s=second + 0.5)
    driver.end()
    times = [(e.committed, e.start_s, e.end_s) for _, e in driver.updates if e.committed]
    assert times == [("RED", 0.0, 0.5), (" BOATS", 1.0, 1.5), (" SAIL SOUTH~.", 2.0, 3.5)]


def test_committed_source_is_told_as_far_as_the_committed_text_covers_it(model: FakeModel) -> None:
    driver = drive(model)
    for word in ("red ", "boats ", "sail ", "south "):
        driver.say(word)
    covered = [e.source_committed_length for _, e in driver.updates]
    assert covered == [0, 0, len("red"), len("red boats")]
    driver.end()
    assert last(driver).source_committed_length == len("red boats sail south ")


class Forgetful(FakeModel):
    """Leaves numbers out."""

    def __init__(self) -> None:
        super().__init__(word=lambda piece: "" if piece.strip().isdigit() else piece.upper())


def test_a_segment_that_lacks_a_number_is_told_when_it_has_closed() -> None:
    driver = drive(Forgetful(), "yy")
    for text in ("We sold 350 boats ", "today. ", "We kept 2 ", "boats. "):
        driver.say(text)
    driver.end()
    assert [(w.reason, "segment 0 in yy" in w.message) for w in driver.session.warnings] == [
        ("SEGMENT_LACKS_NUMBER", True)
    ]


# Drafts of tentative source


def test_a_draft_stands_when_a_part_of_its_source_is_committed() -> None:
    model = FakeModel()
    driver = Driver(make_config(model, "yy", policy="guarded-agreement"), model)
    for count in range(2, 8):
        driver.say("a " if count == 2 else "", "b c d e f g h"[: 2 * count])
    reader = driver.readers["yy"]
    shown = reader.shown
    assert shown == "A B C D E F"
    driver.say("b c ", "d e f g h")
    assert reader.shown.startswith(shown)


def test_a_former_draft_is_verified_when_a_part_of_its_source_is_committed() -> None:
    model = FakeModel()
    driver = Driver(make_config(model, "yy", policy="guarded-agreement"), model)
    driver.say("a ", "b c d e f")
    before = model.num_steps
    driver.say("b ", "c d e f")
    # "A B~." takes two steps after its first pass; the draft of all words holds altogether.
    assert model.num_steps - before == 2
