"""The embedded models in the variety that a client names, in a text and in a stream."""

from collections.abc import Iterator

import pytest

from translator.local import Translator

pytestmark = pytest.mark.model

TEXT = "The user missed the bus. Her screen is broken."


@pytest.fixture(scope="module")
def local() -> Iterator[Translator]:
    with Translator() as translator:
        yield translator


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("pt", "O usuário perdeu o ônibus. Sua tela está quebrada."),
        ("pt-BR", "O usuário perdeu o ônibus. Sua tela está quebrada."),
        ("pt-PT", "O utilizador perdeu o autocarro. O seu ecrã está quebrado."),
    ],
)
def test_portuguese(target: str, said: str, local: Translator) -> None:
    assert local.translate(TEXT, source="en", target=target).text == said


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("en", "The color of the center is gray."),
        ("en-US", "The color of the center is gray."),
        ("en-GB", "The colour of the centre is grey."),
    ],
)
def test_english(target: str, said: str, local: Translator) -> None:
    assert local.translate("A cor do centro é cinza.", source="pt", target=target).text == said


def test_a_stream_commits_the_words_of_the_region(local: Translator) -> None:
    with local.stream(source="en", targets=["pt-PT"]) as stream:
        for word in TEXT.split(" "):
            stream.send(f"{word} ")
        stream.end()
        said = stream.transcript("pt-PT")
    assert said == "O utilizador perdeu o autocarro. O seu ecrã está quebrado."
