"""Every front: the same text gets the same translation as over our own gRPC."""

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.server.fronts import Fronts, fronts, in_thread, models
from translator.languages.detection import FastTextDetector
from translator.testing import serve_in_process

pytestmark = pytest.mark.contract

JUDGES = Path(__file__).parents[1] / "judges"
Wire = Callable[[Fronts, Sequence[str], str, str, str], Awaitable[list[str]]]


@pytest.fixture
async def front() -> AsyncIterator[Fronts]:
    async with serve_in_process(models=models(), detector=FastTextDetector()) as server:
        async with fronts(server.address) as running:
            yield running


async def libretranslate(
    front: Fronts, texts: Sequence[str], source: str, target: str, kind: str
) -> list[str]:
    asked = {"q": list(texts), "source": source or "auto", "target": target, "format": kind}
    translated: list[str] = (await front.ask("/translate", asked)).json["translatedText"]
    return translated


async def deepl(
    front: Fronts, texts: Sequence[str], source: str, target: str, kind: str
) -> list[str]:
    asked = {"text": list(texts), "target_lang": target.upper()}
    asked |= {"source_lang": source.upper()} if source else {}
    asked |= {"tag_handling": "html"} if kind == "html" else {}
    found = (await front.ask("/v2/translate", asked)).json["translations"]
    return [each["text"] for each in found]


WIRES = [libretranslate, deepl]
CASES: list[tuple[list[str], str, str, str]] = [
    (["Good morning."], "en", "pt", "text"),
    (
        ["One sentence. And two more, with £5 and 🎉!", "", " \n", "Second text."],
        "en",
        "pt",
        "text",
    ),
    (["First line.\n\n  Second line.\tAfter a tab."], "en", "de", "text"),
    (["Good morning to all of you.", "Bom dia a todos vocês aqui."], "", "pt", "text"),
    (["In its own language."], "en", "en", "text"),
    (["Through English, if need be."], "pt", "de", "text"),
    (['<p title="One">Two <b>three</b>.</p><pre>four</pre>'], "en", "pt", "html"),
    (["You have [X7X] of {count} at info@shop.com, 50 %."], "en", "pt", "text"),
    (["A long one. " * 200], "en", "pt", "text"),
]


async def test_the_same_text_gets_the_same_translation(front: Fronts) -> None:
    for texts, source, target, kind in CASES:
        direct = await front.client.translate(
            texts, source or "und", target, mime_type="text/html" if kind == "html" else ""
        )
        expected = [each.text for each in direct]
        for wire in WIRES:
            assert await wire(front, texts, source, target, kind) == expected, wire.__name__


async def test_many_callers_at_once_get_their_own(front: Fronts) -> None:
    async def call(wire: Wire, number: int) -> None:
        assert await wire(front, [f"Call {number}."], "en", "pt", "text") == [f"CALL {number}."]

    for wire in WIRES:
        await asyncio.gather(*(call(wire, number) for number in range(64)))


# The judges: clients that people have, unchanged


async def test_libretranslatepy(front: Fronts) -> None:
    api = pytest.importorskip("libretranslatepy").LibreTranslateAPI(front.url, "any")
    assert await in_thread(api.translate, "Good morning.", "en", "pt") == "GOOD MORNING."
    [found] = await in_thread(api.detect, "Onde fica a estação, por favor?")
    assert found["language"] == "pt"
    assert [each["code"] for each in await in_thread(api.languages)] == ["en", "pt"]


async def test_deep_translator(front: Fronts) -> None:
    judge = pytest.importorskip("deep_translator")
    client = judge.LibreTranslator(
        source="en", target="pt", api_key="any", custom_url=f"{front.url}/"
    )
    assert (
        await in_thread(client.translate, "Good morning & good day.") == "GOOD MORNING & GOOD DAY."
    )
    assert await in_thread(client.translate_batch, ["One.", "Two."]) == ["ONE.", "TWO."]


async def test_what_mastodon_wagtail_and_weblate_ask(front: Fronts) -> None:
    """Their requests, written down: they are no libraries that could be called."""
    statuses = ["<p>Good morning to all of you.</p>", "<p>It is <a href='x'>late</a>.</p>"]
    asked = {"q": statuses, "source": "en", "target": "pt", "format": "html", "api_key": "any"}
    reply = (await front.ask("/translate", asked)).json
    assert reply["translatedText"][1] == "<p>IT IS <a href='x'>LATE</a>.</p>"
    detected = (await front.ask("/translate", asked | {"source": "auto"})).json
    assert [each["language"] for each in detected["detectedLanguage"]] == ["en", "en"]
    wagtail = {"q": ["One.", "Two."], "source": "en", "target": "pt", "api_key": ""}
    reply = await front.ask("/translate", json.dumps(wagtail), "application/json")
    assert reply.json == {"translatedText": ["ONE.", "TWO."]}
    weblate = {"q": ["You have [X7X] files.", "[X0X]."], "source": "en", "target": "pt"}
    reply = await front.ask("/translate", weblate | {"api_key": "any"})
    assert reply.json["translatedText"] == ["YOU HAVE [X7X] FILES.", "[X0X]."]
    xml = {"text": ['You have <x id="7"></x> files.'], "target_lang": "PT", "tag_handling": "xml"}
    reply = await front.ask("/v2/translate", xml | {"source_lang": "EN", "ignore_tags": ["x"]})
    assert reply.json["translations"][0]["text"] == 'YOU HAVE <x id="7"></x> FILES.'


async def test_the_python_client_of_deepl(front: Fronts) -> None:
    judge = pytest.importorskip("deepl")
    client = judge.DeepLClient("any-key", server_url=front.url)

    def use() -> None:
        one = client.translate_text("Good morning to all of you.", target_lang="PT-BR")
        assert (one.text, one.detected_source_lang) == ("GOOD MORNING TO ALL OF YOU.", "EN")
        assert one.billed_characters == len("Good morning to all of you.")
        pair = {"source_lang": "EN", "target_lang": "PT-PT"}
        many = client.translate_text(["One.", "Two."], **pair, context="Numbers.")
        assert [each.text for each in many] == ["ONE.", "TWO."]
        found = client.translate_text(
            "One <a>two</a> <b>three</b>.", **pair, tag_handling="xml", ignore_tags="a"
        )
        assert found.text == "ONE <a>two</a> <b>THREE</b>."
        assert [each.code for each in client.get_source_languages()] == ["EN", "PT"]
        assert "PT-BR" in [each.code for each in client.get_target_languages()]
        assert client.get_usage().character.count > 0
        assert client.get_glossary_languages()
        glossary = client.create_glossary("mine", "EN", "PT", {"house": "Casa"})
        assert client.get_glossary_entries(glossary) == {"house": "Casa"}
        text = client.translate_text_with_glossary("The house.", glossary, target_lang="PT-BR")
        assert "Casa" in text.text
        client.delete_glossary(glossary)
        with pytest.raises(judge.GlossaryNotFoundException):
            client.get_glossary(glossary.glossary_id)
        entries = judge.api_data.MultilingualGlossaryDictionaryEntries
        several = client.create_multilingual_glossary("all", [entries("EN", "PT", {"dog": "Cão"})])
        client.update_multilingual_glossary_dictionary(
            several, entries("EN", "PT", {"cat": "Gato"})
        )
        client.update_multilingual_glossary_dictionary(several, entries("PT", "EN", {"sol": "Sun"}))
        [told] = client.list_multilingual_glossaries()
        assert [each.entry_count for each in told.dictionaries] == [2, 1]
        client.delete_multilingual_glossary_dictionary(several, told.dictionaries[1])
        assert len(client.get_multilingual_glossary(several.glossary_id).dictionaries) == 1
        client.delete_multilingual_glossary(several)
        with pytest.raises(judge.DeepLException, match="target_lang"):
            client.translate_text("Hi.", target_lang="FR")
        handle = client.translate_document_upload(b"<p>One.</p>", filename="a.html", **pair)
        assert client.translate_document_wait_until_done(handle).done
        result = b"".join(client.translate_document_download(handle).iter_content(4096))
        assert result == b"<p>ONE.</p>"

    await in_thread(use)


async def judged_by_node(script: str, *arguments: str) -> Any:
    """What a client for Node has found; skipped without Node, or without its packages."""
    node = shutil.which("node")
    missing = "" if node else "there is no node"
    if not (JUDGES / "node_modules").is_dir():
        missing = missing or "run first: npm ci --prefix tests/judges"
    if missing or node is None:
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    process = await asyncio.create_subprocess_exec(
        node, script, *arguments, cwd=JUDGES,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, output.decode()
    return json.loads(output)


async def test_npm_translate(front: Fronts) -> None:
    found = await judged_by_node("libre.mjs", front.url)
    assert found == {"text": "GOOD MORNING.", "refused": "fr is not supported"}


async def test_the_node_client_of_deepl(front: Fronts, tmp_path: Path) -> None:
    found = await judged_by_node("deepl.mjs", front.url, str(tmp_path))
    assert found["one"]["text"] == "GOOD MORNING TO ALL OF YOU."
    assert found["one"]["detectedSourceLang"] == "en"
    assert found["many"] == ["ONE.", "TWO."]
    assert found["xml"] == ['ONE <x id="7"></x> TWO.']
    assert found["html"] == ["ONE <b>two</b> THREE."]
    assert found["sources"] == ["en", "pt"]
    assert "pt-BR" in found["targets"]
    assert found["usage"] > 0
    assert found["refused"] == "DeepLError"
    assert found["glossary"] == [1, {"house": "Casa"}]
    assert "Casa" in found["termed"][0]
    assert found["gone"] == "GlossaryNotFoundError"
    assert found["several"] == [1, {"cat": "Gato"}]
    assert found["document"] == "GOOD MORNING.\n"
