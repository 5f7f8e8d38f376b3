"""The examples of docs/python-client.md run."""

import re
from pathlib import Path

import pytest

from tests.contract.scripted_server import ServerThread, upper
from translator.v1.translate_pb2 import TranslateRequest, TranslateResponse, Translation

pytestmark = pytest.mark.contract

PAGE = Path(__file__).parents[2] / "docs" / "python-client.md"
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
EXPECTED = [
    "pt 1:  SHALL WE BEGIN?[]",
    "",
    "GOOD MORNING, EVERYONE.",
    "WHERE IS THE STATION?",
    "S-2 TWO COTTON SHIRTS",
    "",
    "",
    "",
    "connecting to 127.0.0.1:",
    "",
    "",
    "IS THIS SEAT FREE?",
]


def translate(request: TranslateRequest) -> TranslateResponse:
    texts = [text.upper() for text in request.texts]
    return TranslateResponse(translations=[Translation(text=text) for text in texts])


@pytest.mark.parametrize(("example", "expected"), [*zip(EXAMPLES, EXPECTED, strict=True)])
def test_an_example_runs(example: str, expected: str, capsys: pytest.CaptureFixture[str]) -> None:
    with ServerThread(upper()) as server:
        server.translate = translate
        code = example.replace("localhost:50051", server.address)
        exec(compile(code, PAGE.name, "exec"), {"__name__": "__main__"})  # noqa: S102
    assert expected in capsys.readouterr().out
