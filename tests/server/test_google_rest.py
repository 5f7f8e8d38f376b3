"""Google Translation's API, v2, over a real socket."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.server.fronts import Fronts, fronts, models
from translator.fronts.google_rest.front import Google
from translator.languages.detection import FastTextDetector
from translator.testing import serve_in_process

pytestmark = pytest.mark.server

FORM = "application/x-www-form-urlencoded"
PATH = "/language/translate/v2"


@pytest.fixture
async def front() -> AsyncIterator[Fronts]:
    async with serve_in_process(models=models(), detector=FastTextDetector()) as server:
        async with fronts(server.address, served=[Google]) as running:
            yield running


def translated(reply: Any) -> list[str]:
    return [each["translatedText"] for each in reply.json["data"]["translations"]]


async def test_fields_come_in_any_way(front: Fronts) -> None:
    pair = {"source": "en", "target": "pt"}
    assert translated(await front.ask(PATH, {"q": "One.", **pair})) == ["ONE."]
    assert translated(await front.ask(PATH, {"q": ["One.", "Two."], **pair})) == ["ONE.", "TWO."]
    assert translated(await front.ask(PATH, {"q": [], **pair})) == []
    form = "q=One.&q=Two.&source=en&target=pt&format=text"
    assert translated(await front.ask(PATH, form, FORM)) == ["ONE.", "TWO."]
    assert translated(await front.ask(f"{PATH}?{form}&key=any")) == ["ONE.", "TWO."]
    split = await front.ask(f"{PATH}?key=any&target=pt", "q=One.&source=en", FORM)
    assert translated(split) == ["ONE."]
    # What the address says goes before the body.
    body = {"q": ["One."], "source": "en", "target": 5, "key": 5, "format": []}
    assert translated(await front.ask(f"{PATH}?key=a&target=pt&format=text", body)) == ["ONE."]


async def test_a_text_is_html_unless_it_says_that_it_is_none(front: Fronts) -> None:
    text = "It's <b title='a > b.'>\"red\"</b> & <i>Tom &amp; Ann</i> here."
    asked = {"q": text, "source": "en", "target": "pt"}
    [found] = translated(await front.ask(PATH, asked))
    assert found.startswith("IT&#39;S <b title='A ")
    assert found.endswith("'>&quot;RED&quot;</b> &amp; <i>TOM &amp; ANN</i> HERE.")
    # HTML that is declared as text is text; a field of another protocol is none here.
    asked |= {"format": "text", "q": 'It\'s <b>"A"</b> & B.', "text": "Two."}
    assert translated(await front.ask(PATH, asked)) == ['IT\'S <b>"A"</b> & B.']


async def test_a_language_is_detected_and_told(front: Fronts) -> None:
    asked: dict[str, Any] = {"q": ["Bom dia a todos, pessoal.", "12:30"], "target": "en"}
    found = (await front.ask(PATH, asked | {"model": "nmt"})).json["data"]["translations"]
    assert [each["detectedSourceLanguage"] for each in found] == ["pt", "en"]
    assert {each["model"] for each in found} == {"nmt"}
    told = (await front.ask(f"{PATH}/detect", asked)).json["data"]["detections"]
    assert [len(each) for each in told] == [1, 1]
    assert [each[0]["language"] for each in told] == ["pt", "und"]


async def test_languages_that_are_served(front: Fronts) -> None:
    told = (await front.ask(f"{PATH}/languages")).json
    assert told == {"data": {"languages": [{"language": code} for code in ("de", "en", "pt")]}}
    named = (await front.ask(f"{PATH}/languages?target=en")).json["data"]["languages"]
    assert named[0] == {"language": "de", "name": "German"}


BAD: list[tuple[object, str, int, str, str]] = [
    ({"target": "pt"}, "", 400, "required", "Required Text"),
    ({"q": "a"}, "", 400, "required", "target"),
    ({"q": 5, "target": "pt"}, "", 400, "invalid", "q: a string"),
    ({"q": [["a"]], "target": "pt"}, "", 400, "invalid", "q: a string"),
    ({"q": "a", "target": 5}, "", 400, "invalid", "target: a string"),
    ({"q": "a", "target": "fr"}, "", 400, "invalid", "fr is not supported"),
    ({"q": "a", "source": "xx", "target": "pt"}, "", 400, "invalid", "xx is not supported"),
    ({"q": "a", "target": "p t"}, "", 400, "invalid", "target: is 'p t'"),
    ({"q": "a", "target": "pt", "format": "pdf"}, "", 400, "invalid", "not html or text"),
    ({"q": ["a"] * 129, "source": "en", "target": "pt"}, "", 400, "invalid", "q: has 129 texts"),
    ({"q": "\ud800", "target": "pt"}, "", 400, "invalid", "surrogate"),
    ("{", "", 400, "invalid", "not valid JSON"),
    ("[1]", "", 400, "invalid", "no JSON object"),
    ("q=a", "text/plain", 415, "unsupportedMediaType", "text/plain"),
    ("x" * (5 << 20), "", 413, "uploadTooLarge", "too large"),
]


async def test_what_is_not_valid_is_told_as_this_protocol_does(front: Fronts) -> None:
    for body, kind, code, reason, says in BAD:
        reply = await front.ask(PATH, body, kind or "application/json")  # type: ignore[arg-type]
        told = reply.json["error"]
        assert (reply.code, told["code"]) == (code, code), body
        assert set(told) == {"code", "message", "errors", "status"}
        assert told["errors"] == [
            {"message": told["message"], "domain": "global", "reason": reason}
        ]
        assert says in told["message"]
        assert "Traceback" not in told["message"]
    assert (await front.ask(f"{PATH}/glossaries")).json["error"]["code"] == 404
    assert (await front.ask(PATH, method="DELETE")).json["error"]["code"] == 405
