"""Source that is odd, long or without an end: a session bears it, and does not grow."""

import gc
import itertools
import time
import types

import pytest

from tests.unit.driver import Reader, drive, make_config, one_thread  # noqa: F401
from translator.session.events import SourceUpdate
from translator.testing import FakeModel

pytestmark = pytest.mark.unit


@pytest.fixture
def model() -> FakeModel:
    return FakeModel()


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
