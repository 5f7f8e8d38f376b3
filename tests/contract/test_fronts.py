"""Every front: the same text gets the same translation as over our own gRPC."""

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.contract.judging import JUDGES, judged
from tests.server.fronts import Fronts, events, fronts, in_thread, models
from translator.languages.detection import FastTextDetector
from translator.testing import serve_in_process

pytestmark = pytest.mark.contract

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


async def azure_v3(
    front: Fronts, texts: Sequence[str], source: str, target: str, kind: str
) -> list[str]:
    asked = {"api-version": "3.0", "to": target, "textType": kind.replace("text", "plain")}
    asked |= {"from": source} if source else {}
    body = [{"Text": text} for text in texts]
    found = (await front.ask(f"/translate?{urlencode(asked)}", body)).json
    return [each["translations"][0]["text"] for each in found]


async def azure_2026(
    front: Fronts, texts: Sequence[str], source: str, target: str, kind: str
) -> list[str]:
    asked: dict[str, Any] = {"targets": [{"language": target}]}
    asked |= {"language": source} if source else {}
    asked |= {"textType": "Html"} if kind == "html" else {}
    body = {"inputs": [{"text": text, **asked} for text in texts]}
    found = (await front.ask("/translate?api-version=2026-06-06", body)).json["value"]
    return [each["translations"][0]["text"] for each in found]


async def google(
    front: Fronts, texts: Sequence[str], source: str, target: str, kind: str
) -> list[str]:
    asked = {"q": list(texts), "target": target, "format": kind}
    asked |= {"source": source} if source else {}
    found = (await front.ask("/language/translate/v2", asked)).json["data"]["translations"]
    return [each["translatedText"] for each in found]


async def openai(
    front: Fronts, texts: Sequence[str], source: str, target: str, kind: str
) -> list[str]:
    """One text a request, and none is HTML."""
    found = []
    for text in texts:
        messages = [{"role": "user", "content": text}]
        asked = {"model": f"{source or 'auto'}-{target}", "messages": messages}
        reply = (await front.ask("/v1/chat/completions", asked)).json
        found.append(reply["choices"][0]["message"]["content"])
    return found


WIRES: list[Wire] = [libretranslate, deepl, azure_v3, azure_2026, google, openai]
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
            if wire is not openai or kind == "text":
                assert await wire(front, texts, source, target, kind) == expected, wire.__name__


async def test_a_stream_of_words_is_the_same_text_too(front: Fronts) -> None:
    for texts, source, target, kind in CASES:
        if kind == "text" and source:
            for text in texts:
                messages = [{"role": "user", "content": text}]
                asked = {"model": f"{source}-{target}", "messages": messages}
                whole = (await front.ask("/v1/chat/completions", asked)).json
                reply = await front.ask("/v1/chat/completions", asked | {"stream": True})
                pieces = [
                    chunk["choices"][0]["delta"].get("content", "") for chunk in events(reply)
                ]
                assert "".join(pieces) == whole["choices"][0]["message"]["content"], text


async def test_many_callers_at_once_get_their_own(front: Fronts) -> None:
    async def call(wire: Wire, number: int) -> None:
        assert await wire(front, [f"Call {number}."], "en", "pt", "text") == [f"CALL {number}."]

    for wire in (libretranslate, deepl, azure_v3, google, openai):
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


async def test_the_python_client_of_azure(front: Fronts) -> None:
    judge = pytest.importorskip("azure.ai.translation.text")
    errors = pytest.importorskip("azure.core.exceptions")
    key = pytest.importorskip("azure.core.credentials").AzureKeyCredential("any")

    def use() -> None:
        with judge.TextTranslationClient(endpoint=front.url, credential=key) as client:
            [one] = client.translate(["Good morning to all of you."], to_language=["pt", "de"])
            assert one.detected_language.language == "en"
            assert [(each.language, each.text) for each in one.translations] == [
                ("pt", "GOOD MORNING TO ALL OF YOU."),
                ("de", "GOOD MORNING TO ALL OF YOU."),
            ]
            target = judge.models.TranslationTarget(language="pt")
            item = judge.models.TranslateInputItem(
                text="<p>One.</p>", language="en", text_type="Html", targets=[target]
            )
            [found] = client.translate([item])
            assert found.translations[0].text == "<p>ONE.</p>"
            assert found.detected_language is None
            told = client.get_supported_languages(scope="translation")
            assert told.translation["pt"].name == "Portuguese"
            assert (told.transliteration, told.models) == (None, None)
            with pytest.raises(errors.HttpResponseError) as refused:
                client.translate(["One."], to_language=["fr"], from_language="en")
            assert (refused.value.status_code, refused.value.model.error.code) == (400, "400036")
            with pytest.raises(errors.ResourceNotFoundError, match="not served"):
                client.transliterate(["x"], language="ja", from_script="Jpan", to_script="Latn")

    await in_thread(use)


async def test_the_former_python_client_of_azure(front: Fronts) -> None:
    found = await judged("azure_judge.py", front.url)
    assert found["many"][1] == ["TWO.", "TWO."]
    assert (found["detected"], found["page"]) == ("en", "<p>ONE.</p>")
    assert found["lengths"] == [[28, 10], [28, 10]]
    assert found["alignment"].startswith("0:3-0:3 5:11-5:11 ")
    assert found["languages"] == {"de": "German", "en": "English", "pt": "Portuguese"}
    assert found["dictionary"] == 0
    assert found["sentences"] == [[28, 10], [4]]
    assert found["refused"] == [400, 400036]
    assert found["word"] == found["script"] == [404, 404000]


async def test_the_python_client_of_google_v2(front: Fronts) -> None:
    judge = pytest.importorskip("google.cloud.translate_v2")
    anonymous = pytest.importorskip("google.auth.credentials").AnonymousCredentials
    errors = pytest.importorskip("google.api_core.exceptions")

    def use() -> None:
        client = judge.Client(
            target_language="pt",
            credentials=anonymous(),
            client_options={"api_endpoint": front.url},
        )
        found = client.translate("It's a good day for all of you.")
        assert found["translatedText"] == "IT&#39;S A GOOD DAY FOR ALL OF YOU."
        assert found["detectedSourceLanguage"] == "en"
        texts = ["It's one.", "Two & three."]
        many = client.translate(texts, source_language="en", format_="text", model="nmt")
        assert [each["translatedText"] for each in many] == ["IT'S ONE.", "TWO & THREE."]
        page = client.translate("<p>One <b>two</b>.</p>", source_language="en")
        assert page["translatedText"] == "<p>ONE <b>TWO</b>.</p>"
        detected = client.detect_language(["Onde fica a estação, por favor?", "12:30"])
        assert [each["language"] for each in detected] == ["pt", "und"]
        assert {"language": "pt", "name": "Portuguese"} in client.get_languages()
        with pytest.raises(errors.BadRequest, match="fr is not supported"):
            client.translate("One.", target_language="fr")

    await in_thread(use)


async def test_the_python_client_of_openai(front: Fronts) -> None:
    judge = pytest.importorskip("openai")
    messages = [
        {"role": "system", "content": "You translate."},
        {"role": "user", "content": "Good morning.\nGood night."},
    ]

    def use() -> None:
        with judge.OpenAI(base_url=f"{front.url}/v1", api_key="any", max_retries=0) as client:
            ask = client.chat.completions.create
            one = ask(model="en-pt", messages=messages)
            assert one.choices[0].message.content == "GOOD MORNING.\nGOOD NIGHT."
            assert (one.usage.prompt_tokens, one.usage.completion_tokens) == (25, 25)
            options = {"include_usage": True}
            *chunks, last = ask(
                model="en-pt", messages=messages, stream=True, stream_options=options
            )
            pieces = [chunk.choices[0].delta.content for chunk in chunks]
            assert pieces == ["", "GOOD MORNING.", "\nGOOD NIGHT.", None]
            assert last.usage.total_tokens == 50
            assert "en-pt" in [each.id for each in client.models.list()]
            assert client.models.retrieve("en-pt").id == "en-pt"
            with pytest.raises(judge.NotFoundError) as refused:
                ask(model="gpt-4", messages=messages)
            assert refused.value.code == "model_not_found"

    await in_thread(use)


async def test_the_python_client_of_ollama(front: Fronts) -> None:
    judge = pytest.importorskip("ollama")
    messages = [{"role": "user", "content": "Good morning. Good night."}]

    def use() -> None:
        with judge.Client(host=front.url) as client:
            assert client.chat("en-pt", messages).message.content == "GOOD MORNING. GOOD NIGHT."
            parts = list(client.chat("en-pt", messages, stream=True))
            assert [part.message.content for part in parts] == ["GOOD MORNING.", " GOOD NIGHT.", ""]
            assert client.generate("en-pt", "Good night.").response == "GOOD NIGHT."
            assert "en-pt:latest" in [each.model for each in client.list().models]
            assert client.show("en-pt").capabilities == ["completion"]
            with pytest.raises(judge.ResponseError, match="does not exist"):
                client.generate("llama3", "Hi.")

    await in_thread(use)


async def test_what_subtitle_edit_asks(front: Fronts) -> None:
    """Its requests, written down: an instruction, a blank line, and the lines of a subtitle."""
    prompt = "Translate from English to Portuguese, give only the output without comments:"
    content = f"{prompt}\n\nGood morning.\nWho are you?"
    chat = {"model": "en-pt", "messages": [{"role": "user", "content": content}]}
    reply = (await front.ask("/v1/chat/completions", chat)).json
    assert reply["choices"][0]["message"]["content"] == "GOOD MORNING.\nWHO ARE YOU?"
    generate = {"model": "en-pt", "prompt": content, "stream": False}
    reply = (await front.ask("/api/generate", generate)).json
    assert reply["response"] == "GOOD MORNING.\nWHO ARE YOU?"
    reply = await front.ask("/translate?api-version=3.0&from=en&to=pt", '[{ "Text":"One."}]')
    assert reply.json == [{"translations": [{"text": "ONE.", "to": "pt"}]}]
    address = "/language/translate/v2/?q=One.&target=pt&source=en&format=text&key=any"
    reply = await front.ask(address, b"", "text/plain; charset=utf-8", method="POST")
    assert reply.json == {"data": {"translations": [{"translatedText": "ONE."}]}}


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


async def test_both_node_clients_of_azure(front: Fronts) -> None:
    found = await judged_by_node("azure.mjs", front.url)
    first, second = found["now"]
    assert first["detectedLanguage"]["language"] == "en"
    assert [each["language"] for each in first["translations"]] == ["pt", "de"]
    assert second["translations"][0]["text"] == "<p>ONE <b>TWO</b>.</p>"
    assert found["languages"] == ["de", "en", "pt"]
    assert found["refused"] == ["400", True, "400036"]
    assert [each["translations"][0]["text"] for each in found["v3"]] == ["ONE.", "TWO."]
    assert found["v3"][0]["translations"][0]["alignment"] == {"proj": "0:2-0:2 3:3-3:3"}
    assert found["refusedV3"] == ["400", True, 400035]


async def test_the_node_clients_of_openai_and_ollama(front: Fronts) -> None:
    found = await judged_by_node("chat.mjs", front.url)
    assert found["whole"] == found["ollama"] == "GOOD MORNING. GOOD NIGHT."
    assert found["pieces"] == ["", "GOOD MORNING.", " GOOD NIGHT.", ""]
    assert found["refused"] == ["NotFoundError", "model_not_found"]
    assert found["lines"] == ["GOOD NIGHT.", ""]
    assert "en-pt:latest" in found["models"]
