"""Cuts where source and target part, in segments that go on for long without punctuation."""

import itertools

import pytest

from tests.unit.driver import Driver, make_config, one_thread  # noqa: F401
from translator.engine.request import Hypothesis
from translator.session.events import AlignedRange, SourceUpdate, TargetEvent
from translator.session.hypothesis import TargetHypothesis
from translator.session.model_source import Context, ModelSource
from translator.session.parting import best_parting
from translator.session.segment import Segment
from translator.testing import FakeModel, FakeTokenizer
from translator.text.segmenter import SegmentLimits

pytestmark = pytest.mark.unit

WORDS = "we sail south today and they sail north on the other boat that has a red"


def drive(*targets: str, **settings: object) -> Driver:
    model = FakeModel()
    settings = {"parameters": {"n": 4}, "segments": SegmentLimits(bare_words=5)} | settings
    return Driver(make_config(model, *(targets or ("yy",)), **settings), model)  # type: ignore[arg-type]


def say(driver: Driver, text: str, *, pauses: dict[int, float] | None = None) -> None:
    """Word by word, each of half a second, with a pause before some of them."""
    second = 0.0
    for number, word in enumerate(text.split()):
        second += (pauses or {}).get(number, 0.0)
        driver.say(word + " ", start_s=second, end_s=second + 0.5)
        second += 0.5


def closed(driver: Driver, target: str = "yy") -> list[tuple[str, str]]:
    """Source and text of each closed segment."""
    reader = driver.readers[target]
    return [
        (driver.source[start:end], reader.texts[number])
        for number, (start, end) in reader.sources.items()
    ]


# In a session


def test_a_long_segment_without_marks_is_cut_where_it_parts() -> None:
    driver = drive()
    say(driver, WORDS)
    assert closed(driver) == [
        ("we sail south today and they sail north ", "WE SAIL SOUTH TODAY AND THEY SAIL NORTH~")
    ]
    driver.end()
    driver.check_final(["yy"])
    assert closed(driver)[1:] == [
        ("on the other boat that has a red ", "ON THE OTHER BOAT THAT HAS A RED~.")
    ]


def test_the_longest_pause_is_the_place() -> None:
    driver = drive(parameters={"n": 6})
    say(driver, WORDS, pauses={6: 0.6, 7: 0.3})
    assert closed(driver)[0][0] == "we sail south today and they "


@pytest.mark.parametrize("mark", [",", ";", " —"])
def test_a_mark_shows_that_there_is_punctuation(mark: str) -> None:
    driver = drive()
    say(driver, WORDS.replace("sail north", f"sail{mark} north"))
    assert closed(driver) == []


@pytest.mark.parametrize("settings", [
    {"policy": "final-only", "parameters": {}},
    {"client_segmentation": True},
])  # fmt: skip
def test_nothing_is_cut_without_hypotheses_or_for_clients_that_segment(
    settings: dict[str, object],
) -> None:
    driver = drive(**settings)
    say(driver, WORDS)
    assert closed(driver) == []


def test_all_targets_are_cut_alike() -> None:
    driver = drive("yy", "zz")
    say(driver, WORDS)
    assert closed(driver, "yy") == closed(driver, "zz") != []
    driver.end()
    driver.check_final()


def test_a_tentative_tail_goes_with_the_rest() -> None:
    driver = drive()
    for word in WORDS.split():
        driver.say(word + " ", "boat")
    assert len(closed(driver)) == 1
    assert driver.readers["yy"].shown.endswith("BOAT~")
    driver.say("", "boot")
    assert driver.readers["yy"].shown.endswith("RED BOOT~")
    driver.end()
    driver.check_final(["yy"])


def test_a_request_for_the_uncut_text_commits_nothing_beyond_the_cut() -> None:
    driver = drive("yy", "zz", drafts=True)
    words = iter(WORDS.split() * 3)
    for word in itertools.islice(words, 9):
        driver.say(word + " ")
    for word in words:
        driver.send(word + " ")
        driver.step(2, deliver=False)
        driver.send("")
        driver.step(1)
    driver.settle()
    driver.end()
    driver.check_final()
    assert len(closed(driver)) > 2


def test_a_flush_or_a_new_speaker_after_a_cut_closes_the_rest() -> None:
    driver = drive()
    say(driver, WORDS)
    driver.flush()
    driver.settle()
    assert closed(driver)[1][0] == "on the other boat that has a red "
    driver.end()


def test_media_times_and_alignments_of_the_rest_are_its_own() -> None:
    driver = drive(alignments=True)
    say(driver, WORDS)
    driver.end()
    words = WORDS.split()
    for event in (event for _, event in driver.updates if event.committed):
        assert _media_times(event, driver.source, words) == (event.start_s, event.end_s)
        for aligned in event.alignments:
            start = event.source_start + aligned.source_start
            word = driver.source[start : event.source_start + aligned.source_end]
            text = driver.readers["yy"].texts[event.segment_id]
            assert text[aligned.target_start : aligned.target_end].rstrip("~.") in word.upper()


def _media_times(event: TargetEvent, source: str, words: list[str]) -> tuple[float, float]:
    """Each word lasts half a second: those of its alignment, from the first to the last."""
    numbers = [
        len(source[: event.source_start + aligned.source_start].split())
        for aligned in event.alignments
    ]
    assert all(number < len(words) for number in numbers)
    return min(numbers) / 2, (max(numbers) + 1) / 2


def test_the_model_is_given_what_was_said_of_the_sentence() -> None:
    driver = drive()
    say(driver, WORDS)
    driver.session.update_source(SourceUpdate(99, "boat "))
    (request,) = driver.session.next_requests()
    tokenizer = driver.session.config.bindings[0].tokenizer
    source = "".join(map(tokenizer.piece, request.source))
    prefix = "".join(map(tokenizer.piece, request.target_prefix))
    assert source == "sail south today and they sail north on the other boat that has a red boat"
    assert prefix.startswith(" SAIL SOUTH TODAY AND THEY SAIL NORTH~ ON THE OTHER")


def test_a_sentence_that_has_ended_is_no_context() -> None:
    driver = drive()
    say(driver, WORDS)
    driver.flush()
    driver.settle()
    driver.session.update_source(SourceUpdate(99, "boat "))
    (request,) = driver.session.next_requests()
    tokenizer = driver.session.config.bindings[0].tokenizer
    assert "".join(map(tokenizer.piece, request.source)) == "boat"
    assert request.target_prefix == ()


# In a hypothesis


def hypothesis(
    source: str, target: str, alignment: tuple[int, ...], context: str = ""
) -> TargetHypothesis:
    tokenizer = FakeTokenizer()
    tokens = tokenizer.encode_target(target)
    return TargetHypothesis(
        tokenizer,
        ModelSource.encode(tokenizer, source, 99, context),
        Hypothesis(tokens, alignment, (0.0,) * len(tokens)),
    )


def test_source_and_target_part_where_no_alignment_crosses() -> None:
    crossing = hypothesis(" a b c d e", "A B D C E", (0, 1, 3, 2, 4))
    assert crossing.partings(0, 5) == {3: 1, 5: 2, 9: 4}
    assert crossing.partings(2, 5) == {5: 2, 9: 4}
    assert crossing.partings(0, 4) == {3: 1, 5: 2}


def test_a_mark_crosses_nothing_and_stays_with_the_word_before() -> None:
    marked = hypothesis("a b c", "A, B C", (0, 2, 1, 2))
    assert marked.partings(0, 4) == {2: 2, 4: 3}
    assert (marked.has_mark_at(2), marked.has_mark_at(3)) == (True, False)


def test_a_word_that_nothing_is_aligned_with_may_go_either_way() -> None:
    assert hypothesis("a the b", "A B", (0, 2)).partings(0, 2) == {2: 1, 6: 1}


def test_a_model_that_does_not_align_parts_nowhere() -> None:
    assert hypothesis("a b c", "A B C", ()).partings(0, 3) == {}


def test_the_context_is_no_part_of_the_segment() -> None:
    after = hypothesis(" c d", "X C D", (1, 2, 3), context="a b ")
    assert (after.source.text, after.source.offset) == ("c d", 1)
    assert after.source.encoded.spans == ((0, 1), (1, 3), (3, 5), (5, 7), (7, 7))
    assert [after.source_range(i, i + 1) for i in range(3)] == [None, (1, 2), (3, 4)]
    assert [word.source_end for word in after.words(0)] == [0, 2, 4]
    assert after.alignments(0, 5) == (AlignedRange(1, 2, 2, 3), AlignedRange(3, 4, 4, 5))
    assert after.partings(0, 3) == {3: 2}


def test_a_tail_has_as_many_words_as_it_may() -> None:
    whole = hypothesis("a b c d ", "A B C D", (0, 1, 2, 3))
    assert whole.tail("a b c d ", 4, 2) == Context("c d ", whole.tokens[2:])
    assert whole.tail("a b c d ", 4, 9) == Context("b c d ", whole.tokens[1:])
    crossing = hypothesis("a b c d ", "D C B A", (3, 2, 1, 0))
    assert crossing.tail("a b c d ", 4, 9) == Context()
    assert whole.tail("a b c d", 4, 9) == Context("b c d", whole.tokens[1:])
    long = "d" * 60
    cut = hypothesis(f"a b c {long}", "A B C D", (0, 1, 2, 3))
    assert cut.tail(f"a b c {long}", 4, 9) == Context(), "a word that was cut in two"
    assert whole.tail("a b c d. ", 4, 9) == Context(), "a sentence that has ended"


def test_the_words_of_a_context_and_of_what_goes_on_stay_apart() -> None:
    assert Context("am not", (1,)).before("able") == Context("am not ", (1,))
    assert Context("am not ", (1,)).before("able") == Context("am not ", (1,))
    assert Context("\u4eca\u65e5", (1,)).before("\u306f") == Context("\u4eca\u65e5", (1,))
    assert Context().before("able") == Context()


# Which place


def segment(text: str) -> Segment:
    built = Segment(0, 0, make_config(FakeModel()))
    for number, word in enumerate(text.split()):
        built.append(word + " ", 0.0, number + (0.5 if word == "late" else 0.0), number + 1.0)
    return built


def best(text: str, *partings: dict[int, bool], anywhere: bool = True) -> int | None:
    return best_parting(segment(text), partings, anywhere=anywhere)


def test_of_places_that_are_as_good_the_last_is_taken() -> None:
    text = "a b c d e f g h i j "
    places = dict.fromkeys(range(0, len(text), 2), False)
    assert best(text, places) == len("a b c d e f g h ")
    assert best(text, places, {12: True}) == 12
    assert best(text, places, {12: True}, {}) is None
    assert best(text, places | {12: True}) == 12
    assert best(text, places | {12: True}, places) == len("a b c d e f g h ")


def test_marks_of_the_source_and_pauses_are_places() -> None:
    paused = "a b c d e f late h i j "
    assert best(paused, dict.fromkeys(range(30), False)) == 12
    marked = "a b c d e x, f late h i j "
    assert best(marked, {13: False, 15: False}) == 13


def test_a_place_that_nothing_speaks_for_has_to_wait() -> None:
    text = "a b c d e f late h i j "
    assert best(text, {17: False}, anywhere=False) is None
    assert best(text, {17: False}, {17: True}, anywhere=False) is None
    assert best(text, {17: True}, {17: True}, anywhere=False) == 17
    assert best(text, {12: False}, anywhere=False) == 12


def test_few_words_are_not_cut_off() -> None:
    text = "a b c d e f g h "
    assert best(text, dict.fromkeys([2, 4, 6, 8, 10, 14], True)) is None
