"""Times of day in words, as figures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.text import clock
from translator.text.clock import clock_times
from translator.text.protection import Verbatim, protect
from translator.text.rewriting import rewrite

pytestmark = pytest.mark.unit


def said(text: str, language: str) -> str:
    return rewrite(text, clock_times(text, language).edits).text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("See you at half past ten.", "See you at 10:30."),
        ("It's a quarter to one.", "It's 12:45."),
        ("quarter past three tomorrow", "3:15 tomorrow"),
        ("It is twenty-five minutes to\nnine!", "It is 8:35!"),
        ("From ten fifteen until twelve.", "From 10:15 until 12:00."),
        ("It left at eight fifty-two, by nine oh five.", "It left at 8:52, by 9:05."),
        ("at seven-twenty and after six thirty one", "at 7:20 and after 6:31"),
        ("at two fifty a share, at one twenty each", "at two fifty a share, at one twenty each"),
        ("Dinner is at Eight, bed at 9", "Dinner is at 8:00, bed at 9:00"),
        ("at nine in the morning", "at 9:00 in the morning"),
        ("The one o'clock service, 9 o’clock sharp", "The 1:00 service, 9 o’clock exactly"),
        ("Open 9am–6pm, Sat 10-11am", "Open 9:00–18:00, Sat 10:00-11:00"),
        ("9-5pm, 2 p.m. to 4 p.m. daily", "9:00-17:00, 14:00 to 16:00 daily"),
        ("Call before 5 p.m. EST at 5.30pm", "Call before 17:00 EST at 17:30"),
        ("noon is 12pm and midnight 12 am", "noon is 12:00 and midnight 0:00"),
        ("We met at 5 p.m.", "We met at 17:00."),
        ("Be here by 9 pm, at six sharp!", "Be here before 21:00, at 6:00 exactly!"),
        ("By noon or by 10:30, back by two.", "Before noon or before 10:30, back before 2:00."),
        ("from three and a quarter to four", "from three and a quarter to four"),
        ("Divide by 5, by six people.", "Divide by 5, by six people."),
        ("It costs $5 am I right, I am 9", "It costs $5 am I right, I am 9"),
    ],
)
def test_english_times_become_figures(text: str, expected: str) -> None:
    assert said(text, "en-GB") == expected
    assert said(text, "de") == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Nos vemos às dez e meia.", "Nos vemos às 10:30."),
        ("São quinze para a uma.", "São 12:45."),
        ("São dez para a meia-noite.", "São 23:50."),
        ("As aulas começam às oito e um quarto.", "As aulas começam às 8:15."),
        ("São nove menos um quarto, à uma menos dez", "São 8:45, à 12:50"),
        ("Falta um quarto para as nove", "São 8:45"),
        ("Faltam dez pras nove, faltam vinte para as três", "São 8:50, são 2:40"),
        ("Das duas e meia às 3 e quinze", "Das 2:30 às 3:15"),
        ("ao meio-dia e meia", "ao 12:30"),
        ("Saiu às dez e vinte e um, não às dez e dezoito.", "Saiu às 10:21, não às 10:18."),
        ("São duas e três. Das duas e três irmãs", "São 2:03. Das duas e três irmãs"),
        ("à meia noite e trinta e cinco", "à 0:35"),
        ("O show é às 21h30, das 8h15 às 9h.", "O show é às 21:30, das 8:15 às 9h."),
        ("É 1h30, São 9h30", "É 1:30, São 9:30"),
        ("Aberto 9h–18h, 10h30-14h", "Aberto 9:00–18:00, 10:30-14:00"),
        ("Das 14h às 16h; 16h: café", "Das 14:00 às 16:00; 16:00: café"),
        ("das 9h às 18h, às 9h, às 20h", "das 9:00 às 18:00, às 9h, às 20:00"),
        ("das 14h de filme, dura 14h", "das 14h de filme, dura 14h"),
        ("O jogo é às vinte e uma e trinta.", "O jogo é às 21:30."),
        ("Das treze e quinze às dezenove e meia", "Das 13:15 às 19:30"),
        (
            "das vinte e cinco pessoas, as quinze horas",
            "das vinte e cinco pessoas, as quinze horas",
        ),
        ("Fico até às cinco hoje.", "Fico até às 5:00 hoje."),
    ],
)
def test_portuguese_times_become_figures(text: str, expected: str) -> None:
    assert said(text, "pt-BR") == expected


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("We met at nine restaurants, with ten to twelve people.", "en"),
        ("Half of it costs at 5.50, at 4:15, at eleventh hour.", "en"),
        ("It takes five to ten minutes; count from one to ten", "en"),
        ("at two fifteen-year-old trees", "en"),
        ("Vi as duas e comprei duas e meia dúzia.", "pt"),
        ("Dura duas horas e meia, até as cinco crianças", "pt"),
        ("dez e meia", "pt"),
        ("A viagem dura 2h30, e fica a 1h30 daqui.", "pt"),
        ("às 9h75, às 123h30", "pt"),
    ],
)
def test_what_counts_something_stays(text: str, language: str) -> None:
    assert said(text, language) == text


@pytest.mark.parametrize(
    ("text", "language", "place"),
    [
        ("Come at seven", "en", 5),
        ("Come at seven forty", "en", 5),
        ("Come at half past ", "en", 8),
        ("It is a quarter", "en", 6),
        ("We came by train", "en", None),
        ("Come at seven,", "en", None),
        ("Nos vemos às dez e ", "pt", 10),
        ("São quinze para", "pt", 0),
        ("Fico até as cinco", "pt", 5),
        ("Comprei dez", "pt", None),
    ],
)
def test_what_may_become_a_time_is_open(text: str, language: str, place: int | None) -> None:
    assert clock_times(text, language).open_from == place
    protected = protect(text, lambda _: True, rewording=clock_times(text, language))
    assert protected.open_from == place


def test_it_is_open_until_the_words_are_known_whatever_they_become() -> None:
    """Text before the open place is said in the same way however the text goes on."""
    whole = "We met at half past ten, then at nine people came at seven thirty sharp."
    ends = [index for index, c in enumerate(whole) if c == " "]
    for end in ends:
        text = whole[:end]
        place = clock_times(text, "en").open_from
        known = text if place is None else text[:place]
        inside = [each for each in clock_times(whole, "en").edits if each.end <= len(known)]
        assert said(known, "en") == rewrite(known, inside).text


WORDS = {
    "en": "at by from to past till until it's half a quarter one five ten twenty five-and thirty"
    " forty minutes people o'clock 6 12 45 , . tomorrow",
    "pt": "às à a as da até são faltam é uma duas dez vinte cinco e meia meio-dia meia-noite quinze"
    " para pras dúzia 3 11 9h30 1h30 9h , . hoje",
}


@given(st.sampled_from(sorted(WORDS)), st.data())
def test_a_text_that_is_not_looked_at_has_no_time(language: str, data: st.DataObject) -> None:
    words = data.draw(st.lists(st.sampled_from(WORDS[language].split()), max_size=8))
    text = " ".join(words)
    with pytest.MonkeyPatch.context() as patch:
        expected = clock_times(text, language)
        patch.setattr(clock, "_may_have_times", lambda *_: True)
        assert clock_times(text, language) == expected


def test_what_is_protected_goes_before_a_time() -> None:
    text = "Come at half past ten to {room}."
    start = text.index("half")
    term = Verbatim(start, start + len("half past ten"), "meia hora")
    times = clock_times(text, "en")
    assert protect(text, lambda _: True, [term], rewording=times).text == "Come at %1 to %2."
    assert protect(text, lambda _: True, rewording=times).text == "Come at 10:30 to %1."


def test_a_place_of_a_time_is_that_of_its_words() -> None:
    text = "See you at half past ten, Ann."
    protected = protect(text, lambda _: True, rewording=clock_times(text, "en"))
    assert protected.text == "See you at 10:30, Ann."
    place = protected.text.index("10:30")
    start, end = protected.rewritten.origin(place, place + 2)
    assert text[start:end] == "half past ten"
