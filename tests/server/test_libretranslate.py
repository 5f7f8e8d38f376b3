"""LibreTranslate's API on the wire, and what it answers to what is not valid."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.server.fronts import Fronts, Reply, fronts, models, upload
from translator.access.caller import Role
from translator.access.key_file import add_key
from translator.config import Limits, ServerConfig
from translator.fronts.libretranslate.front import LibreTranslate
from translator.languages.detection import FastTextDetector
from translator.testing import serve_in_process

pytestmark = pytest.mark.server

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
async def front() -> AsyncIterator[Fronts]:
    async with serve_in_process(models=models(), detector=FastTextDetector()) as server:
        async with fronts(server.address, served=[LibreTranslate]) as running:
            yield running


async def test_texts_come_as_json_as_forms_and_in_the_address(front: Fronts) -> None:
    pair: dict[str, Any] = {"source": "en", "target": "pt"}
    one: dict[str, Any] = {"q": "Good morning.", **pair}
    many: dict[str, Any] = {"q": ["One.", "Two."], **pair}
    assert (await front.ask("/translate", one)).json == {"translatedText": "GOOD MORNING."}
    assert (await front.ask("/translate", many)).json == {"translatedText": ["ONE.", "TWO."]}
    form = await front.ask("/translate", "q=Good+morning.&source=en&target=pt", FORM)
    assert form.json == {"translatedText": "GOOD MORNING."}
    # As deep-translator asks: all in the address, and no body.
    address = "/translate?q=Good+morning.&source=en&target=pt&format=text&api_key=any"
    assert (await front.ask(address, b"", method="POST")).json["translatedText"] == "GOOD MORNING."
    body, kind = upload("x", "", q="Good morning.", source="en", target="pt")
    assert (await front.ask("/translate", body, kind)).json["translatedText"] == "GOOD MORNING."
    # An array of one stays an array, and nothing is nothing.
    for texts, expected in ((["One."], ["ONE."]), ([], []), ([""], [""]), (["  \n"], ["  \n"])):
        reply = await front.ask("/translate", pair | {"q": texts})
        assert reply.json == {"translatedText": expected}


async def test_a_language_is_detected_and_told(front: Fronts) -> None:
    asked: dict[str, Any] = {"q": "Bom dia a todos, pessoal.", "source": "auto", "target": "en"}
    reply = (await front.ask("/translate", asked)).json
    assert reply["detectedLanguage"]["language"] == "pt"
    assert 50 <= reply["detectedLanguage"]["confidence"] <= 100
    # What is in no language is taken for English, and nothing else fails for it.
    asked = {"q": ["Good morning to all of you.", "12:30"], "source": "auto", "target": "pt"}
    reply = (await front.ask("/translate", asked)).json
    assert reply["translatedText"] == ["GOOD MORNING TO ALL OF YOU.", "12:30"]
    assert [each["language"] for each in reply["detectedLanguage"]] == ["en", "en"]
    assert reply["detectedLanguage"][1]["confidence"] == 0
    [found] = (await front.ask("/detect", {"q": "Onde fica a estação, por favor?"})).json
    assert found["language"] == "pt"
    assert found["confidence"] > 50
    [found] = (await front.ask("/detect", "q=Where+is+the+station%3F", FORM)).json
    assert found["language"] == "en"


async def test_alternatives_and_html(front: Fronts) -> None:
    asked: dict[str, Any] = {"q": "Good day.", "source": "en", "target": "pt", "alternatives": 2}
    reply = (await front.ask("/translate", asked)).json
    assert reply["translatedText"] == "GOOD DAY."
    assert len(reply["alternatives"]) <= 2
    reply = (await front.ask("/translate", asked | {"q": ["One", "Two"]})).json
    assert [type(each) for each in reply["alternatives"]] == [list, list]
    html = {"q": "<p class=a>One <b>red</b>.</p>", "source": "en", "target": "pt"}
    reply = (await front.ask("/translate", html | {"format": "html"})).json
    assert reply["translatedText"] == "<p class=a>ONE <b>RED</b>.</p>"
    # HTML that is declared as text is text; a field of another protocol is none here.
    reply = (await front.ask("/translate", html | {"q": "<b>one</b> day.", "text": "Two."})).json
    assert reply["translatedText"] == "<b>ONE</b> DAY."


async def test_what_it_serves(front: Fronts) -> None:
    assert (await front.ask("/languages")).json == [
        {"code": "en", "name": "English", "targets": ["de", "en", "pt"]},
        {"code": "pt", "name": "Portuguese", "targets": ["de", "en", "pt"]},
    ]
    settings = (await front.ask("/frontend/settings")).json
    assert settings["keyRequired"] is False
    assert {".txt", ".html", ".srt", ".xliff"} <= set(settings["supportedFilesFormat"])
    assert (await front.ask("/health")).json == {"status": "ok"}
    spec = (await front.ask("/spec")).json
    assert {"/translate", "/detect", "/languages"} <= set(spec["paths"])
    assert (await front.ask("/suggest", {"q": "a"})).code == 403


async def test_files_are_translated(front: Fronts) -> None:
    cue = "1\n00:00:01,000 --> 00:00:02,000\nGood morning.\n"
    body, kind = upload("my talk.srt", cue, source="en", target="pt")
    reply = await front.ask("/translate_file", body, kind)
    path = reply.json["translatedFileUrl"].removeprefix("http://gateway")
    assert path.endswith("/my%20talk.pt.srt")
    got = await front.ask(path)
    assert got.body.decode() == cue.replace("Good morning.", "GOOD MORNING.")
    assert got.headers["content-security-policy"] == "sandbox"
    # Only who was told the address has it.
    name, secret = path.split("/")[2].split("-")
    for wrong in (name, f"{name}-", f"{name}-{'0' * len(secret)}", secret, f"{name}-%C3%A9"):
        assert (await front.ask(f"/download_file/{wrong}/talk.srt")).code == 400
    for wrong, says in (
        (upload("a.exe", "x", source="en", target="pt"), ".exe"),
        (upload("a.txt", "x", source="en", target="fr"), "fr is not supported"),
        (upload("a.txt", "x", source="en"), "missing target"),
        (("x", "multipart/form-data"), "cannot be read"),
    ):
        reply = await front.ask("/translate_file", *wrong)
        assert reply.code == 400
        assert says in reply.json["error"]


BAD: list[tuple[object, str, int, str]] = [
    ({"q": 5, "source": "en", "target": "pt"}, "", 400, "q: a string"),
    ({"q": [["a"]], "source": "en", "target": "pt"}, "", 400, "q: a string"),
    ({"q": ["a", None], "source": "en", "target": "pt"}, "", 400, "q: a string"),
    ({"q": {"a": "b"}, "source": "en", "target": "pt"}, "", 400, "q: a string"),
    ({"text": "a", "source": "en", "target": "pt"}, "", 400, "missing q"),
    ({"q": "a", "target": "pt"}, "", 400, "missing source"),
    ({"q": "a", "source": "en", "target": 7}, "", 400, "target: a string"),
    ({"q": "a", "source": "xx", "target": "pt"}, "", 400, "xx is not supported"),
    ({"q": "a", "source": "not a tag!", "target": "pt"}, "", 400, "not a tag!"),
    ({"q": "a", "source": "en", "target": "fr"}, "", 400, "fr is not supported"),
    ({"q": "a", "source": "en", "target": "pt", "format": "pdf"}, "", 400, "not text or html"),
    ({"q": "a", "source": "en", "target": "pt", "alternatives": -1}, "", 400, "alternatives"),
    ({"q": "a", "source": "en", "target": "pt", "alternatives": "x"}, "", 400, "alternatives"),
    ({"q": ["a"] * 129, "source": "en", "target": "pt"}, "", 400, "q: has 129 texts"),
    ({"q": "\ud800", "source": "en", "target": "pt"}, "", 400, "surrogate"),
    ("{", "application/json", 400, "not valid JSON"),
    ("[1]", "application/json", 400, "no JSON object"),
    ("[" * 100_000, "application/json", 400, "not valid JSON"),
    (b"\xff\xfe", "application/json", 400, "not valid JSON"),
    ("q=a", "text/plain", 415, "text/plain"),
    ("&".join(["q=a"] * 5000), FORM, 400, "4096"),
    # Who still sends does not listen: all of it is let by first.
    ("x" * (100 << 20), "application/json", 413, "too large"),
]


async def test_what_is_not_valid_is_told_as_this_protocol_does(front: Fronts) -> None:
    for body, kind, code, says in BAD:
        reply = await front.ask("/translate", body, kind or "application/json")  # type: ignore[arg-type]
        assert (reply.code, set(reply.json)) == (code, {"error"}), str(body)[:200]
        assert says in reply.json["error"]
        assert "Traceback" not in reply.json["error"]
    assert (await front.ask("/nothing")).json["error"] == "Not found"
    assert (await front.ask("/translate")).code == 405


async def test_a_key_is_passed_on_and_a_limit_is_told(tmp_path: Path) -> None:
    rules = tmp_path / "access.toml"
    key = add_key(
        rules, "desk", [Role.TRANSLATE], expires=None, quotas={"characters_per_minute": 30}
    )
    config = ServerConfig(port=0, access=rules)
    async with serve_in_process(config, models(), FastTextDetector()) as server:
        async with fronts(server.address, served=[LibreTranslate], wait=False) as front:
            asked = {"q": "Good morning.", "source": "en", "target": "pt"}
            for given in ({}, {"api_key": "tk_wrong"}, {"api_key": "no\nkey"}):
                reply = await front.ask("/translate", asked | given)
                assert reply.code == 403
                assert reply.json["error"].startswith("Invalid API key")
            assert (await front.ask("/detect", {"q": "Good"})).code == 403
            assert (await front.ask("/frontend/settings")).json["keyRequired"] is True
            both = await front.ask(
                "/translate", asked | {"api_key": key}, headers={"X-API-Key": "tk_other"}
            )
            assert both.code == 403
            for named in ({"api_key": key}, None):
                headers = None if named else {"Authorization": f"Bearer {key}"}
                reply = await front.ask("/translate", asked | (named or {}), headers=headers)
                assert reply.json == {"translatedText": "GOOD MORNING."}
            for _ in range(3):
                reply = await front.ask("/translate", asked | {"api_key": key})
            assert reply.code == 429
            assert reply.json["error"].startswith("Slowdown")
            # What was taken above the share is a debt.
            assert 1 <= int(reply.headers["retry-after"]) <= 120


async def test_many_at_once_are_served_and_no_server_is_told() -> None:
    config = ServerConfig(port=0, limits=Limits(max_translate_requests=64))
    async with serve_in_process(config, models()) as server:
        async with fronts(server.address, served=[LibreTranslate]) as front:

            async def ask(number: int) -> Reply:
                asked = {"q": f"Call {number}.", "source": "en", "target": "pt"}
                return await front.ask("/translate", asked)

            replies = await asyncio.gather(*map(ask, range(64)))
            assert [reply.json["translatedText"] for reply in replies] == [
                f"CALL {number}." for number in range(64)
            ]
            samples = {
                (sample.name, *sample.labels.values()): sample.value
                for family in front.metrics.registry.collect()
                for sample in family.samples
            }
            assert samples["translator_front_requests_total", "libretranslate", "200"] == 64
            assert samples["translator_front_characters_total", "libretranslate"] == sum(
                len(f"Call {number}.") for number in range(64)
            )
            await server.grpc_server.stop(None)
            reply = await ask(0)
            assert reply.code == 503
            assert "could not be reached" in reply.json["error"]


async def test_pages_of_other_sites_may_call_where_they_are_named() -> None:
    async with serve_in_process(models=models()) as server:
        for origins, told in (([], None), (["https://a.example"], "https://a.example")):
            async with fronts(server.address, served=[LibreTranslate], origins=origins) as front:
                reply = await front.ask("/languages", headers={"Origin": "https://a.example"})
                assert reply.headers.get("access-control-allow-origin") == told
