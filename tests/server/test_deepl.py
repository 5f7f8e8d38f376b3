"""DeepL's API on the wire, and what it answers to what is not valid."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.server.fronts import Fronts, fronts, models, upload
from translator.access.caller import Role
from translator.access.key_file import add_key
from translator.config import ServerConfig
from translator.fronts.deepl.front import DeepL
from translator.fronts.deepl.glossaries import Glossaries
from translator.languages.detection import FastTextDetector
from translator.testing import serve_in_process

pytestmark = pytest.mark.server

FORM = "application/x-www-form-urlencoded"
PAIR = {"source_lang": "EN", "target_lang": "PT-BR"}


def deepl(hub: Any) -> DeepL:
    return DeepL(hub, Glossaries())


@pytest.fixture
async def front() -> AsyncIterator[Fronts]:
    async with serve_in_process(models=models(), detector=FastTextDetector()) as server:
        async with fronts(server.address, served=[deepl]) as running:
            yield running


async def texts(front: Fronts, text: object, **fields: Any) -> list[str]:
    reply = await front.ask("/v2/translate", {"text": text, **PAIR, **fields})
    assert reply.code == 200, reply.body
    return [each["text"] for each in reply.json["translations"]]


async def test_texts_come_as_json_and_as_forms(front: Fronts) -> None:
    reply = await front.ask("/v2/translate", {"text": ["Good morning."], **PAIR})
    assert reply.json == {
        "translations": [
            {
                "detected_source_language": "EN",
                "text": "GOOD MORNING.",
                "billed_characters": len("Good morning."),
            }
        ]
    }
    form = "text=One.&text=Two.&source_lang=EN&target_lang=PT-BR&auth_key=any"
    reply = await front.ask("/v2/translate", form, FORM)
    assert [each["text"] for each in reply.json["translations"]] == ["ONE.", "TWO."]
    # As LiveCaptions-Translator asks: no source.
    asked = {"text": ["Bom dia a todos, sejam bem-vindos."], "target_lang": "EN-US"}
    key = {"Authorization": "DeepL-Auth-Key any"}
    [found] = (await front.ask("/v2/translate", asked, headers=key)).json["translations"]
    assert found["detected_source_language"] == "PT"
    assert (await front.ask("/v2/translate", {"text": [], **PAIR})).json == {"translations": []}
    told = await front.ask("/v2/translate", {"text": ["One."], **PAIR, "model_type": "any"})
    assert "model_type_used" in told.json["translations"][0]


async def test_tags_are_kept_and_those_to_be_ignored_are_not_translated(front: Fronts) -> None:
    xml = {"tag_handling": "xml"}
    assert await texts(front, ['One <x id="7"></x> two.'], **xml) == ['ONE <x id="7"></x> TWO.']
    source = "<doc><Title>One.</Title><par>Two <b>three</b> four.</par></doc>"
    expected = "<doc><Title>ONE.</Title><par>TWO <b>THREE</b> FOUR.</par></doc>"
    assert await texts(front, source, **xml) == [expected]
    source = "One <keep a='b'>two</keep> three."
    expected = "ONE <keep a='b'>two</keep> THREE."
    for kind in ("xml", "html"):
        for tags in (["keep"], "keep,other"):
            found = await texts(front, source, tag_handling=kind, ignore_tags=tags)
            assert found == [expected]
    # What HTML leaves alone is a name like others in XML.
    assert await texts(front, "<code>one</code>.", **xml) == ["<code>ONE</code>."]
    assert await texts(front, "<code>one</code>.", tag_handling="html") == ["<code>one</code>."]


async def test_texts_with_tags_are_texts_unless_it_says_that_they_are_none(front: Fronts) -> None:
    # Of a field that belongs to another protocol nothing is taken.
    assert await texts(front, ["One <b>two</b> &amp; three."], q="Four.") == [
        "ONE <b>TWO</b> &amp; THREE."
    ]


SRT = "1\n00:00:01,000 --> 00:00:02,000\n{}\n"
XLIFF = """<xliff version="1.2"><file source-language="en" target-language="pt" original="a">
<body><trans-unit id="1"><source>One <g id="1">cart</g>.</source></trans-unit></body>
</file></xliff>
"""
FILES = {
    "a.txt": ("One.\n\nTwo.\n", "ONE.\n\nTWO.\n"),
    "a.html": ("<p>One <b>two</b>.</p>", "<p>ONE <b>TWO</b>.</p>"),
    "a.srt": (SRT.format("Good morning."), SRT.format("GOOD MORNING.")),
    "a.xliff": (XLIFF, 'ONE <g id="1">CART</g>.'),
}


async def test_documents_of_each_kind_are_translated_and_had_once(front: Fronts) -> None:
    for name, (contents, expected) in FILES.items():
        body, kind = upload(name, contents, **PAIR)
        told = (await front.ask("/v2/document", body, kind)).json
        address, key = f"/v2/document/{told['document_id']}", {"document_key": told["document_key"]}
        assert (await front.ask(address, {"document_key": "other"})).code == 404
        state: dict[str, Any] = {}
        async with asyncio.timeout(60):
            while state.get("status") not in ("done", "error"):
                state = (await front.ask(address, key)).json
        assert state["status"] == "done", state
        assert state["billed_characters"] > 0
        got = await front.ask(f"{address}/result", key)
        assert expected in got.body.decode(), got.body
        assert (await front.ask(f"{address}/result", key)).code == 404


async def test_what_it_serves(front: Fronts) -> None:
    sources = (await front.ask("/v2/languages")).json
    assert sources == [
        {"language": "EN", "name": "English"},
        {"language": "PT", "name": "Portuguese"},
    ]
    targets = (await front.ask("/v2/languages?type=target")).json
    assert [each["language"] for each in targets] == ["DE", "EN-GB", "EN-US", "PT-BR", "PT-PT"]
    await texts(front, ["12345"])
    usage = (await front.ask("/v2/usage")).json
    assert usage == {"character_count": 5, "character_limit": 1_000_000_000_000}


async def test_glossaries_are_their_makers_and_outlive_a_restart(tmp_path: Path) -> None:
    rules = tmp_path / "access.toml"
    keys = [add_key(rules, name, [Role.TRANSLATE], expires=None, quotas={}) for name in ("a", "b")]
    folder = tmp_path / "glossaries"
    made = {
        "name": "mine", "source_lang": "en", "target_lang": "pt",
        "entries": "house\tCasa\ndog\tCão", "entries_format": "tsv",
    }  # fmt: skip
    headers = [{"Authorization": f"DeepL-Auth-Key {key}"} for key in keys]
    config = ServerConfig(port=0, access=rules)
    async with serve_in_process(config, models()) as server:
        for restarted in (False, True):
            served = [lambda hub: DeepL(hub, Glossaries(folder))]
            async with fronts(server.address, served=served, wait=False) as front:
                assert (await front.ask("/v2/glossaries", made)).code == 403
                if not restarted:
                    reply = await front.ask("/v2/glossaries", made, headers=headers[0])
                    assert reply.code == 201
                    name = reply.json["glossary_id"]
                path = f"/v2/glossaries/{name}"
                assert (await front.ask(path, headers=headers[0])).json["entry_count"] == 2
                entries = await front.ask(path + "/entries", headers=headers[0])
                assert entries.body.decode() == made["entries"]
                assert (await front.ask(path, headers=headers[1])).code == 404
                listed = await front.ask("/v2/glossaries", headers=headers[1])
                assert listed.json == {"glossaries": []}
                asked = {"text": ["The house."], **PAIR, "glossary_id": name}
                reply = await front.ask("/v2/translate", asked, headers=headers[0])
                assert "Casa" in reply.json["translations"][0]["text"]
                assert (await front.ask("/v2/translate", asked, headers=headers[1])).code == 404
                unknown = asked | {"source_lang": ""}
                assert (await front.ask("/v2/translate", unknown, headers=headers[0])).code == 400
                if restarted:
                    reply = await front.ask(path, headers=headers[0], method="DELETE")
                    assert reply.code == 204
                    assert list(folder.iterdir()) == []


BAD: list[tuple[object, str, int, str]] = [
    ({"target_lang": "PT"}, "", 400, "'text'"),
    ({"q": "a", "target_lang": "PT"}, "", 400, "'text'"),
    ({"text": [5], "target_lang": "PT"}, "", 400, "'text'"),
    ({"text": [["a"]], "target_lang": "PT"}, "", 400, "'text'"),
    ({"text": ["a"]}, "", 400, "'target_lang'"),
    ({"text": ["a"], **PAIR, "target_lang": "FR"}, "", 400, "'target_lang' not supported"),
    ({"text": ["a"], **PAIR, "source_lang": "FR"}, "", 400, "'source_lang' not supported"),
    ({"text": ["a"], **PAIR, "tag_handling": "pdf"}, "", 400, "'tag_handling'"),
    ({"text": ["a"], **PAIR, "split_sentences": "9"}, "", 400, "'split_sentences'"),
    ({"text": ["a"], **PAIR, "formality": "more"}, "", 400, "'formality'"),
    ({"text": ["a"], **PAIR, "outline_detection": "x", "tag_handling": "xml"}, "", 400, "outline"),
    ({"text": ["a"], **PAIR, "glossary_id": "none"}, "", 404, "Glossary not found"),
    ({"text": ["a"] * 129, **PAIR}, "", 400, "129"),
    ("{", "application/json", 400, "not valid JSON"),
    ("text=a", "text/plain", 415, "text/plain"),
    ("x" * (5 << 20), "application/json", 413, "too large"),
]


async def test_what_is_not_valid_is_told_as_this_protocol_does(front: Fronts) -> None:
    for body, kind, code, says in BAD:
        reply = await front.ask("/v2/translate", body, kind or "application/json")  # type: ignore[arg-type]
        assert (reply.code, set(reply.json)) == (code, {"message"}), body
        assert says in reply.json["message"], body
    new = {"name": "x", "source_lang": "en", "target_lang": "pt"}
    for entries, says in (
        ("", "entries"), ("a", "row 1"), ("a\tb\na\tc", "row 2"), ("a\tb\tc", "row 1"),
        ("a\t", "row 1"),
    ):  # fmt: skip
        reply = await front.ask("/v2/glossaries", {**new, "entries": entries})
        assert reply.code == 400
        assert says in reply.json["message"]
    csv = {**new, "entries": 'a,"b, c"\nd,e,en,pt', "entries_format": "csv"}
    assert (await front.ask("/v2/glossaries", csv)).json["entry_count"] == 2
    not_objects: list[Any] = [5, ["a"], [[]]]
    for wrong in not_objects:
        reply = await front.ask("/v3/glossaries", {"name": "x", "dictionaries": wrong})
        assert reply.code == 400
    document = await front.ask("/v2/document/none", {"document_key": "none"})
    assert (document.code, set(document.json)) == (404, {"message"})
    assert (await front.ask("/v2/nothing")).json["message"] == "Not found"


@pytest.mark.parametrize(("share", "code"), [("minute", 429), ("day", 456)])
async def test_a_quota_has_a_code_of_its_own(tmp_path: Path, share: str, code: int) -> None:
    rules = tmp_path / "access.toml"
    quotas = {f"characters_per_{share}": 10}
    key = add_key(rules, "desk", [Role.TRANSLATE], expires=None, quotas=quotas)
    headers = {"Authorization": f"DeepL-Auth-Key {key}"}
    asked = {"text": ["Good morning."], **PAIR}
    async with serve_in_process(ServerConfig(port=0, access=rules), models()) as server:
        async with fronts(server.address, served=[deepl], wait=False) as front:
            assert (await front.ask("/v2/translate", asked, headers=headers)).code == 200
            reply = await front.ask("/v2/translate", asked, headers=headers)
            assert reply.code == code
            assert ("retry-after" in reply.headers) is (code == 429)
            assert (await front.ask("/v2/translate", asked)).code == 403
