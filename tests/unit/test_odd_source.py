"""What recognisers and clients get wrong: the session lives, and says what it ignored."""

import itertools

import pytest

from tests.unit.driver import Driver, make_config, one_thread  # noqa: F401
from translator.session.events import SourceUpdate, TargetEvent, Warned
from translator.session.inspector import SourceInspector
from translator.testing import FakeModel

pytestmark = pytest.mark.unit


def drive(*targets: str, **settings: object) -> Driver:
    model = FakeModel()
    settings = {"parameters": {"n": 2}} | settings
    return Driver(make_config(model, *(targets or ("yy",)), **settings), model)  # type: ignore[arg-type]


def reasons(driver: Driver) -> list[str]:
    return [warned.reason for warned in driver.session.warnings]


def committed(driver: Driver) -> list[TargetEvent]:
    return [event for _, event in driver.updates if event.committed]


# Media times


def test_times_that_go_back_are_ignored_and_told_once() -> None:
    driver = drive()
    for number, start_s in enumerate([10.0, 11.0, 3.0, 3.5, 2.0, 2.5]):
        driver.say(f"word{number} ", start_s=start_s, end_s=start_s + 0.4)
    driver.end()
    assert reasons(driver) == ["OFFSETS_IGNORED"]
    assert "source 3 begins at 3.000 s, the speaker's one before at 11.000 s" in (
        driver.session.warnings[0].message
    )
    driver.check_final(["yy"])
    times = {e.committed: (e.start_s, e.end_s) for e in committed(driver)}
    assert times["WORD0"] == (10.0, 10.4)
    # The third has no time of its own; those after it are measured by it.
    assert times[" WORD2"] == (None, None)
    assert times[" WORD3"] == (3.5, 3.9)


def test_each_speaker_has_a_clock() -> None:
    # As a recogniser finishes them: B began while A was speaking, and ended first, twice.
    said = [
        ("A", "We could leave at seven. ", 10.0, 14.0),
        ("B", "Seven is early. ", 12.0, 15.0),
        ("A", "The roads are empty then. ", 14.5, 17.0),
        ("B", "And dark. ", 15.2, 17.5),
        ("C", "I drive. ", 11.0, 18.0),
        ("A", "Good. ", 17.2, 18.2),
    ]
    driver = drive("yy", "zz")
    for speaker, text, start_s, end_s in said:
        driver.say(text, speaker=speaker, start_s=start_s, end_s=end_s)
    driver.end()
    assert reasons(driver) == []
    driver.check_final(["yy", "zz"])
    for target in ("yy", "zz"):
        texts = [e for e in committed(driver) if e.target == target and e.closed]
        assert [(e.start_s, e.end_s) for e in texts] == [each[2:] for each in said]


def test_a_speaker_without_a_label_is_the_one_before() -> None:
    inspector = SourceInspector(lambda _: None)
    assert inspector.offsets(SourceUpdate(1, "a", start_s=5.0, speaker="A"))[0] == 5.0
    assert inspector.offsets(SourceUpdate(2, "b", start_s=3.0, speaker="B"))[0] == 3.0
    assert inspector.offsets(SourceUpdate(3, "c", start_s=2.0))[0] is None
    assert inspector.offsets(SourceUpdate(4, "d", start_s=4.0, speaker="A"))[0] is None


def test_only_so_many_clocks_are_kept() -> None:
    inspector = SourceInspector(lambda _: None)
    for number in range(1000):
        inspector.offsets(SourceUpdate(number + 1, "a", start_s=9.0, speaker=f"S{number}"))
    # The first is forgotten, the last is not.
    assert inspector.offsets(SourceUpdate(1001, "a", start_s=1.0, speaker="S0"))[0] == 1.0
    assert inspector.offsets(SourceUpdate(1002, "a", start_s=1.0, speaker="S999"))[0] is None


def test_an_end_before_its_beginning_is_ignored() -> None:
    driver = drive()
    driver.say("one. ", start_s=2.0, end_s=1.0)
    driver.end()
    assert reasons(driver) == ["OFFSETS_IGNORED"]
    assert [(e.start_s, e.end_s) for e in committed(driver)] == [(None, None)]


@pytest.mark.parametrize("times", [[], [0.0, 0.0, 0.0], [0.0, None, 0.5, None], [1.0, 1.2, 1.1999]])
def test_missing_and_equal_times_end_no_segment(times: list[float | None]) -> None:
    driver = drive()
    for number, start_s in zip(range(12), [*times, *[None] * 12], strict=False):
        end_s = None if start_s is None else start_s + 0.1
        driver.say(f"word{number} ", start_s=start_s, end_s=end_s)
    driver.end()
    assert len(driver.readers["yy"].sources) == 1
    assert reasons(driver) == ["OFFSETS_IGNORED"] * (times[-1:] == [1.1999])


# Tentative text


def test_a_tentative_text_that_repeats_what_is_committed_is_shortened_and_told_once() -> None:
    driver = drive()
    driver.say("we sail south ", "we sail south today")
    driver.say("", "We sail south today")
    driver.say("", " we sail south today and")
    assert reasons(driver) == ["TENTATIVE_REPEATS_COMMITTED"]
    assert driver.readers["yy"].shown == "WE SAIL SOUTH TODAY AND~"


@pytest.mark.parametrize(
    ("said", "guess"),
    [
        ("we sail ", "we sail south"),  # too short to tell
        ("no no no no ", "no no no no no"),
        ("we sail south ", "we sail southwards"),
        ("we sail south ", "and we sail south today"),
        ("", "we sail south"),
    ],
)
def test_what_may_have_been_said_twice_is_left_as_it_is(said: str, guess: str) -> None:
    told: list[Warned] = []
    assert SourceInspector(told.append).tentative(guess, said) == guess
    assert not told


def test_each_reason_is_told_once() -> None:
    told: list[Warned] = []
    inspector = SourceInspector(told.append)
    for number in range(5):
        inspector.offsets(SourceUpdate(number + 1, "a", start_s=-float(number)))
        inspector.tentative("one two three four", "one two three ")
    assert [warned.reason for warned in told] == ["TENTATIVE_REPEATS_COMMITTED", "OFFSETS_IGNORED"]


# Words


@pytest.mark.slow
@pytest.mark.parametrize("policy", ["guarded-agreement", "final-only"])
@pytest.mark.parametrize(
    "words",
    [
        ["thank", "you", "very", "much"],  # the same for minutes
        ["you"],
        [str(number) for number in range(700)],
        ["3.5", "1,000", "7/8"],
        ["casa", "house", "дом", "家"],
        ["\u00e9"],
        ["-"],
    ],
)
@pytest.mark.thorough
def test_odd_words_without_end_are_translated_in_bounded_segments(
    words: list[str], policy: str
) -> None:
    driver = drive("yy", "zz", policy=policy, parameters={})
    for word in itertools.islice(itertools.cycle(words), 250):
        driver.say(word + " ")
    driver.end()
    driver.check_final()
    limits = driver.session.config.segmenter.limits
    for start, end in driver.readers["yy"].sources.values():
        assert end - start <= limits.max_length
        assert len(driver.source[start:end].split()) <= max(limits.max_words, limits.max_length / 2)


@pytest.mark.parametrize("text", ["a", ".", "\u00e9", "1", "\u5bb6", "?", "\u200b"])
def test_segments_of_one_character(text: str) -> None:
    driver = drive("yy", "zz")
    for _ in range(30):
        driver.say(text, end_of_segment=True)
    driver.end()
    driver.check_final()
