"""What a session is told to do: configurations, before and in between, and mistakes."""

from dataclasses import replace

import pytest

from tests.unit.driver import Driver, drive, make_config, one_thread, shown  # noqa: F401
from translator.engine.request import Outcome
from translator.errors import DecodingError, InvalidRequestError
from translator.policy.registry import PolicyChoice, resolve
from translator.session.events import SessionLimits, SourceUpdate
from translator.testing import FakeModel

pytestmark = pytest.mark.unit


@pytest.fixture
def model() -> FakeModel:
    return FakeModel()


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


def test_a_target_with_a_policy_of_its_own_goes_by_that(model: FakeModel) -> None:
    whole = make_config(model, policy="final-only")
    early = resolve(PolicyChoice("wait-k", {"k": 1}))
    bindings = tuple(replace(b, policy=early) if b.target == "zz" else b for b in whole.bindings)
    driver = Driver(replace(whole, bindings=bindings), model)
    driver.say("a b c ")
    assert driver.readers["yy"].committed == ""
    assert driver.readers["zz"].committed


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
