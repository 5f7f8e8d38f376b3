"""Translations as Brazil or Portugal writes them, the United States or Britain."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.text.detokenizer import TargetText
from translator.text.varieties import in_variety, variety_of

pytestmark = pytest.mark.unit


def written(tag: str, text: str, source: str = "") -> str:
    return in_variety(TargetText(text, (len(text),)), tag, source).text


@pytest.mark.parametrize(
    ("european", "brazilian"),
    [
        ("O utilizador confirma o registo.", "O usuário confirma o registro."),
        ("Os autocarros e o camião pararam.", "Os ônibus e o caminhão pararam."),
        ("A equipa planeia o jogo.", "A equipe planeja o jogo."),
        ("Planeia a receção.", "Planeja a recepção."),
        ("O contacto é húmido.", "O contato é úmido."),
        ("É económico e único.", "É econômico e único."),
        ("A infeção e o respetivo aspeto.", "A infecção e o respectivo aspecto."),
        ("Partilhe o ficheiro connosco.", "Compartilhe o arquivo conosco."),
        ("Custa 37 mil milhões de euros.", "Custa 37 bilhões de euros."),
        ("Mil milhões de pessoas.", "Um bilhão de pessoas."),
        ("Estamos a trabalhar e está a compor.", "Estamos trabalhando e está compondo."),
        ("Está a preparar-se.", "Está se preparando."),
        ("A BEBÉ TEM DEZASSEIS MESES.", "A BEBÊ TEM DEZESSEIS MESES."),
        ("Vou a Moscovo e a Nova Iorque.", "Vou a Moscou e a Nova York."),
        ("Onde fica a casa de banho?", "Onde fica o banheiro?"),
        ("Está na casa de banho nova.", "Está no banheiro novo."),
        ("Quem acedeu aos dados?", "Quem acessou os dados?"),
        ("Aceda à conta.", "Acesse a conta."),
        ("A ementa está aberta.", "O cardápio está aberto."),
    ],
)
def test_each_side_becomes_the_other(european: str, brazilian: str) -> None:
    source = "the team shares the file and the menu"
    assert written("pt-BR", european, source) == brazilian
    assert written("pt-PT", brazilian, source) == european


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("O sorvete está gelado.", "The ice is frozen."),
        ("Eles irão amanhã.", "They will go tomorrow."),
        ("Eu controlo o robô.", "I control the robot."),
        ("Eu o controlo.", "I control it."),
        ("Ele equipa a cozinha.", "He equips the kitchen."),
    ],
)
def test_a_word_with_another_meaning_stays_in_brazil(text: str, source: str) -> None:
    assert written("pt-BR", text, source) == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("A acção do Governo em Outubro foi óptima.", "A ação do Governo em outubro foi ótima."),
        ("O projecto exacto da electricidade.", "O projeto exato da eletricidade."),
        ("Planeámos e contactámos.", "Planejamos e contatamos."),
        ("A facturação está em secretárias.", "O faturamento está em secretárias."),
        ("Nenhuma cor do ecrã é bonita.", "Nenhuma cor da tela é bonita."),
        ("Moro no Rio de Janeiro.", "Moro no Rio de Janeiro."),
        ("Uma idéia freqüente que eles vêem.", "Uma ideia frequente que eles veem."),
        # These are said so there.
        ("A detecção da infecção, um fato.", "A detecção da infecção, um fato."),
        ("Onde está a mulher? Está a par.", "Onde está a mulher? Está a par."),
        ("O planeta e a planta.", "O planeta e a planta."),
    ],
)
def test_old_spelling_is_that_of_brazil_today(text: str, said: str) -> None:
    assert written("pt-BR", text) == said


@pytest.mark.parametrize(
    ("text", "said", "source"),
    [
        ("Minha tela está quebrada.", "O meu ecrã está quebrado.", "My screen is broken."),
        ("A tela de Van Gogh.", "A tela de Van Gogh.", "The canvas by Van Gogh."),
        ("Ele usa um terno azul.", "Ele usa um fato azul.", "He wears a blue suit."),
        ("É um fato.", "É um facto.", "It is a fact."),
        ("Abra o arquivo.", "Abra o ficheiro.", "Open the file."),
        ("O arquivo nacional.", "O arquivo nacional.", "The national archive."),
        ("Ela está dirigindo.", "Ela está a conduzir.", "She is driving."),
        ("Me liga amanhã.", "Liga-me amanhã.", ""),
        ("Eu te amo.", "Eu amo-te.", ""),
        ("Ele se chama João.", "Ele chama-se João.", ""),
        ("Eu não te amo.", "Eu não te amo.", ""),
        ("Meu Deus! Minha filha, vem cá.", "Meu Deus! Minha filha, vem cá.", ""),
        ("Minha filha vem cá.", "A minha filha vem cá.", ""),
        ("Ele acessou o site.", "Ele acedeu ao site.", ""),
        ("Em uma semana.", "Numa semana.", ""),
        ("O controle remoto; controle a febre.", "O controlo remoto; controle a febre.", ""),
        ("A fêmea e o estômago.", "A fêmea e o estômago.", ""),
        ("Ela está linda, ele está lindo.", "Ela está linda, ele está lindo.", ""),
        ("A escritora Antônia.", "A escritora Antónia.", "The writer Antonia."),
        ("A escritora Antônia.", "A escritora Antônia.", "The writer Antônia."),
    ],
)
def test_portugal(text: str, said: str, source: str) -> None:
    assert written("pt-PT", text, source) == said
    assert written("pt-AO", text, source) == said


@pytest.mark.parametrize(
    ("american", "british"),
    [
        ("The color of my favorite theater.", "The colour of my favourite theatre."),
        ("We organized and analyzed it.", "We organised and analysed it."),
        ("The organization canceled it.", "The organisation cancelled it."),
        ("A traveler in gray pajamas.", "A traveller in grey pyjamas."),
        ("A skeptical defense of jewelry.", "A sceptical defence of jewellery."),
        ("Five kilometers from the center.", "Five kilometres from the centre."),
        ("COLOR", "COLOUR"),
    ],
)
def test_english(american: str, british: str) -> None:
    assert written("en-GB", american) == british
    assert written("en-AU", american) == british
    assert written("en-US", british) == american


@pytest.mark.parametrize(
    "text",
    [
        "The size of the prize, seized by surprise.",
        "Advertise, exercise, promise and compromise; analyses and crises.",
        "A humorous, honorary, vigorous laboratory; humoral, immunocompromised.",
        "She lives near Pearl Harbor and votes for the Labour Party.",
        "Judgment of the program: check the meter and the tire.",
    ],
)
def test_english_that_is_the_same_on_both_sides(text: str) -> None:
    assert written("en-GB", text) == written("en-US", text) == text


def test_the_source_tells_what_an_english_word_means() -> None:
    assert written("en-GB", "It is ten meters.", "São dez metros.") == "It is ten metres."
    assert written("en-GB", "Two tires.", "Dois pneus.") == "Two tyres."
    assert written("en-GB", "He tires soon.", "Ele cansa cedo.") == "He tires soon."


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("I want to practice.", "I want to practise."),
        ("The practice is open.", "The practice is open."),
        ("A license to kill.", "A licence to kill."),
        ("They license it.", "They license it."),
    ],
)
def test_in_britain_the_part_of_speech_counts(text: str, said: str) -> None:
    assert written("en-GB", text) == said


@pytest.mark.parametrize("tag", ["pt", "en", "en-CA", "de-AT", "", "pt-419"])
def test_a_region_that_is_not_known_changes_nothing(tag: str) -> None:
    for text in ("O utilizador está a trabalhar.", "The colour of the center."):
        assert written(tag, text) == text


@pytest.mark.parametrize(
    ("texts", "variety"),
    [
        (["O utilizador está a trabalhar.", "Bom dia."], "pt-PT"),
        (["O usuário está trabalhando.", "Bom dia."], "pt-BR"),
        # Of both, and of none.
        (["O utilizador está a trabalhar.", "O usuário está trabalhando."], ""),
        (["Bom dia."], "pt-BR"),
    ],
)
def test_translations_tell_their_variety(texts: list[str], variety: str) -> None:
    pairs = [("", text) for text in texts]
    assert variety_of(pairs, "pt", "pt-BR") == variety
    assert variety_of(pairs, "de") == ""


def of_words(text: str) -> TargetText:
    """A text with a token for each word."""
    ends = [end for end in range(1, len(text) + 1) if text[end : end + 1] in (" ", "")]
    return TargetText(text, tuple(ends))


def test_what_is_committed_stays_and_the_rest_fits_it() -> None:
    source = "My screen is broken."
    said = of_words("A tela está quebrada.")
    # The article went out before its noun was known.
    kept = in_variety(said, "pt-PT", source, "A", 1)
    assert kept.text == "A tela está quebrada."
    # So did the noun.
    kept = in_variety(said, "pt-PT", source, "O ecrã", 2).after("O ecrã", 2)
    assert kept.text == "O ecrã está quebrado."


def test_each_word_keeps_its_tokens() -> None:
    said = in_variety(of_words("Fica na geladeira nova do pedágio."), "pt-PT", "")
    assert said.text == "Fica no frigorífico novo da portagem."
    ends = [said.text[:end].split()[-1] for end in said.token_ends]
    assert ends == ["Fica", "no", "frigorífico", "novo", "da", "portagem."]


PARTS = st.sampled_from(
    [
        *[
            "a tela",
            "está quebrada",
            "os ônibus estão se movendo",
            "em uma",
            "geladeira",
            "controle",
        ],
        *["cafés da manhã", "no banheiro", "Me disse", "um bilhão de", "ponto de ônibus.", "o"],
    ]
)


@given(st.lists(PARTS, max_size=6), st.integers(0, 20))
def test_text_only_grows_behind_what_is_committed(parts: list[str], count: int) -> None:
    said = of_words(" ".join(parts))
    count = min(count, len(said.token_ends))
    first = in_variety(said, "pt-PT", "screen")
    committed = first.text[: first.token_ends[count - 1]] if count else ""
    later = in_variety(said, "pt-PT", "screen", committed, count).after(committed, count)
    assert later.text.startswith(committed)
    assert list(later.token_ends) == sorted(later.token_ends)
    assert later.token_ends[-1:] == ((len(later.text),) if parts else ())


@given(
    st.text(alphabet="aáãceéêiíoóôntsdmrbuzlh -,.AEOM", max_size=60),
    st.sampled_from(["pt-BR", "pt-PT", "en-US", "en-GB"]),
)
def test_any_text_keeps_its_tokens(text: str, tag: str) -> None:
    said = of_words(text) if text else TargetText("", ())
    written = in_variety(said, tag, text)
    assert len(written.token_ends) == len(said.token_ends)
    assert list(written.token_ends) == sorted(written.token_ends)
    assert written.token_ends[-1:] == ((len(written.text),) if text else ())
