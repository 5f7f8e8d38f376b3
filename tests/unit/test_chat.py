"""A chat as a translation: what of it is the text, and how it is told when it breaks off."""

import json
from collections.abc import AsyncGenerator

import pytest

from translator.errors import ConnectionLostError, TranslatorError
from translator.fronts.openai.chat import until_error, without_instruction
from translator.fronts.openai.front import event_stream

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Translate to German:\n\nOne.", "One."),
        ("  TRANSLATE from A to B, please: \r\n\t\r\nOne.\n\nTwo.", "One.\n\nTwo."),
        # Anything else is text.
        ("Translate to German:\nOne.", "Translate to German:\nOne."),
        ("Translate to German\n\nOne.", "Translate to German\n\nOne."),
        ("Translated:\n\nOne.", "Translated:\n\nOne."),
        ("She said:\n\nOne.", "She said:\n\nOne."),
        ("Translate:\n\n", "Translate:\n\n"),
        ("One.\n\nTranslate:\n\nTwo.", "One.\n\nTranslate:\n\nTwo."),
        ("", ""),
    ],
)
def test_only_an_instruction_is_left_out(text: str, expected: str) -> None:
    assert without_instruction(text) == expected


async def broken(error: Exception) -> AsyncGenerator[str]:
    yield "Two."
    raise error


@pytest.mark.parametrize(
    ("error", "says"),
    [(ConnectionLostError("no server"), "no server"), (KeyError("a word"), "an error of this")],
)
async def test_what_breaks_off_says_so_and_is_not_done(
    error: Exception, says: str, caplog: pytest.LogCaptureFixture
) -> None:
    pieces = [piece async for piece in until_error("One.", broken(error))]
    assert pieces[:2] == ["One.", "Two."]
    assert isinstance(pieces[2], TranslatorError)
    assert "a word" not in caplog.text
    told = [each async for each in event_stream(until_error("One.", broken(error)), {}, 4, True)]
    last = json.loads(told[-1].removeprefix("data: "))
    assert says in last["error"]["message"]
    assert not any("[DONE]" in each or '"stop"' in each for each in told)
