"""Short forms of speech and chat, and what says nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.text.informal import informal
from translator.text.rewriting import rewrite

pytestmark = pytest.mark.unit


def said(text: str, language: str) -> str:
    return rewrite(text, informal(text, language)).text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Gimme a minute, pls.", "Give me a minute, please."),
        ("lemme see", "let me see"),
        ("'Cause I said so", "Because I said so"),
        ("Y’all are late ’cause it rained", "You all are late because it rained"),
        ("LEMME IN, PLEASE", "LET ME IN, PLEASE"),
        ("I ain't got time, it ain't fair", "I haven't got time, it isn't fair"),
        ("r u coming? See ya!", "are you coming? See you!"),
        ("w/ milk, w/o sugar b/c of Ana", "with milk, without sugar because of Ana"),
        ("How's it goin'? Nothin’ much", "How's it going? Nothing much"),
        ("Tell 'em omw", "Tell them on my way"),
        ("Friday @ 6", "Friday at 6"),
        ("Mr. & Mrs. Lee & Co, 5 @ $3", "Mr. and Mrs. Lee & Co, 5 at $3"),
        ("A set (11 pcs)", "A set (11 pieces)"),
        ("Write to a@b.c @ home, no one", None),
        # Fillers go with the commas around them.
        ("So, um, the budget is, uh, two", "So the budget is two"),
        ("um I think we should uh start", "I think we should start"),
        ("Um, we know. Uhm, yes.", "We know. Yes."),
        ("that is it, um", "that is it"),
        ("Um uh my role is, um, uh um, here um uh.", "My role is here."),
        # So does what is said again.
        ("I I think the, the the box is in in it it's", "I think the box is in it's"),
        ("very very good, that that is so so", "very very good, that that is so so"),
        ("in in-house a a-frame", "in in-house a a-frame"),
        ("the door, uh the gate, um.", "the door, the gate."),
        ("Um Kulthum sang. Um I think so. Um, Ana?", "Um Kulthum sang. I think so. Ana?"),
        # What is all of a text stays.
        ("Um.", "Um."),
        ("Uh, um…", "Uh, um…"),
        # Words that may be others, names and quotes.
        ("cos x and q, the IMO and a TB scan", "cos x and q, the IMO and a TB scan"),
        ("he said 'cause' and 'begin' to us", "he said 'cause' and 'begin' to us"),
        ("see, u and r are vectors", "see, u and r are vectors"),
        ("and/or, museum, uh-oh, Umm-Qasr", "and/or, museum, uh-oh, Umm-Qasr"),
        ("", ""),
    ],
)
def test_english(text: str, expected: str | None) -> None:
    assert said(text, "en-GB") == (text if expected is None else expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Qdo vc chega? Hj não dá", "Quando vc chega? Hoje não dá"),
        ("Tb quero, mto obg!", "Também quero, muito obrigado!"),
        ("Pq não veio? Não sei pq.", "Por que não veio? Não sei porque."),
        ("Envio p/ todo o Brasil, 12x s/ juros", "Envio para todo o Brasil, 12x sem juros"),
        ("Um café, se faz favor.", "Um café, por favor."),
        ("Tá com dor de cabeça?", "Tem dor de cabeça?"),
        ("Hum, deixa ver. É, ãhn, sim", "Deixa ver. É sim"),
        ("Eu eu acho que o o carro é da da Ana", "Eu acho que o carro é da Ana"),
        ("Me traz um café? Me liga depois.", "Pode me trazer um café? Ligue-me depois."),
        ("me dá dois minutos", "dê-me dois minutos"),
        ("Me dá medo. Ele me manda e-mails. Me deixa feliz.", None),
        ("Me disse que sim, me parece", None),
        ("ele para para pensar", "ele para para pensar"),
        ("se se mantiver, muito muito bom", "se se mantiver, muito muito bom"),
        ("Capa P/ Sofá C/ Zíper S/ Fio, 4 Pçs", "Capa Para Sofá Com Zíper Sem Fio, 4 Peças"),
        ("Disco de 2 tb e 1 TB", "Disco de 2 tb e 1 TB"),
        ("um dia, se faz, favor", "um dia, se faz, favor"),
        ("Hum…", "Hum…"),
    ],
)
def test_portuguese(text: str, expected: str | None) -> None:
    assert said(text, "pt-PT") == (expected or text)


def test_other_languages_stay() -> None:
    assert said("um pls tb", "de") == "um pls tb"


@given(st.text("um ,.'hUg/inwtb", max_size=40), st.sampled_from(["en", "pt"]))
def test_edits_are_in_order_and_leave_letters(text: str, language: str) -> None:
    reached = 0
    for edit in informal(text, language):
        assert reached <= edit.start < edit.end <= len(text)
        reached = edit.end
    assert any(map(str.isalpha, text)) == any(map(str.isalpha, said(text, language)))
