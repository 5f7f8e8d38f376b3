"""One stream as a state machine: what a person would see, case by case."""

import gc
import itertools
import time
import types
from dataclasses import replace

import pytest

from tests.unit.driver import Driver, Reader, make_config, one_thread  # noqa: F401
from translator.engine.request import Hypothesis, Outcome, Priority, Request
from translator.errors import DecodingError, InvalidRequestError
from translator.policy.base import TargetWord
from translator.policy.registry import PolicyChoice, resolve
from translator.session.events import (
    AlignedRange,
    ResumedTarget,
    ResumeState,
    SessionLimits,
    SourceUpdate,
    TargetEvent,
)
from translator.session.hypothesis import TargetHypothesis
from translator.session.model_source import ModelSource
from translator.session.session import Session
from translator.testing import FakeClock, FakeModel, FakeTokenizer
from translator.text.segmenter import SegmentLimits

pytestmark = pytest.mark.unit


@pytest.fixture
def model() -> FakeModel:
    return FakeModel()


def drive(model: FakeModel, *targets: str, **settings: object) -> Driver:
    settings = {"parameters": {"n": 2}} | settings
    return Driver(make_config(model, *(targets or ("yy",)), **settings), model)  # type: ignore[arg-type]


def shown(driver: Driver) -> list[tuple[str, str]]:
    """Committed and draft of each update."""
    return [(event.committed, event.draft) for _, event in driver.updates]


def last(driver: Driver) -> TargetEvent:
    return driver.updates[-1][1]


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


# Configurations


def test_a_new_configuration_holds_from_the_next_segment_on(model: FakeModel) -> None:
    driver = drive(model)
    driver.say("one")
    driver.reconfigure(make_config(model, "yy", "zz", policy="final-only"))
    driver.say(" two", " three")
    assert driver.readers["yy"].shown == "ONE TWO THREE~"
    driver.say(". Four five")
    assert driver.readers["yy"].texts == {0: "ONE TWO."}
    driver.end()
    assert driver.readers["yy"].texts == {0: "ONE TWO.", 1: "FOUR FIVE~."}
    assert driver.readers["zz"].texts == {1: "FOUR FIVE~."}


def test_a_new_configuration_before_any_source_holds_at_once(model: FakeModel) -> None:
    driver = drive(model)
    driver.reconfigure(make_config(model, "zz"))
    driver.say("one")
    driver.end()
    assert list(driver.readers["yy"].texts) == []
    assert driver.readers["zz"].texts == {0: "ONE~."}


def test_a_new_configuration_after_a_tentative_text_taken_back_holds_at_once(
    model: FakeModel,
) -> None:
    driver = drive(model)
    driver.say("", "old")
    driver.say("", "")
    driver.reconfigure(make_config(model, "yy", policy="final-only"))
    driver.say("red ")
    driver.say("boats ")
    assert shown(driver) == [("", "OLD~"), ("", "")]
    driver.end()
    driver.check_final(["yy"])


def test_a_target_taken_out_finishes_what_had_begun(model: FakeModel) -> None:
    driver = drive(model, "yy", "zz")
    driver.send("one two")
    driver.reconfigure(make_config(model, "zz"))
    driver.flush()
    driver.send("three")
    driver.end()
    assert driver.readers["yy"].texts == {0: "ONE TWO~."}
    assert driver.readers["zz"].texts == {0: "ONE TWO~.", 1: "THREE~."}


def test_a_target_that_comes_back_goes_on_with_its_revisions(model: FakeModel) -> None:
    driver = drive(model, "yy", "zz")
    driver.say("one", end_of_segment=True)
    driver.reconfigure(make_config(model, "zz"))
    driver.say("two", end_of_segment=True)
    driver.reconfigure(make_config(model, "yy", "zz"))
    driver.say("three", end_of_segment=True)
    driver.end()
    assert driver.readers["yy"].texts == {0: "ONE~.", 2: "THREE~."}


def test_a_target_that_lagged_while_it_was_away_does_not_hold_up_the_end(model: FakeModel) -> None:
    driver = drive(model, "yy", "zz")
    driver.send("One.", end_of_segment=True)
    driver.reconfigure(make_config(model, "zz"))
    driver.send("Two.", end_of_segment=True)
    driver.reconfigure(make_config(model, "yy", "zz"))
    driver.settle()
    driver.end()
    assert driver.readers["yy"].final_texts == ["ONE."]
    assert driver.readers["zz"].final_texts == ["ONE.", "TWO."]


def test_an_outcome_for_a_target_that_left_is_no_answer_when_it_comes_back(
    model: FakeModel,
) -> None:
    driver = drive(model, "yy", "zz")
    driver.send("", "old")
    driver.step(deliver=False)
    driver.send("", "")
    driver.reconfigure(make_config(model, "zz"))
    driver.reconfigure(make_config(model, "yy", "zz"))
    driver.send("brand new.", end_of_segment=True)
    driver.settle()
    driver.end()
    driver.check_final()


def test_the_first_segment_of_a_configuration_is_told(model: FakeModel) -> None:
    driver = drive(model)
    assert driver.session.first_segment_ids == {"yy": 0}
    driver.say("One. Two")
    driver.reconfigure(make_config(model, "yy", "zz"))
    assert driver.session.first_segment_ids == {"yy": 2, "zz": 2}
    driver.say(". Three.", end_of_segment=True)
    assert min(driver.readers["zz"].texts) == 2
    driver.reconfigure(make_config(model, "zz"))
    assert driver.session.first_segment_ids == {"zz": 3}


# Errors


def test_a_sequence_that_does_not_grow_is_an_error(model: FakeModel) -> None:
    session = drive(model).session
    session.flush(5)

    def update(sequence: int) -> None:
        session.update_source(SourceUpdate(sequence, "a"))

    for act, field in ((session.flush, "flush.sequence"), (update, "source.sequence")):
        with pytest.raises(InvalidRequestError) as caught:
            act(5)
        (violation,) = caught.value.violations
        assert violation.field == field
        assert "is 5" in violation.description
    session.flush(6)


@pytest.mark.parametrize(("committed", "tentative"), [(11, 0), (0, 11), (6, 5), (5, 6)])
def test_a_chunk_that_is_too_long_is_an_error(
    model: FakeModel, committed: int, tentative: int
) -> None:
    driver = Driver(make_config(model), model, limits=SessionLimits(max_chunk_length=10))
    driver.say("a" * 5, "b" * 5)
    with pytest.raises(InvalidRequestError) as caught:
        driver.send("a" * committed, "b" * tentative)
    (violation,) = caught.value.violations
    assert violation.field == f"source.{'committed' if committed > tentative else 'tentative'}"
    assert "11 code points" in violation.description
    assert "at most 10" in violation.description


def test_an_outcome_that_is_an_error_ends_the_session(model: FakeModel) -> None:
    driver = drive(model)
    driver.session.update_source(SourceUpdate(1, "a"))
    (request,) = driver.session.next_requests()
    with pytest.raises(DecodingError):
        driver.session.accept(Outcome(request, None, DecodingError("no numbers")))


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


# Odd source


@pytest.mark.slow
def test_thousands_of_chunks_of_one_character(model: FakeModel) -> None:
    text = "The red boat sails on. Why not? It is late, and we are tired. " * 40
    driver = drive(model, "yy", "zz")
    for character in text:
        driver.say(character)
    driver.end()
    driver.check_final()


def test_a_word_of_a_hundred_thousand_characters_passes_as_it_is_and_quickly(
    model: FakeModel,
) -> None:
    word = "aB3/" * 25_000
    driver = drive(model)
    began = time.process_time()
    for start in range(0, len(word), 32_768):
        driver.say(word[start : start + 32_768])
    driver.end()
    assert time.process_time() - began < 5
    assert "".join(driver.readers["yy"].final_texts) == word
    assert model.num_encoded == 0


@pytest.mark.parametrize(
    "text",
    [
        "a\x00b \x1b[31mred\x1b[0m. C",
        "\x00\x00",
        "\x00. \x01! \x02",
        "tab\there\x0bthere\x0c.",
        "\u200f\u202eעברית\u202c. مرحبا",
        "e\u0301\u0301\u0301 👩\u200d👩\u200d👧 🏴\U000e0067\U000e007f!",
        "\ufeffbom\ufffe\uffff",
        "...",
        '" " "',
        "今日は。元気？\u3000はい",
        "Ǆ ß ŉ ﬁ İ",
    ],
)
@pytest.mark.parametrize("chunk", [1, 3, 100])
def test_odd_characters_are_translated_whatever_the_chunks(
    model: FakeModel, text: str, chunk: int
) -> None:
    driver = drive(model, "yy", "zz")
    for start in range(0, len(text), chunk):
        driver.say(text[start : start + chunk])
    driver.end()
    driver.check_final()


def test_a_source_longer_than_the_model_takes_is_cut_for_the_model_only(model: FakeModel) -> None:
    driver = drive(model)
    driver.say(("a" + "!" * 98 + " ") * 6)
    driver.end()
    reader = driver.readers["yy"]
    assert len(reader.final_texts[0].replace(" ", "")) == model.info.max_source_tokens - 1
    assert reader.sources == {0: (0, 600)}


# Memory


def _num_objects(root: object) -> int:
    """Objects reachable from ``root``, models and code left out."""
    skipped = (type, types.ModuleType, types.FunctionType, types.BuiltinFunctionType, FakeModel)
    seen: set[int] = set()
    stack = [root]
    while stack:
        found = stack.pop()
        if id(found) in seen or isinstance(found, skipped):
            continue
        seen.add(id(found))
        stack.extend(gc.get_referents(found))
    return len(seen)


@pytest.mark.slow
def test_hundreds_of_segments_leave_nothing_behind(model: FakeModel) -> None:
    one, both = make_config(model, "yy"), make_config(model, "yy", "zz")
    driver = drive(model, "yy", "zz")
    sizes = []
    sentences = itertools.cycle(["One two. ", "Three, four! ", "Why? "])
    for number, sentence in zip(range(800), sentences, strict=False):
        if number % 10 == 0:
            driver.reconfigure(one if number % 20 else both)
        driver.say(sentence, "and", start_s=0.0, speaker="AB"[number // 7 % 2])
        if number % 200 == 199:
            driver.updates.clear()
            driver.readers = {t: _forgetful(reader) for t, reader in driver.readers.items()}
            sizes.append(_num_objects(driver.session))
    assert max(sizes) - min(sizes) < 50


@pytest.mark.slow
def test_thousands_of_words_without_punctuation_leave_nothing_behind(model: FakeModel) -> None:
    driver = drive(model, "yy", "zz", parameters={"n": 3})
    words = itertools.cycle(f"word{number} " for number in range(97))
    sizes, pending = {}, []
    for number in range(10, 6_001, 10):
        second = number / 2 + number // 500
        text = "".join(itertools.islice(words, 10))
        driver.say(text, "and", start_s=second, end_s=second + 4.8)
        pending.append(len(driver.session._segments.closed))
        if number in (3_000, 4_500, 6_000):
            driver.updates.clear()
            driver.readers = {t: _forgetful(reader) for t, reader in driver.readers.items()}
            driver.flush()
            driver.settle()
            sizes[number] = _num_objects(driver.session)
    assert max(sizes.values()) - min(sizes.values()) < 20
    assert max(pending) <= 1
    assert driver.session.report().segments > 6_000 / 64


def _forgetful(reader: Reader) -> Reader:
    fresh = reader.go_on()
    fresh.texts = {k: v for k, v in reader.texts.items() if k >= reader.segment_id}
    fresh.sources = {}
    return fresh


# Resuming, by example


def test_a_resumed_segment_goes_on_after_its_committed_text(model: FakeModel) -> None:
    state = ResumeState({"yy": ResumedTarget(4, 17, 100, "red boats sail ", "", "RED BOATS")})
    driver = Driver(make_config(model, "yy"), model, resume=state,
                    readers={"yy": Reader(17, 4, 0, 100, 0, {4: "RED BOATS"})})  # fmt: skip
    assert driver.session.first_segment_ids == {"yy": 4}
    driver.say("south. T")
    driver.end()
    assert driver.readers["yy"].texts == {4: "RED BOATS SAIL SOUTH.", 5: "T~."}
    assert driver.readers["yy"].sources[4] == (100, 100 + len("red boats sail south. "))
    assert [revision for revision, _ in driver.updates][:1] == [18]


def test_a_resume_with_more_text_than_any_segment_has_waits_behind_others(
    model: FakeModel,
) -> None:
    for words, priority in ((100, Priority.LIVE), (600, Priority.LARGE)):
        state = ResumeState({"yy": ResumedTarget(0, 3, 0, "red boats sail ", "", "A " * words)})
        session = Session("s", "s", make_config(model, "yy"), SessionLimits(), FakeClock(), state)
        list(session.take_resumed())
        [request] = session.next_requests()
        assert request.priority is priority
        assert request.probable


def test_a_resumed_text_that_its_tokens_spell_otherwise_keeps_the_clients_length(
    model: FakeModel,
) -> None:
    committed = "RED   BOATS"  # the tokenizer knows of one space only
    state = ResumeState({"yy": ResumedTarget(0, 3, 0, "red boats sail ", "", committed)})
    driver = Driver(make_config(model, "yy", alignments=True), model, resume=state,
                    readers={"yy": Reader(3, 0, texts={0: committed})})  # fmt: skip
    driver.flush()
    driver.end()
    text = committed + " SAIL~."
    assert driver.readers["yy"].texts == {0: text}
    (aligned,) = [a for _, event in driver.updates for a in event.alignments][:1]
    assert text[aligned.target_start : aligned.target_end] == "SAIL~"


def test_the_first_segment_of_a_resumed_target_is_told_even_where_its_source_closed_since(
    model: FakeModel,
) -> None:
    state = ResumeState(
        {
            "yy": ResumedTarget(3, 9, 50, "One. Two. Three. Four"),
            "zz": ResumedTarget(5, 9, 60, "Three. Four"),
        }
    )
    session = Session("s", "stream", make_config(model), SessionLimits(), lambda: 0.0, state)
    assert session.first_segment_ids == {"yy": 3, "zz": 5}


def test_a_target_that_comes_back_after_a_resume_begins_afresh(model: FakeModel) -> None:
    state = ResumeState(
        {
            "yy": ResumedTarget(4, 17, 100, "red boats ", "", "RED"),
            "zz": ResumedTarget(4, 17, 100, "red boats "),
        }
    )
    readers = {t: Reader(17, 4, 0, 100, 0, {4: "RED"} if t == "yy" else {}) for t in ("yy", "zz")}
    driver = Driver(make_config(model), model, resume=state, readers=readers)
    driver.flush()
    driver.settle()
    driver.reconfigure(make_config(model, "zz"))
    driver.settle()
    driver.reconfigure(make_config(model))
    driver.say("sail")
    driver.end()
    assert driver.readers["yy"].texts == {4: "RED BOATS~.", 5: "SAIL~."}


def test_source_sent_again_that_begins_elsewhere_is_warned_of(model: FakeModel) -> None:
    state = ResumeState(
        {"yy": ResumedTarget(1, 3, 10, "One two three. Four. Five"), "zz": ResumedTarget(3, 3, 15)}
    )
    driver = Driver(make_config(model), model, resume=state,
                    readers={"yy": Reader(3, 1, source_start=10), "zz": Reader(3, 3)})  # fmt: skip
    driver.settle()
    assert [w.reason for w in driver.session.warnings] == ["RESUME_MISMATCH"]


def test_a_segment_ends_where_a_target_of_the_earlier_stream_saw_it_end(model: FakeModel) -> None:
    """It may have been cut there for what a hypothesis said, which the text does not tell."""
    state = ResumeState(
        {
            "yy": ResumedTarget(1, 3, 10, "one two. Three four five. Six"),
            "zz": ResumedTarget(2, 3, 25, "four five. Six"),
        }
    )
    driver = Driver(make_config(model), model, resume=state,
                    readers={"yy": Reader(3, 1, 0, 10), "zz": Reader(3, 2, 0, 25)})  # fmt: skip
    driver.settle()
    driver.end()
    assert driver.readers["yy"].texts == {1: "ONE TWO. THREE~", 2: "FOUR FIVE.", 3: "SIX~."}
    assert driver.readers["zz"].texts == {2: "FOUR FIVE.", 3: "SIX~."}
    assert not driver.session.warnings


def test_an_end_that_lies_too_far_off_is_not_waited_for(model: FakeModel) -> None:
    state = ResumeState(
        {"yy": ResumedTarget(0, 0, 0, "One. Two. Three"), "zz": ResumedTarget(1, 0, 10**9)}
    )
    driver = Driver(make_config(model), model, resume=state,
                    readers={"yy": Reader(), "zz": Reader(0, 1)})  # fmt: skip
    driver.settle()
    assert driver.readers["yy"].final_texts == ["ONE.", "TWO."]


def test_a_target_that_joins_with_a_resume_begins_with_the_earliest_segment(
    model: FakeModel,
) -> None:
    state = ResumeState({"yy": ResumedTarget(3, 9, 50, "One. Two")})
    driver = Driver(make_config(model), model, resume=state,
                    readers={"yy": Reader(9, 3, 0, 50), "zz": Reader(0, 3, 0, 50)})  # fmt: skip
    driver.settle()
    driver.end()
    assert driver.readers["zz"].texts == {3: "ONE.", 4: "TWO~."}


def test_segments_are_limited_by_the_configuration(model: FakeModel) -> None:
    driver = drive(model, segments=SegmentLimits(max_words=3))
    driver.say("a b c d e f g", "h")
    driver.end()
    assert driver.readers["yy"].final_texts == ["A B C~", "D E F~", "G~."]


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


def test_a_target_with_a_policy_of_its_own_goes_by_that(model: FakeModel) -> None:
    whole = make_config(model, policy="final-only")
    early = resolve(PolicyChoice("wait-k", {"k": 1}))
    bindings = tuple(replace(b, policy=early) if b.target == "zz" else b for b in whole.bindings)
    driver = Driver(replace(whole, bindings=bindings), model)
    driver.say("a b c ")
    assert driver.readers["yy"].committed == ""
    assert driver.readers["zz"].committed


# Long chunks


def test_a_long_chunk_is_taken_in_steps_to_the_same_end(model: FakeModel) -> None:
    text = "We sail. Now they row to the north. " * 60
    whole = drive(model)
    whole.say(text, start_s=0.0, end_s=100.0)
    whole.end()
    driver = drive(model)
    steps = 1
    for _ in driver.session.take_source(SourceUpdate(1, text, start_s=0.0, end_s=100.0)):
        driver.pump()
        steps += 1
    driver.source = text
    driver.settle()
    driver.end()
    driver.check_final(["yy"])
    assert steps == len(text) // 512 + 1
    assert driver.readers["yy"].texts == whole.readers["yy"].texts
    assert driver.session.report().source_updates == 1


def test_pieces_of_an_update_have_its_times_and_its_end() -> None:
    update = SourceUpdate(1, "abcdef", "tail", end_of_segment=True, start_s=2.0, end_s=5.0)
    assert list(update.pieces(4)) == [
        SourceUpdate(1, "abcd", start_s=2.0, end_s=4.0),
        SourceUpdate(1, "ef", "tail", end_of_segment=True, start_s=4.0, end_s=5.0),
    ]
    assert list(update.pieces(6)) == [update]
    assert list(SourceUpdate(1, "", "tail").pieces(4)) == [SourceUpdate(1, "", "tail")]


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
