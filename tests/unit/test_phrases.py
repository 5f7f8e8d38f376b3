"""Whole utterances with a translation of their own."""

from importlib.resources import files
from pathlib import Path

import pytest

from translator.errors import ModelFilesError
from translator.languages.pair import LanguagePair
from translator.models.phrases import PHRASES, find_phrases
from translator.text.phrases import NO_PHRASES, Phrase, Phrases

pytestmark = pytest.mark.unit

EN_PT = LanguagePair("en", "pt")
BOOK = Phrases.of(
    [
        Phrase("Watch the step.", "Cuidado com o degrau."),
        Phrase("Ready?", "Pronto?"),
        Phrase("Ready", "Concluído"),
        Phrase("Far?", "Longe?"),
        Phrase("lamp", "lâmpada"),
        Phrase("Sunday", "domingo"),
        Phrase("I'm Rita.", "Sou a Rita."),
        Phrase("lamp", "abajur"),
        Phrase("No, wait, please.", "Não, espere, por favor."),
        Phrase("No, come.", "Não, venha."),
        Phrase("No come.", "Nada de vir."),
        Phrase("It costs €1,50.", "Custa € 1,50."),
    ],
    "pt",
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Watch the step.", "Cuidado com o degrau."),
        ("watch the step", "cuidado com o degrau"),
        ("  Watch  the step! ", "Cuidado com o degrau!"),
        ("WATCH THE STEP", "Cuidado com o degrau"),
        ("Watch the step...", "Cuidado com o degrau..."),
        # A question is no statement, but without a mark it may be one.
        ("Watch the step?", None),
        ("Far.", None),
        ("far", "longe"),
        # Each has a phrase of its own.
        ("Ready?", "Pronto?"),
        ("ready", "concluído"),
        ("Lamp", "Lâmpada"),
        ("Sunday.", "Domingo."),
        ("I’m Rita", "Sou a Rita"),
        ("Watch the step and the door.", None),
        # Speech may lack commas, but one too many makes a difference, as does one in a number.
        ("no wait please", "não, espere, por favor"),
        ("no, wait please", None),
        ("No come", "Nada de vir"),
        ("No, come!", "Não, venha!"),
        ("I'm, Rita.", None),
        ("It costs €150.", None),
        ("", None),
        ("?", None),
    ],
)
def test_what_is_all_of_a_text_has_its_case_and_mark(text: str, expected: str | None) -> None:
    assert BOOK.find(text) == expected


def test_without_phrases_nothing_is_found() -> None:
    assert NO_PHRASES.find("lamp") is None


def test_a_folder_has_its_own(tmp_path: Path) -> None:
    assert find_phrases(tmp_path, EN_PT) is NO_PHRASES
    (tmp_path / PHRASES).write_text("\ufeffWatch the step.\tCuidado.\n\nlamp\tlâmpada\r\n", "utf-8")
    found = find_phrases(tmp_path, EN_PT)
    assert found.find("lamp.") == "lâmpada."
    assert found.find("watch the step") == "cuidado"
    assert found.digest != NO_PHRASES.digest


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"lamp", "line 1 is no phrase"),
        (b"lamp\tabajur\nlamp\tabajur\tluz", "line 2 is no phrase"),
        (b"lamp\t ", "line 1 is no phrase"),
        (b"...\tabajur", "line 1 is no phrase"),
        (b"lamp\tl\xe2mpada", "byte 6 is not UTF-8"),
        (b"x" * (16 * 2**20 + 1), "at most 16777216"),
    ],
)
def test_a_damaged_file_is_named(tmp_path: Path, data: bytes, error: str) -> None:
    (tmp_path / PHRASES).write_bytes(data)
    with pytest.raises(ModelFilesError, match=error) as caught:
        find_phrases(tmp_path, EN_PT)
    assert str(tmp_path / PHRASES) in str(caught.value)


@pytest.mark.parametrize("pair", [EN_PT, LanguagePair("pt", "en")], ids=str)
def test_each_of_the_embedded_models_counts(pair: LanguagePair) -> None:
    shipped = files("translator.models.marian") / "phrases" / f"{pair}.tsv"
    rows = [line.split("\t") for line in shipped.read_text("utf-8").splitlines()]
    assert len(rows) > 10_000
    phrases = [Phrase(*row) for row in rows]
    book = Phrases.of(phrases, pair.target)
    # None is there twice, and none is hidden by one that differs in the mark or in commas.
    assert len(book.exact) == len(phrases)
    for phrase in phrases:
        said, meant = phrase.source.rstrip(".!?… "), phrase.target.rstrip(".!?… ")
        found = book.find(phrase.source)
        assert found is not None, phrase
        assert found.rstrip(".!?… ").casefold() == meant.casefold(), phrase
        assert phrase.source.endswith("?") == phrase.target.endswith("?"), phrase
        assert (said == phrase.source) == (meant == phrase.target), phrase


NUMBERED = Phrases.of(
    [
        Phrase("Only # left!", "Restam apenas #!"),
        Phrase("Only 1 left!", "Resta só 1!"),
        Phrase("#x, then # again", "#x, depois # de novo"),
        Phrase("From #.", "A partir de #."),
        Phrase("Press #.", "Aperte #."),
    ],
    "pt",
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Only 2 left", "Restam apenas 2"),
        ("only 1,200 left!", "restam apenas 1.200!"),
        # One that has the number itself goes first.
        ("Only 1 left!", "Resta só 1!"),
        ("10x, then 2.5 again", "10x, depois 2.5 de novo"),
        ("From 2019.", "A partir de 2019."),
        ("Only two left", None),
        ("Only 2nd left", None),
        ("Only # left", "Restam apenas #"),
        ("Only 2 and 3 left", None),
        ("From 1 2 3 4 5 6 7 8 9", None),
    ],
)
def test_a_phrase_has_numbers(text: str, expected: str | None) -> None:
    assert NUMBERED.find(text, lambda number: number.replace(",", ".")) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[lamp]", "[lâmpada]"),
        ("(Lamp)", "(Lâmpada)"),
        ("*lamp*", "*lâmpada*"),
        ("“Watch the step.”", "“Cuidado com o degrau.”"),
        ("[lamp", None),
        ("[lamp] [lamp]", None),
        ("[oil lamp]", None),
    ],
)
def test_a_phrase_may_stand_in_brackets_or_quotes(text: str, expected: str | None) -> None:
    assert BOOK.find(text) == expected


def test_what_stands_in_the_place_of_a_number_stays() -> None:
    assert NUMBERED.find("From %1.", str, [(5, 7)]) == "A partir de %1."
    assert NUMBERED.find("Only %1 left", str, [(5, 7)]) == "Restam apenas %1"
    assert NUMBERED.find("%1 Only 3 left", str, [(0, 2)]) is None


def test_numbers_of_a_phrase_are_all_in_its_translation(tmp_path: Path) -> None:
    (tmp_path / PHRASES).write_text("Only # left\tRestam #\nOnly # of #\tSó #\n")
    with pytest.raises(ModelFilesError, match="line 2: its translation has another number of '#'"):
        find_phrases(tmp_path, EN_PT)
