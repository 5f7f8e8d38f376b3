"""Idioms in plain words, and what is meant as it says."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.text import product_words as goods
from translator.text.idioms import _EN, _PT, IDIOMS
from translator.text.product_words import PRODUCT_WORDS
from translator.text.rewordings import rewordings
from translator.text.rewriting import rewrite

pytestmark = pytest.mark.unit


def said(text: str, language: str) -> str:
    return rewrite(text, IDIOMS.find(text, language)).text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I don't know that off the top of my head.", "I don't know that right now."),
        ("Off the  top of my head, two.", "Right now, two."),
        ("LONG STORY SHORT, WE WON", "IN SHORT, WE WON"),
        ("Send it by EOD, please.", "Send it by the end of the day, please."),
        ("I’m OOO until May", "I'm out of the office until May"),
        ("Heads up: we moved.", "Attention: we moved."),
        ("Give me a heads up. Heads up, Tom!", "Warn me. Attention, Tom!"),
        ("Going forward, ask first.", "From now on, ask first."),
        ("To make a long story short, we won.", "In short, we won."),
        ("It was a piece of cake, hands down.", "It was very easy, hands down."),
        ("Please mute yourself. I muted the chat in the last minutes.",
         "Please turn off your microphone. I silenced the chat in the last minutes."),
        ("Email me the minutes by noon. Give me the minutes and seconds.",
         "Email me the meeting minutes by noon. Give me the minutes and seconds."),
        ("They went out of the blue. It cost me an arm and a leg!",
         "They went suddenly. It cost me a fortune!"),
    ],
)  # fmt: skip
def test_english(text: str, expected: str) -> None:
    assert said(text, "en-GB") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Valeu, pessoal, até amanhã!", "Obrigado a todos, até amanhã!"),
        ("Tem como adiantar?", "É possível adiantar?"),
        ("Ele é muito cara de pau.", "Ele é muito sem-vergonha."),
        ("Só agora caiu a ficha", "Só agora entendi"),
        ("A CONTA VENCE HOJE", "A CONTA EXPIRA HOJE"),
        ("Sei lá, talvez. Eu sei lá, viu", "Não sei, talvez. Eu sei lá, viu"),
        ("Daqui a pouco eu ligo", "Em breve eu ligo"),
        ("Quem ficou de mandar? Ele ficou de pé.", "Quem prometeu mandar? Ele ficou de pé."),
    ],
)
def test_portuguese(text: str, expected: str) -> None:
    assert said(text, "pt-BR") == expected


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("I'd like a piece of cake.", "en"),
        ("Walk out of the blue house on the same page of the map.", "en"),
        ("We missed the boat to Capri; he lives down the road.", "en"),
        ("Keep moving forward, and look at the food on my plate.", "en"),
        ("Two heads up there, on the house, over the moon.", "en"),
        ("A car ran into him; he nailed it to the wall; oil in the pipeline.", "en"),
        ("He cut corners of paper; the bear with me is a toy; they hit the road sign.", "en"),
        ("It fell through the roof, the plan fell through the cracks, and I'm broke again.", "en"),
        ("Our server is down the hall. Wash it in hot water with soap.", "en"),
        ("He rings a bell. Overhead upkeep, behind scheduled trains.", "en"),
        ("O projeto tem como objetivo crescer.", "pt"),
        ("O Flamengo vence hoje; ele sabe encher o saco de arroz.", "pt"),
        ("Tudo bem por aí? Ela passa lá em casa todo dia.", "pt"),
        ("Quem sabe responder? Os olhos da cara dele.", "pt"),
        ("off the top of my head", "de"),
        ("", "en"),
    ],
)
def test_what_is_meant_as_it_says_stays(text: str, language: str) -> None:
    assert said(text, language) == text


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Throw Pillow Cover", "en", "Cushion Cover"),
        ("Gaming Mouse Pad, 2 Soft Throw Blankets", "en", "Gaming mat for Mouse, 2 Soft Blankets"),
        ("2 NAIL POLISHES, RED NAIL POLISH", "en", "2 NAIL POLISHES, RED FINGERNAIL VARNISH"),
        (
            "Robot vacuum cleaner, hand vacuum",
            "en",
            "Robot vacuum cleaner, portable vacuum cleaner",
        ),
        (
            "Cômoda 5 gavetas, cadeira cômoda 2",
            "pt",
            "Armário de gavetas 5 gavetas, cadeira cômoda 2",
        ),
        (
            "Jogo de cama e mesa. Jogo de cama",
            "pt",
            "Jogo de cama e mesa. Conjunto de roupa de cama",
        ),
    ],
)
def test_names_of_goods(text: str, language: str, expected: str) -> None:
    assert rewrite(text, PRODUCT_WORDS.find(text, language)).text == expected


@pytest.mark.parametrize(
    ("lines", "language"),
    [(_EN, "en"), (_PT, "pt"), (goods._EN, "en"), (goods._PT, "pt")],
)
def test_every_expression_is_found_and_stands_for_no_other(lines: str, language: str) -> None:
    find = (IDIOMS if lines in (_EN, _PT) else PRODUCT_WORDS).find
    forms = [line.rpartition(" = ")[0] for line in lines.strip().splitlines()]
    assert len(set(forms)) == len(forms)
    for line in lines.strip().splitlines():
        form, _, plain = line.rpartition(" = ")
        text = form.removeprefix("^").partition("(?")[0]
        if r"\w" in form:
            text += " fazer"
        elif r"\d" in form:
            text += " 5"
        elif "[:," in form:
            text += ","
        elif form.endswith("(?= )"):
            text += " "
        found = rewrite(text, find(text, language)).text
        assert found.lower().startswith(plain.lower()), form
        assert rewrite(found, find(found, language)).text == found, form


@given(st.text(alphabet="abdefhilnoprstu' ,.", max_size=60), st.sampled_from(["en", "pt"]))
def test_any_text_is_reworded_in_order(text: str, language: str) -> None:
    edits = rewordings(f"Off the top of my head {text} by EOD", language).edits
    assert all(before.end <= after.start for before, after in pairwise(edits))
