"""Given names that a model would change, and what takes their place meanwhile."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.text.detokenizer import TargetText
from translator.text.given_names import _NAMES, _STAND_INS, NO_STAND_INS, stand_ins
from translator.text.protection import Verbatim, protect
from translator.text.rewriting import rewrite

pytestmark = pytest.mark.unit


def said(text: str, language: str) -> str:
    return rewrite(text, stand_ins(text, language).edits).text


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("pt", "Falei com Paulo e a Maria.", "Falei com Ricardo e a Fernanda."),
        ("pt-BR", "João Pedro, o João saiu.", "Ricardo Roberto, o Ricardo saiu."),
        ("en", "Peter's wife Mary called.", "Kevin's wife Jennifer called."),
        ("en-GB", "Kevin met Paul", "Kevin met Brian"),
        ("en", "Will said that Joy and June can't come.",
         "Kevin said that Jennifer and Melissa can't come."),
        ("pt", "falei com paulo e a maria", "falei com Ricardo e a Fernanda"),
        ("pt", "O Domingos e a Glória vêm.", "O Ricardo e a Fernanda vêm."),
    ],
)  # fmt: skip
def test_a_name_gets_a_stand_in_of_its_gender(language: str, text: str, expected: str) -> None:
    assert said(text, language) == expected


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("pt", "São Paulo, Santa Catarina e o rei Luís"),
        ("pt", "O Papa João Paulo II e D. Pedro II"),
        ("pt", "Cristóvão Colombo, Júlio V, Alexandre, o Grande"),
        ("pt", "Paulo escreveu aos coríntios. Jesus e Pedro"),
        ("pt", "O pedro, PEDRO, Pedrosa, Ana-Maria"),
        ("pt", "os marcos da estrada"),
        ("en", "St. Paul, Saint Peter, King John, Pope Francis"),
        ("en", "Peter the Great, Francis of Assisi, John Paul II, Matthew 5:3"),
        ("en", "The Gospel of Luke: Mary and Joseph"),
        ("en", "Will you come in June? Joy is what I hope for. The Will of the people"),
        ("pt", "Aos Domingos, a Graça de Deus. Glória a ela"),
        ("de", "Paul und Mary"),
    ],
)
def test_what_is_no_given_name_stays(language: str, text: str) -> None:
    assert stand_ins(text, language).edits == ()


def test_more_names_than_stand_ins_are_left_to_the_model() -> None:
    names = [name for name, gender in _NAMES["pt"].items() if gender == 0]
    found = stand_ins(", ".join(names), "pt")
    assert len(found.edits) == len(_STAND_INS["pt"][0]) == len(set(found.names))


def test_a_name_at_the_end_may_go_on() -> None:
    assert stand_ins("Veio o João", "pt").open_from == 7
    assert stand_ins("Veio o João Paulo", "pt").open_from == 7
    assert stand_ins("Veio o João hoje", "pt").open_from is None
    assert stand_ins("Veio o João.", "pt").open_from is None


def test_no_stand_in_is_a_name_that_needs_one() -> None:
    for language, rows in _STAND_INS.items():
        for gender, row in enumerate(rows):
            assert len(set(row)) == len(row)
            assert _NAMES[language].keys().isdisjoint(row)
            assert gender in _NAMES[language].values()


def test_the_translation_gets_the_names_back() -> None:
    text = "Falei com Paulo. A Maria e o Paulo concordam."
    protected = protect(text, str.isprintable, stand_ins=stand_ins(text, "pt"))
    assert protected.text == "Falei com Ricardo. A Fernanda e o Ricardo concordam."
    assert protected.is_rewritten
    raw = TargetText("I spoke to Ricardo. Fernanda and Ricardo's boss.", ())
    target = protected.restored(raw).text
    assert target == "I spoke to Paulo. Maria and Paulo's boss."
    assert protected.concealed(target) == raw.text


def test_what_a_glossary_says_of_a_name_goes_first() -> None:
    text = "Falei com Paulo."
    found = stand_ins(text, "pt")
    protected = protect(text, str.isprintable, [Verbatim(10, 15, "Paul")], stand_ins=found)
    assert [mask.text for mask in protected.masks] == ["Paul"]
    assert "Ricardo" not in protected.text


@given(st.text(alphabet="PauloMri a.,IV\n", max_size=60), st.sampled_from(["pt", "en"]))
def test_any_text_is_as_it_was_once_the_names_are_back(text: str, language: str) -> None:
    found = stand_ins(text, language)
    protected = protect(text, lambda _: True, stand_ins=found)
    if not protected.masks:
        assert protected.restored(TargetText(protected.text, ())).text == text
    assert (found == NO_STAND_INS) == (not found.edits)
