"""A session that goes on where an earlier stream broke off, by example."""

import pytest

from tests.unit.driver import Driver, Reader, drive, make_config, one_thread  # noqa: F401
from tests.unit.legs import Models, through
from translator.engine.request import Priority
from translator.session.events import ResumedTarget, ResumeState, SessionLimits
from translator.session.session import Session
from translator.testing import FakeClock, FakeModel, fake_translation

pytestmark = pytest.mark.unit


@pytest.fixture
def model() -> FakeModel:
    return FakeModel()


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


@pytest.mark.parametrize("pivoted", [frozenset(), frozenset({"yy"}), frozenset({"zz"})])
@pytest.mark.parametrize(("yy", "zz"), [(1, 0), (0, 1), (3, 1)])
def test_targets_that_differ_by_segments_without_source_go_on_with_the_same_segment(
    yy: int, zz: int, pivoted: frozenset[str]
) -> None:
    """A config that leaves a target out ends a segment of which it was shown a draft alone."""
    models = Models()
    state = ResumeState({"yy": ResumedTarget(yy, 3, 0), "zz": ResumedTarget(zz, 2, 0)})
    driver = models.driver(
        models.config(pivoted=pivoted, policy="final-only"),
        resume=state,
        readers={"yy": Reader(3, yy), "zz": Reader(2, zz)},
    )
    driver.say("red boats. We sail. ")
    driver.end()
    first = max(yy, zz)
    said = {first: fake_translation("red boats.", through), first + 1: "WEEº SAILEº."}
    for reader in driver.readers.values():
        assert {number: text for number, text in reader.texts.items() if text} == said
    assert not driver.session.warnings


def test_segments_without_source_are_told_apart_where_one_ends_too(model: FakeModel) -> None:
    state = ResumeState({"yy": ResumedTarget(4, 9, 30), "zz": ResumedTarget(6, 7, 41)})
    driver = Driver(make_config(model, "yy", "zz"), model, resume=state,
                    readers={"yy": Reader(9, 4, 0, 30), "zz": Reader(7, 6, 0, 41)})  # fmt: skip
    driver.say("red boats. We sail. ")
    driver.end()
    assert driver.readers["yy"].texts == {4: "RED BOATS.", 5: "", 6: "WE SAIL."}
    assert driver.readers["zz"].texts == {6: "WE SAIL."}
    assert not driver.session.warnings


def test_a_resume_that_names_segments_far_off_makes_none_of_them(model: FakeModel) -> None:
    state = ResumeState({"yy": ResumedTarget(0, 0, 0), "zz": ResumedTarget(2**53, 0, 0)})
    driver = Driver(make_config(model, "yy", "zz"), model, resume=state)
    driver.send("red boats. ")
    driver.flush()
    driver.settle()
    assert driver.readers["yy"].texts == {0: "RED BOATS."}


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


@pytest.mark.parametrize("is_shown_again", [True, False])
def test_a_draft_that_was_taken_back_before_the_break_is_owed_nothing(
    model: FakeModel, is_shown_again: bool
) -> None:
    broken = drive(model)
    broken.say(tentative="red boats")
    broken.say(tentative="")
    reader = broken.readers["yy"]
    state = ResumeState({"yy": reader.resumed()})
    broken.end()
    assert reader.sources == {0: (0, 0)}, "its own stream closes it, without text"

    # Drafts are void after a resume, so the new stream closes only what it has shown.
    driver = Driver(
        broken.session.config,
        model,
        resume=state,
        readers={"yy": Reader(state.targets["yy"].revision)},
    )
    if is_shown_again:
        driver.say(tentative="red boats")
    driver.say(tentative="")
    driver.end()
    assert driver.readers["yy"].sources == ({0: (0, 0)} if is_shown_again else {})
