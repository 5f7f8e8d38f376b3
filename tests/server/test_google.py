"""Google's Cloud Translation v3 on the wire, and what it answers to what is not valid."""

import asyncio
import logging
from collections.abc import AsyncIterator, Collection
from pathlib import Path
from threading import Event
from typing import Any, cast

import grpc
import pytest

from tests.server.fronts import models
from tests.server.rpc_fronts import call, refused
from translator.access.caller import Role
from translator.access.key_file import add_key
from translator.config import Limits, ServerConfig
from translator.fronts.google.front import Google
from translator.fronts.rpc.reading import Parsing
from translator.languages.detection import FastTextDetector
from translator.metrics import Metrics
from translator.testing import FakeDetector, serve_in_process

pytestmark = pytest.mark.server

PARENT = "projects/any/locations/global"
ASKED: dict[str, Any] = {
    "contents": ["Good morning to all of you."],
    "mime_type": "text/plain",
    "source_language_code": "en",
    "target_language_code": "pt",
}


@pytest.fixture
async def channel(tmp_path: Path) -> AsyncIterator[grpc.aio.Channel]:
    (tmp_path / "shop.csv").write_text("en,pt\ncart,carrinho\n")
    settings = ServerConfig(port=0, glossaries=tmp_path)
    async with serve_in_process(settings, models(), FastTextDetector()) as server:
        async with grpc.aio.insecure_channel(server.address) as channel:
            yield channel


async def translated(channel: grpc.aio.Channel, **fields: Any) -> Any:
    return await call(channel, Google, "TranslateText", **(ASKED | fields))


async def test_texts_are_translated(channel: grpc.aio.Channel) -> None:
    answer = await translated(channel, contents=["One.", "", "Two."])
    assert [each.translated_text for each in answer.translations] == ["ONE.", "", "TWO."]
    assert not answer.glossary_translations
    assert not answer.translations[0].detected_language_code
    assert not answer.translations[0].model
    # What clients send besides is read over: here field 8, the parent.
    method = Google.descriptor.methods_by_name["TranslateText"]
    assert "parent" not in method.input_type.fields_by_name
    raw = b"\x0a\x04One.\x1a\x0atext/plain\x22\x02en\x2a\x02pt\x42\x0aprojects/x"
    [found] = (await call(channel, Google, "TranslateText", raw=raw)).translations
    assert found.translated_text == "ONE."


async def test_without_a_type_it_is_html(channel: grpc.aio.Channel) -> None:
    page = "<p title='One.'>Two <b>three</b> &amp; four.</p><pre>five</pre>"
    expected = "<p title='ONE.'>TWO <b>THREE</b> &amp; FOUR.</p><pre>five</pre>"
    for mime_type in ("", "text/html"):
        [found] = (await translated(channel, contents=[page], mime_type=mime_type)).translations
        assert found.translated_text == expected


async def test_a_source_that_is_not_named_is_detected(channel: grpc.aio.Channel) -> None:
    contents = ["Good morning to all of you.", "Bom dia a todos vocês aqui.", "12:30", "Das ist es"]
    answer = await translated(channel, contents=contents, source_language_code="")
    assert [
        (each.detected_language_code, each.translated_text) for each in answer.translations
    ] == [
        ("en", "GOOD MORNING TO ALL OF YOU."),
        ("pt", "Bom dia a todos vocês aqui."),
        ("und", "12:30"),
        ("und", "DAS IST ES~."),
    ]
    # Where nothing is translated from English it stays as it is.
    answer = await translated(
        channel, contents=["12:30", "Das ist es"], source_language_code="", model="small",
        target_language_code="en",
    )  # fmt: skip
    assert [each.translated_text for each in answer.translations] == ["12:30", "Das ist es"]


async def test_a_model_is_named_by_its_last_part(channel: grpc.aio.Channel) -> None:
    for model in ("capitals", f"{PARENT}/models/capitals", f"{PARENT}/models/general/nmt"):
        [found] = (await translated(channel, model=model)).translations
        assert found.translated_text == "GOOD MORNING TO ALL OF YOU."
        assert found.model == model
    refusal = await refused(
        channel, Google, "TranslateText", **(ASKED | {"model": f"{PARENT}/models/best"})
    )
    assert refusal.code == "NOT_FOUND"
    assert refusal.message == "there is no model 'best'; there are: capitals, small"


async def test_a_glossary_of_the_server_is_named_by_its_last_part(
    channel: grpc.aio.Channel,
) -> None:
    config = {"glossary": f"{PARENT}/glossaries/shop", "ignore_case": True}
    answer = await translated(channel, contents=["The cart is red."], glossary_config=config)
    assert [each.translated_text for each in answer.translations] == ["THE CART IS RED."]
    [found] = answer.glossary_translations
    assert found.translated_text == "THE carrinho IS RED."
    assert found.glossary_config.glossary == config["glossary"]


async def test_languages_are_detected(channel: grpc.aio.Channel) -> None:
    async def detected(content: str, mime_type: str = "text/plain") -> tuple[str, float]:
        fields: dict[str, Any] = {"content": content, "mime_type": mime_type}
        [found] = (await call(channel, Google, "DetectLanguage", **fields)).languages
        return found.language_code, found.confidence

    code, confidence = await detected("Onde fica a estação, por favor?")
    assert code == "pt"
    assert 0.9 < confidence <= 1
    assert (await detected("<p lang='the and of'>Bom dia a todos</p>", ""))[0] == "pt"
    # A model that only translates into it is enough.
    assert (await detected("Wo ist bitte der Bahnhof?"))[0] == "de"
    assert await detected("12:30") == ("und", 0.0)


async def test_languages_are_listed(channel: grpc.aio.Channel) -> None:
    async def listed(**fields: Any) -> list[tuple[str, str, bool, bool]]:
        found = (await call(channel, Google, "GetSupportedLanguages", **fields)).languages
        return [
            (each.language_code, each.display_name, each.support_source, each.support_target)
            for each in found
        ]

    assert await listed() == [
        ("de", "", False, True),
        ("en", "", True, True),
        ("pt", "", True, True),
    ]
    assert await listed(display_language_code="en", model=f"{PARENT}/models/small") == [
        ("en", "English", False, True),
        ("pt", "Portuguese", True, False),
    ]


@pytest.mark.parametrize(
    ("fields", "field", "told"),
    [
        ({"contents": []}, "contents", "at least one text"),
        ({"contents": ["One."] * 2_000}, "contents", "has 2000 texts; at most 128"),
        ({"contents": ["One.", "a" * 50_000]}, "contents[1]", "at most 50000"),
        (
            {"mime_type": "application/pdf"},
            "mime_type",
            "'application/pdf'; allowed: \"text/plain\"",
        ),
        ({"target_language_code": ""}, "target_language_code", "is empty"),
        ({"target_language_code": "tlh"}, "target_language_code", "is 'tlh': no model translates"),
        ({"source_language_code": "not a code"}, "source_language_code", "'not a code'"),
        (
            {"glossary_config": {"glossary": f"{PARENT}/glossaries/none"}},
            "glossary_config.glossary",
            "there is no glossary 'none'; there are shop",
        ),
        ({"glossary_config": {}}, "glossary_config.glossary", "there is no glossary ''"),
    ],
)
async def test_what_is_not_allowed_is_named(
    channel: grpc.aio.Channel, fields: dict[str, Any], field: str, told: str
) -> None:
    refusal = await refused(channel, Google, "TranslateText", **(ASKED | fields))
    assert refusal.code == "INVALID_ARGUMENT"
    assert field in refusal.fields
    assert told in refusal.message


async def test_what_is_not_allowed_elsewhere_is_named_too(channel: grpc.aio.Channel) -> None:
    refusal = await refused(channel, Google, "DetectLanguage")
    assert refusal.fields == ["content"]
    refusal = await refused(channel, Google, "DetectLanguage", content="a" * 50_001)
    assert refusal.message == "content: has 50001 code points; at most 50000 are allowed"
    refusal = await refused(channel, Google, "GetSupportedLanguages", model="best")
    assert refusal.code == "NOT_FOUND"
    on = {"transliteration_config": {"enable_transliteration": True}}
    refusal = await refused(channel, Google, "TranslateText", **(ASKED | on))
    assert refusal.code == "UNIMPLEMENTED"
    assert refusal.message.startswith("transliteration_config: ")


async def test_detecting_takes_a_place_like_translating() -> None:
    settings = ServerConfig(port=0, limits=Limits(max_translate_requests=1))
    detecting, free = Event(), Event()

    class Slow(FakeDetector):
        def detect(self, text: str, candidates: Collection[str], target: str = "") -> None:
            detecting.set()
            free.wait(60)

    async with serve_in_process(settings, models(), Slow()) as server:
        async with grpc.aio.insecure_channel(server.address) as channel:
            first = asyncio.create_task(call(channel, Google, "DetectLanguage", content="One."))
            try:
                await asyncio.to_thread(detecting.wait, 60)
                for rpc, fields in (
                    ("DetectLanguage", {"content": "Two."}),
                    ("TranslateText", ASKED),
                ):
                    refusal = await refused(channel, Google, rpc, **fields)
                    assert refusal.code == "RESOURCE_EXHAUSTED"
            finally:
                free.set()
            assert (await first).languages[0].language_code == "und"


async def test_of_other_rpcs_it_is_said_what_is_served(channel: grpc.aio.Channel) -> None:
    for rpc in ("BatchTranslateText", "CreateGlossary", "WhateverComesNext"):
        method = cast(Any, channel).unary_unary(f"/{Google.descriptor.full_name}/{rpc}")
        with pytest.raises(grpc.aio.AioRpcError, match=f"{rpc} is not served: .*Text") as error:
            await method(b"\x0a\x01x")
        assert error.value.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_keys_come_as_googles_clients_send_them(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "translator.audit")
    access = tmp_path / "access.toml"
    may = add_key(access, "may", [Role.TRANSLATE], None, {})
    may_not = add_key(access, "streams", [Role.STREAM], None, {})
    settings = ServerConfig(port=0, access=access)
    async with serve_in_process(settings, models(), FastTextDetector()) as server:
        async with grpc.aio.insecure_channel(server.address) as channel:

            async def told(rpc: str, fields: dict[str, Any], *metadata: tuple[str, str]) -> str:
                refusal = await refused(channel, Google, rpc, metadata=metadata, **fields)
                return refusal.code

            for metadata in (("x-goog-api-key", may), ("authorization", f"Bearer {may}")):
                await call(channel, Google, "TranslateText", metadata=[metadata], **ASKED)
            for rpc, fields in (
                ("TranslateText", ASKED),
                ("DetectLanguage", {"content": "One."}),
                ("GetSupportedLanguages", {}),
            ):
                assert await told(rpc, fields) == "UNAUTHENTICATED"
                wrong = ("x-goog-api-key", "tk_wrong")
                assert await told(rpc, fields, wrong) == "UNAUTHENTICATED"
            for rpc, fields in (("TranslateText", ASKED), ("DetectLanguage", {"content": "One."})):
                assert await told(rpc, fields, ("x-goog-api-key", may_not)) == "PERMISSION_DENIED"
    lines = [record.fields for record in caplog.records if record.name == "translator.audit"]  # type: ignore[attr-defined]
    assert {line["front"] for line in lines} == {"google"}
    assert [line["key"] for line in lines].count("may") == 2
    assert all("Good morning" not in str(line) for line in lines)


async def test_calls_are_counted() -> None:
    metrics = Metrics()
    front = Google(None, metrics.fronts, Parsing())  # type: ignore[arg-type]

    class Details:
        method = f"/{Google.descriptor.full_name}/DetectLanguage"

    class Call:
        def peer(self) -> str:
            return "ipv4:192.0.2.1:4711"

    handler = front.service(Details)  # type: ignore[arg-type]
    with pytest.raises(Exception, match="content"):
        await handler.unary_unary(b"", Call())

    def counted(name: str, **labels: str) -> float | None:
        return metrics.registry.get_sample_value(f"translator_front_{name}", labels)

    assert counted("requests_total", front="google", code="INVALID_ARGUMENT") == 1
    assert counted("seconds_count", front="google") == 1
