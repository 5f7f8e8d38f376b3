"""Speakers: who goes on with which sentence, and labels that flicker."""

import pytest

from tests.unit.driver import Driver, make_config, one_thread  # noqa: F401
from translator.testing import FakeModel

pytestmark = pytest.mark.unit

Turn = tuple[str, str]


def drive(**settings: object) -> Driver:
    model = FakeModel()
    return Driver(make_config(model, "yy", **settings), model)  # type: ignore[arg-type]


def hear(driver: Driver, *turns: Turn) -> None:
    for speaker, text in turns:
        for word in text.split():
            driver.say(word + " ", speaker=speaker)


def texts(*turns: Turn) -> list[str]:
    driver = drive()
    hear(driver, *turns)
    driver.end()
    driver.check_final(["yy"])
    return [text.replace("~", "") for text in driver.readers["yy"].final_texts]


def reasons(driver: Driver) -> list[str]:
    return [warning.reason for warning in driver.session.warnings]


def test_a_new_speaker_after_a_sentence_begins_a_segment_with_the_first_word() -> None:
    driver = drive()
    hear(driver, ("A", "We sail."), ("B", "Why"))
    assert driver.readers["yy"].final_texts == ["WE SAIL."]


def test_one_word_with_a_wrong_label_cuts_nothing() -> None:
    assert texts(("A", "We want to"), ("B", "move"), ("A", "the meeting.")) == [
        "WE WANT TO MOVE THE MEETING."
    ]


def test_a_short_word_in_between_cuts_nothing() -> None:
    assert len(texts(("A", "I think we"), ("B", "yeah"), ("A", "should go now."))) == 1


def test_a_whole_sentence_in_between_is_a_turn_whose_speaker_goes_on_after_it() -> None:
    assert texts(("A", "I think we"), ("B", "Yes."), ("A", "should go now.")) == [
        "I THINK WE",
        "YES.",
        "SHOULD GO NOW.",
    ]


def test_three_words_of_another_speaker_are_a_turn() -> None:
    assert texts(("A", "I think"), ("B", "no no no"), ("A", "we should go now.")) == [
        "I THINK",
        "NO NO NO",
        "WE SHOULD GO NOW.",
    ]


def test_two_people_word_by_word_in_turn_make_no_rubble() -> None:
    turns = [("AB"[n % 2], letter) for n, letter in enumerate("abcdefghi")] + [("B", "j.")]
    assert len(texts(*turns)) == 1


def test_a_label_that_changes_with_every_word_is_no_speaker() -> None:
    turns = [(str(n), f"word{n}") for n in range(40)]
    driver = drive()
    hear(driver, *turns)
    driver.end()
    driver.check_final(["yy"])
    assert len(driver.readers["yy"].sources) <= 4
    assert reasons(driver) == ["SPEAKER_IGNORED"]


def test_a_short_turn_is_shown_at_once_and_settled_by_a_rest() -> None:
    driver = drive()
    hear(driver, ("A", "I think we"), ("B", "yeah sure"))
    assert driver.readers["yy"].sources == {}
    driver.rest(1.3)
    reader = driver.readers["yy"]
    assert [text.replace("~", "") for text in reader.final_texts] == ["I THINK WE"]
    assert "SURE" in reader.shown
    hear(driver, ("A", "should go."))
    driver.end()
    driver.check_final(["yy"])


@pytest.mark.parametrize("end", ["flush", "end_of_segment", "end"])
def test_what_ends_the_segment_settles_who_spoke(end: str) -> None:
    driver = drive()
    hear(driver, ("A", "I think we"), ("B", "yeah"))
    if end == "flush":
        driver.flush()
    elif end == "end_of_segment":
        driver.say("sure ", end_of_segment=True)
    driver.end()
    driver.check_final(["yy"])
    assert len(driver.readers["yy"].sources) == 2


def test_a_speaker_that_is_not_named_is_the_one_before() -> None:
    assert texts(("A", "We want to"), ("B", "move"), ("", "the meeting now.")) == [
        "WE WANT TO",
        "MOVE THE MEETING NOW.",
    ]


def test_a_speaker_named_late_cuts_nothing() -> None:
    assert texts(("", "We want to"), ("A", "move.")) == ["WE WANT TO MOVE."]


def test_with_client_segmentation_speakers_cut_nothing() -> None:
    driver = drive(client_segmentation=True)
    hear(driver, ("A", "We sail."), ("B", "Why do you say so?"))
    driver.end()
    assert len(driver.readers["yy"].sources) == 1


def test_a_tentative_word_of_another_speaker_decides_nothing() -> None:
    driver = drive()
    hear(driver, ("A", "We want to"))
    driver.say("", tentative="why", speaker="B")
    hear(driver, ("A", "go."))
    driver.end()
    assert len(driver.readers["yy"].sources) == 1


def test_what_is_tentative_meanwhile_is_revised_and_kept() -> None:
    driver = drive()
    hear(driver, ("A", "I think we"))
    driver.say("no ", tentative="I", speaker="B")
    for _ in range(200):
        driver.say("", tentative="I do", speaker="B")
        driver.say("", tentative="I did", speaker="B")
    driver.say("way ", tentative="we can")
    driver.rest(1.0)
    assert driver.session._segments.open.tentative == "we can"
    assert driver.readers["yy"].shown.startswith("NO WAY WE CAN")
    driver.say("we can.")
    driver.end()
    driver.check_final(["yy"])


def test_a_word_that_comes_letter_by_letter_is_no_heap_of_updates() -> None:
    driver = drive()
    hear(driver, ("A", "I think we"))
    # From a hundred letters on it would be no word.
    for letter in "a" * 90:
        driver.send(letter, speaker="B")
    driver.end()
    driver.check_final(["yy"])
