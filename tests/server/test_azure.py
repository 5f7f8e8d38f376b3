"""Azure Translator's API, versions 3.0 and 2026-06-06, over a real socket."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.server.fronts import Fronts, fronts, models
from translator.fronts.azure.front import Azure
from translator.fronts.libretranslate.front import LibreTranslate
from translator.languages.detection import FastTextDetector
from translator.testing import serve_in_process

pytestmark = pytest.mark.server

V3 = "?api-version=3.0"
NOW = "?api-version=2026-06-06"


@pytest.fixture
async def front() -> AsyncIterator[Fronts]:
    async with serve_in_process(models=models(), detector=FastTextDetector()) as server:
        async with fronts(server.address, served=[LibreTranslate, Azure]) as running:
            yield running


def inputs(*texts: str, to: str = "pt", **more: Any) -> dict[str, Any]:
    return {"inputs": [{"text": text, "targets": [{"language": to}], **more} for text in texts]}


async def test_texts_go_into_several_languages(front: Fronts) -> None:
    asked = [{"Text": "Good morning."}, {"text": "Two."}]
    reply = await front.ask(f"/translate{V3}&from=en&to=pt&to=de&to=pt", asked)
    assert [[each["to"] for each in item["translations"]] for item in reply.json] == [
        ["pt", "de", "pt"]
    ] * 2
    assert {each["text"] for each in reply.json[0]["translations"]} == {"GOOD MORNING."}
    assert "detectedLanguage" not in reply.json[0]
    assert len(reply.headers["x-requestid"]) == 36
    assert reply.headers["x-metered-usage"] == str(2 * len("Good morning.Two."))
    # Each text has languages and a type of its own in the version after it.
    body = inputs("<b>one</b> day.", "<b>Day</b>.", language="en", q="Two.")
    body["inputs"][1] |= {"textType": "Html", "targets": [{"language": "de", "tone": "formal"}]}
    body["inputs"].append({"text": "Bom dia a todos, pessoal.", "targets": [{"language": "en"}]})
    told = (await front.ask(f"/translate{NOW}", body)).json["value"]
    assert told[0] == {
        "translations": [{"language": "pt", "text": "<b>ONE</b> DAY.", "sourceCharacters": 15}]
    }
    assert told[1]["translations"][0] == {
        "language": "de", "text": "<b>DAY</b>.", "sourceCharacters": 11,
    }  # fmt: skip
    assert told[2]["detectedLanguage"]["language"] == "pt"
    assert (await front.ask(f"/translate{V3}&to=pt", [])).json == []


async def test_languages_are_detected(front: Fronts) -> None:
    asked = [{"Text": "Bom dia a todos, pessoal."}, {"Text": "12:30"}]
    reply = (await front.ask(f"/translate{V3}&to=en", asked)).json
    assert [each["detectedLanguage"]["language"] for each in reply] == ["pt", "en"]
    assert reply[0]["detectedLanguage"]["score"] > 0.5
    assert reply[1]["detectedLanguage"]["score"] == 0
    suggested = (await front.ask(f"/translate{V3}&to=en&suggestedFrom=pt", asked)).json
    assert suggested[1]["detectedLanguage"] == {"language": "pt", "score": 0.0}
    [found] = (await front.ask(f"/detect{V3}", asked[:1])).json
    assert (found["language"], found["isTranslationSupported"]) == ("pt", True)


async def test_alignments_and_terms(front: Fronts) -> None:
    asked = [{"Text": "🎉 Good day."}]
    address = f"/translate{V3}&from=en&to=pt&includeAlignment=true"
    [item] = (await front.ask(address, asked)).json
    # Positions count UTF-16, and the last of a range is in it.
    assert item["translations"][0]["alignment"] == {"proj": "0:1-0:1 3:6-3:6 8:10-8:10 11:11-11:11"}
    [item] = (await front.ask(f"{address}&textType=html", [{"Text": "<b>One</b>"}])).json
    assert item["translations"][0]["alignment"] == {"proj": ""}
    term = "<mstrans:dictionary translation='Palavra{}'>Word</mstrans:dictionary>"
    texts = [f"The name {term.format(1)} is.", f"A {term.format(2)} is.", "A Word is."]
    asked = [{"Text": text} for text in texts]
    found = (await front.ask(f"/translate{V3}&from=en&to=pt", asked)).json
    assert [each["translations"][0]["text"] for each in found] == [
        "THE NAME Palavra1 IS.", "A Palavra2 IS.", "A WORD IS.",
    ]  # fmt: skip
    page = '<p>The <mstrans:dictionary translation="A &amp; B">C &amp; D</mstrans:dictionary>.</p>'
    body = inputs(page, language="en", textType="html")
    told = (await front.ask(f"/translate{NOW}", body)).json["value"]
    assert told[0]["translations"][0]["text"] == "<p>THE A &amp; B.</p>"


async def test_how_long_sentences_are(front: Fronts) -> None:
    address = f"/translate{V3}&to=pt&includeSentenceLength=true"
    texts = ["Who is 🎉 it? It is Dr. Tall.\nAll of you.", "12:30", "", "One day"]
    found = (await front.ask(address, [{"Text": text} for text in texts])).json
    [told], *others = [item["translations"] for item in found]
    # They count UTF-16, white space after a sentence is its own, and all of a text is in one.
    assert told["sentLen"] == {"srcSentLen": [14, 16, 11], "transSentLen": [14, 16, 11]}
    for [each], text in zip(others, texts[1:], strict=True):
        # The fake model marks where its source goes on.
        lengths = {"srcSentLen": [len(text)], "transSentLen": [len(each["text"])]}
        assert each["sentLen"] == lengths
    assert "alignment" not in told
    page = (await front.ask(f"{address}&textType=html", [{"Text": "<b>One.</b> Two."}])).json
    assert "sentLen" not in page[0]["translations"][0]
    # Alone.
    asked = [{"Text": "Bom dia a todos. Onde fica a estação?"}, {"Text": "Onde?"}]
    first, second = (await front.ask(f"/breaksentence{V3}", asked)).json
    assert first["sentLen"] == [17, 20]
    assert first["detectedLanguage"]["language"] == "pt"
    assert second["sentLen"] == [5]
    named = (await front.ask(f"/breaksentence{V3}&language=pt", asked)).json
    assert named == [{"sentLen": [17, 20]}, {"sentLen": [5]}]


async def test_languages_that_are_served(front: Fronts) -> None:
    reply = await front.ask(f"/languages{V3}")
    assert reply.json["translation"]["pt"] == {
        "name": "Portuguese", "nativeName": "Portuguese", "dir": "ltr",
    }  # fmt: skip
    assert (reply.json["transliteration"], reply.json["dictionary"]) == ({}, {})
    again = await front.ask(f"/languages{V3}", headers={"If-None-Match": reply.headers["etag"]})
    assert (again.code, again.body) == (304, b"")
    now = (await front.ask(f"/languages{NOW}&scope=translation,models")).json
    assert (set(now), now["translation"]["de"]["models"]) == ({"translation", "models"}, [])


async def test_it_shares_addresses_with_libretranslate(front: Fronts) -> None:
    libre = {"q": "One.", "source": "en", "target": "pt"}
    assert (await front.ask("/translate", libre)).json == {"translatedText": "ONE."}
    assert isinstance((await front.ask("/languages")).json, list)
    assert isinstance((await front.ask("/languages?name=api-version")).json, list)
    assert (await front.ask("/detect", {"q": "Where is it?"})).json[0]["language"] == "en"
    # Where a resource of one's own has it, the version stands in the path.
    own = await front.ask("/translator/text/v3.0/translate?from=en&to=pt", [{"Text": "One."}])
    assert own.json[0]["translations"][0]["text"] == "ONE."
    # A client that knows the path of the former version says in the address which it speaks.
    later = await front.ask(f"/translator/text/v3.0/translate{NOW}", inputs("One.", language="en"))
    assert later.json["value"][0]["translations"][0]["text"] == "ONE."


BAD: list[tuple[str, object, int, str]] = [
    (f"{V3}&to=fr&from=en", [{"Text": "a"}], 400036, "'fr' is not supported"),
    (f"{V3}&to=pt&from=xx", [{"Text": "a"}], 400035, "'xx' is not supported"),
    (f"{V3}&from=en", [{"Text": "a"}], 400036, "a language is needed"),
    ("?api-version=2.0&to=pt", [{"Text": "a"}], 400021, "allowed: 3.0, 2026-06-06"),
    ("?api-version=&to=pt", [{"Text": "a"}], 400021, "allowed: 3.0"),
    (f"{V3}&to=pt,de&from=en", [{"Text": "a"}], 400036, "to: is 'pt,de'"),
    (f"{V3}&to=pt&from=no+tag", [{"Text": "a"}], 400035, "from: is 'no tag'"),
    (f"{V3}{'&to=pt' * 2001}&from=en", [{"Text": "a"}], 400077, "2001 translations"),
    (f"{V3}{'&to=pt' * 1001}&from=en", [{"Text": "a" * 1000}], 400077, "1001000 characters"),
    (f"{V3}&to=pt", {"Text": "a"}, 400074, "an array of objects"),
    (f"{V3}&to=pt", [["a"]], 400074, "an array of objects"),
    (f"{V3}&to=pt", ["a"], 400074, "an array of objects"),
    (f"{V3}&to=pt", [{"Text": 5}], 400005, "a string"),
    (f"{V3}&to=pt", [{"Text": ["a"]}], 400005, "a string"),
    (f"{V3}&to=pt", [{"Word": "a"}], 400005, "a string"),
    (f"{V3}&to=pt", [{"Text": "\ud800"}], 400005, "surrogate"),
    (f"{V3}&to=pt&from=en", [{"Text": "a"}] * 129, 400072, "129 texts"),
    (f"{V3}&to=pt&from=en", [{"Text": "a " * 40_000}], 400050, "code points"),
    (f"{V3}&to=pt&textType=pdf", [{"Text": "a"}], 400071, "'pdf'"),
    (f"{V3}&to=pt&toScript=Latn", [{"Text": "a"}], 400080, "not transliterated"),
    (f"{V3}&to=pt&category=mine&allowFallback=false", [{"Text": "a"}], 400079, "general"),
    (f"{V3}&to=pt&includeAlignment=maybe", [{"Text": "a"}], 400000, "true or false"),
    (f"{V3}&to=pt", "{", 400074, "not valid JSON"),
    (f"{V3}&to=pt", " ", 400074, "not valid JSON"),
    (f"{V3}&to=pt", "", 415000, "application/json"),
    (f"{V3}&to=pt", "x" * (5 << 20), 400077, "too large"),
    (NOW, [{"text": "a"}], 400074, "inputs"),
    (NOW, {"inputs": {}}, 400074, "inputs"),
    (NOW, {"inputs": [{"text": "a"}]}, 400036, "at least one language"),
    (NOW, {"inputs": [{"text": "a", "targets": ["pt"]}]}, 400000, "targets"),
    (NOW, {"inputs": [{"text": "a", "targets": [{}]}]}, 400036, "a language is needed"),
    (NOW, {"inputs": [{"targets": [{"language": "pt"}]}]}, 400005, "a string"),
]


async def test_what_is_not_valid_is_told_as_this_protocol_does(front: Fronts) -> None:
    for query, body, code, says in BAD:
        reply = await front.ask(f"/translate{query}", body)  # type: ignore[arg-type]
        told = reply.json["error"]
        assert told["code"] == (str(code) if query == NOW else code), (query, body, told)
        assert (reply.code, set(told)) == (code // 1000, {"code", "message"})
        assert says in told["message"]
        assert "Traceback" not in told["message"]
        assert reply.headers["x-requestid"]
    for path, body, kind, code in (
        (f"/translate{V3}&to=pt", [{"Text": "a"}], "text/plain", 415000),
        (f"/translate{V3}&to=pt", "Text=a", "application/x-www-form-urlencoded", 415000),
        (f"/languages{V3}&scope=books", None, "", 400001),
        (f"/breaksentence{V3}&language=fr", [{"Text": "a"}], "application/json", 400035),
        (f"/breaksentence{V3}", [{"Text": "a"}] * 101, "application/json", 400077),
        (f"/breaksentence{V3}", [{"Text": "a" * 50_001}], "application/json", 400077),
        (f"/breaksentence{V3}", [{"Text": 5}], "application/json", 400005),
        (f"/breaksentence{NOW}", [{"Text": "a"}], "application/json", 404000),
        (f"/dictionary/lookup{V3}&from=en&to=pt", [{"Text": "a"}], "application/json", 404000),
        (f"/transliterate{V3}", [{"Text": "a"}], "application/json", 404000),
        (f"/detect{NOW}", [{"Text": "a"}], "application/json", 404000),
        (f"/translate{V3}", None, "", 405000),
    ):
        reply = await front.ask(path, body, kind)
        assert int(reply.json["error"]["code"]) == code
        assert reply.code == code // 1000


async def test_alone_it_asks_for_the_version() -> None:
    async with serve_in_process(models=models()) as server:
        async with fronts(server.address, served=[Azure]) as front:
            reply = await front.ask("/translate?to=pt", [{"Text": "a"}])
            assert (reply.code, reply.json["error"]["code"]) == (400, 400021)
