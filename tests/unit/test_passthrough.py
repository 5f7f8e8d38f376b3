"""Targets in the language of the source, and segments whose language is to be determined."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.driver import Driver, Reader, make_config, one_thread
from tests.unit.legs import Models
from translator.session.events import ResumeState, SessionConfig
from translator.session.passthrough import pass_through
from translator.testing import FakeModel
from translator.text.segmenter import SegmentLimits

__all__ = ["one_thread"]

pytestmark = pytest.mark.unit

TALK = "The boats leave at seven. Nobody knew where\n the keys  were, not even 3.5 of them! "
SEGMENTS = [
    "The boats leave at seven.",
    "Nobody knew where  the keys  were, not even 3.5 of them!",
]


def config(*passing: str, model: FakeModel | None = None, **settings: object) -> SessionConfig:
    """Targets that pass through, and ``zz``, which a model translates, if there is a model."""
    made = make_config(model or FakeModel(), "zz", **settings)  # type: ignore[arg-type]
    return replace(
        made, bindings=(*map(pass_through, passing), *(made.bindings if model is not None else ()))
    )


@pytest.mark.parametrize("size", [1, 3, 7, len(TALK)])
@pytest.mark.parametrize("drafts", [True, False])
def test_text_passes_through_in_whole_words_as_it_comes(size: int, drafts: bool) -> None:
    driver = Driver(config("xx", drafts=drafts), FakeModel())
    reader = driver.readers["xx"]
    for start in range(0, len(TALK), size):
        driver.say(TALK[start : start + size])
        segment = driver.source[reader.source_start :].replace("\n", " ")
        words = segment[: segment.rfind(" ") + 1] if not segment[-1:].isspace() else segment
        assert reader.committed in {words.strip(), ""}
        if drafts:
            assert reader.shown == segment.strip()
    driver.end()
    assert reader.final_texts == SEGMENTS
    assert driver.session.report().targets[0].requests == 0


def test_a_word_is_committed_when_the_next_one_begins_or_white_space_comes() -> None:
    driver = Driver(config("xx"), FakeModel())
    reader = driver.readers["xx"]
    shown = []
    for piece in ["Hel", "lo", " wor", "ld 3", ".", "5 "]:
        driver.say(piece)
        shown.append((reader.committed, reader.draft))
    assert shown == [
        ("", "Hel"),
        ("", "Hello"),
        ("Hello", " wor"),
        ("Hello world", " 3"),
        ("Hello world", " 3."),
        ("Hello world 3.5", ""),
    ]


def test_a_script_without_spaces_passes_character_by_character() -> None:
    driver = Driver(config("xx"), FakeModel())
    reader = driver.readers["xx"]
    driver.say("今日は")
    assert (reader.committed, reader.draft) == ("今日", "は")
    # A mark that combines stays with its character.
    driver = Driver(config("xx"), FakeModel())
    driver.say("ที่นี่")
    assert driver.readers["xx"].committed + driver.readers["xx"].draft == "ที่นี่"
    assert driver.readers["xx"].committed == "ที่"


def test_tentative_text_is_a_draft_and_what_is_taken_back_goes() -> None:
    driver = Driver(config("xx"), FakeModel())
    reader = driver.readers["xx"]
    driver.say("", "I sea")
    assert (reader.committed, reader.draft) == ("", "I sea")
    driver.say("I see ", "a sheep")
    assert (reader.committed, reader.draft) == ("I see", " a sheep")
    driver.say("", "")
    assert (reader.committed, reader.draft) == ("I see", "")
    driver.say("a ship")
    driver.end()
    assert reader.final_texts == ["I see a ship"]


def test_nothing_is_told_twice() -> None:
    driver = Driver(config("xx"), FakeModel())
    driver.say("One two ")
    told = len(driver.updates)
    for _ in range(3):
        driver.pump()
    assert len(driver.updates) == told


def test_alignments_positions_and_media_times_are_the_source_s_own() -> None:
    driver = Driver(config("xx", alignments=True), FakeModel())
    driver.say("  One two", start_s=1.0, end_s=2.0)
    driver.say(" three ", start_s=2.5, end_s=3.0)
    driver.end()
    first, second = (event for _, event in driver.updates if event.committed)
    spans = [
        (a.source_start, a.source_end, a.target_start, a.target_end)
        for event in (first, second)
        for a in event.alignments
    ]
    assert spans == [(2, 5, 0, 3), (6, 9, 4, 7), (10, 15, 8, 13)]
    assert (first.start_s, second.end_s) == (1.0, 3.0)
    assert driver.updates[-1][1].source_committed_length == len("  One two three ")


def test_one_target_passes_through_while_others_are_translated() -> None:
    model = FakeModel()
    driver = Driver(config("xx", model=model), model)
    for word in TALK.split(" "):
        driver.say(word + " ")
    driver.end()
    assert driver.readers["xx"].sources == driver.readers["zz"].sources
    driver.check_final(["zz"])
    assert driver.readers["xx"].final_texts == [s.strip() for s in SEGMENTS]


def test_one_target_passes_through_while_another_goes_through_a_pivot() -> None:
    models = Models()
    made = models.config("zz", pivoted=["zz"])
    made = replace(made, bindings=(pass_through("xx"), *made.bindings))
    driver = models.driver(made)
    driver.say("One two. Three four ")
    driver.end()
    driver.check_final(["zz"])
    assert driver.readers["xx"].final_texts == ["One two.", "Three four"]


def test_a_passing_target_leaves_room_to_cut_a_long_segment_for_the_others() -> None:
    words = [f"word{n}" for n in range(60)]
    sources = []
    model = FakeModel()
    for passing in [(), ("xx",)]:
        made = config(*passing, model=model, segments=SegmentLimits(bare_words=16))
        driver = Driver(made, model)
        for word in words:
            driver.say(word + " ")
        driver.end()
        sources.append(len(driver.readers["zz"].sources))
        driver.check_final(["zz"])
    assert " ".join(driver.readers["xx"].final_texts) == " ".join(words)
    assert sources[0] == sources[1] > 1


def test_a_stream_goes_on_after_a_break() -> None:
    driver = Driver(config("xx", alignments=True), FakeModel())
    driver.say("One. Two three fo")
    reader = driver.readers["xx"]
    assert reader.committed == "Two three"
    resume = ResumeState({"xx": reader.resumed()})
    again = Driver(
        config("xx", alignments=True), FakeModel(), resume=resume, readers={"xx": reader.go_on()}
    )
    again.say("Two three fo")
    again.say("ur five.")
    again.end()
    assert again.readers["xx"].final_texts == ["One.", "Two three four five."]
    aligned = [a for _, event in again.updates for a in event.alignments]
    assert all(a.source_start == a.target_start for a in aligned)


def test_a_target_changes_between_a_model_and_passing_through() -> None:
    model = FakeModel()
    translated, passing = config(model=model), config("zz")
    driver = Driver(translated, model)
    driver.say("One two. Three ")
    driver.reconfigure(passing)
    driver.say("four. Five ")
    driver.reconfigure(translated)
    driver.say("six. Seven. ")
    driver.end()
    assert driver.readers["zz"].final_texts == ["ONE TWO.", "THREE FOUR.", "Five six.", "SEVEN."]


# Segments whose language is to be determined


def following(*passing: str, model: FakeModel | None = None, **settings: object) -> SessionConfig:
    return config(*passing, model=model, follows=True, **settings)


def test_nothing_is_committed_before_the_language_is_determined() -> None:
    model = FakeModel()
    driver = Driver(following("xx", model=model), model)
    for word in ["One", "two", "three", "four", "five", "six", "seven", "eight"]:
        driver.say(word + " ")
    assert [reader.committed for reader in driver.readers.values()] == ["", ""]
    assert all(reader.draft for reader in driver.readers.values())
    (segment,) = driver.session.undetermined
    driver.session.determine(segment)
    driver.say("nine ")
    assert driver.readers["xx"].committed == "One two three four five six seven eight nine"
    assert driver.readers["zz"].committed
    driver.flush()
    driver.say("Ten. ")
    driver.flush()
    assert list(driver.readers["zz"].sources) == [0]
    closed, _ = driver.session.undetermined
    driver.session.determine(closed)
    driver.pump()
    driver.end()
    driver.check_final(["zz"])


def test_a_segment_goes_on_in_the_language_that_it_turns_out_to_be_in() -> None:
    model = FakeModel()
    was, becomes = following("zz"), following(model=model)
    driver = Driver(was, model)
    driver.say("One two. Three four ", "five")
    first, _ = driver.session.undetermined
    driver.session.determine(first)
    driver.pump()
    assert driver.readers["zz"].final_texts == ["One two."]
    assert driver.readers["zz"].draft == "Three four five"
    (second,) = driver.session.undetermined
    driver.session.determine(second, becomes)
    driver.settle()
    driver.pump()
    driver.settle()
    assert driver.readers["zz"].draft.startswith("THREE FOUR")
    assert driver.session.first_segment_ids == {"zz": 1}
    driver.session.determine(driver.session._segments.open)
    driver.say("six. Seven")
    for segment in driver.session.undetermined:
        driver.session.determine(segment, was)
    driver.end()
    assert driver.readers["zz"].final_texts == ["One two.", "THREE FOUR SIX.", "Seven"]


def test_while_no_language_is_known_nothing_is_shown_and_a_config_applies_at_once() -> None:
    model = FakeModel()
    driver = Driver(following("zz", awaits_language=True), model)
    driver.say("One two ", "three")
    assert driver.readers["zz"].shown == ""
    driver.reconfigure(config(model=model))
    driver.say("three.")
    driver.end()
    assert driver.readers["zz"].final_texts == ["ONE TWO THREE."]


def test_a_segment_that_is_resumed_waits_with_its_prefix() -> None:
    model = FakeModel()
    reader = Reader(revision=3, texts={0: "ONE TWO"})
    driver = Driver(
        following("zz", awaits_language=True),
        model,
        resume=ResumeState({"zz": reader.resumed()}),
        readers={"zz": reader},
    )
    driver.say("One two three ")
    (segment,) = driver.session.undetermined
    driver.session.determine(segment, following(model=model))
    driver.say("four.")
    driver.end()
    assert driver.readers["zz"].final_texts == ["ONE TWO THREE FOUR."]


@given(
    pieces=st.lists(st.sampled_from(["a ", "bc", "d. ", "E f ", "\n", " ", "ü, ", "今日。"])),
    looks=st.lists(st.integers(0, 3), min_size=1),
)
def test_however_it_is_determined_everything_is_committed_once(
    pieces: list[str], looks: list[int]
) -> None:
    model = FakeModel()
    configs = [following("xx", model=model), following("xx", "zz")]
    driver = Driver(configs[0], model)
    for number, piece in enumerate(pieces):
        driver.send(piece)
        look = looks[number % len(looks)]
        driver.step(look)
        for segment in driver.session.undetermined if look else []:
            if segment.closed or look > 1:
                driver.session.determine(segment, configs[look % 2])
        driver.pump()
    driver.session.end_source()
    for segment in driver.session.undetermined:
        driver.session.determine(segment)
    driver.pump()
    driver.settle()
    assert driver.session.is_done
    for reader in driver.readers.values():
        assert list(reader.sources) == list(range(len(reader.sources)))
    passed = "".join("".join(driver.readers["xx"].final_texts).split())
    assert passed == "".join("".join(pieces).split())


def test_numbers_are_shown_as_they_are_until_a_word_comes() -> None:
    model = FakeModel()
    driver = Driver(config(model=model), model)
    driver.say("12:30 ")
    assert (driver.readers["zz"].draft, model.num_prefills) == ("12:30", 0)
    driver.say("we sail. ")
    assert model.num_prefills > 0
    driver.say("2026. ", end_of_segment=True)
    driver.end()
    assert driver.readers["zz"].final_texts[1:] == ["2026."]
