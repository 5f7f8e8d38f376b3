"""Every front over gRPC: the same text gets the same translation as over our own contract."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import descriptor_pool

from tests.contract.judging import judged
from tests.contract.test_fronts import CASES
from tests.server.fronts import models
from tests.server.rpc_fronts import call
from translator.client import AsyncTranslatorClient
from translator.config import ServerConfig
from translator.fronts.google.front import Google
from translator.fronts.riva.front import Riva
from translator.languages.detection import FastTextDetector
from translator.server.app import RunningServer
from translator.testing import serve_in_process

pytestmark = pytest.mark.contract

Wire = Callable[[grpc.aio.Channel, Sequence[str], str, str, str], Awaitable[list[str]]]


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[RunningServer]:
    (tmp_path / "shop.csv").write_text("en,pt\ncart,carrinho\n")
    settings = ServerConfig(port=0, glossaries=tmp_path)
    async with serve_in_process(settings, models(), FastTextDetector()) as running:
        yield running


async def riva(
    channel: grpc.aio.Channel, texts: Sequence[str], source: str, target: str, kind: str
) -> list[str]:
    assert kind == "text"
    languages: dict[str, Any] = {"source_language": source or "und", "target_language": target}
    answer = await call(channel, Riva, "TranslateText", texts=texts, **languages)
    return [each.text for each in answer.translations]


async def google(
    channel: grpc.aio.Channel, texts: Sequence[str], source: str, target: str, kind: str
) -> list[str]:
    languages: dict[str, Any] = {"source_language_code": source, "target_language_code": target}
    kinds = {"text": "text/plain", "html": "text/html"}
    answer = await call(
        channel, Google, "TranslateText", contents=texts, mime_type=kinds[kind], **languages
    )
    return [each.translated_text for each in answer.translations]


WIRES: list[Wire] = [riva, google]


async def test_the_same_text_gets_the_same_translation(server: RunningServer) -> None:
    async with (
        AsyncTranslatorClient(server.address) as client,
        grpc.aio.insecure_channel(server.address) as channel,
    ):
        for texts, source, target, kind in CASES:
            direct = await client.translate(
                texts, source or "und", target, mime_type="text/html" if kind == "html" else ""
            )
            for wire in WIRES if kind == "text" else [google]:
                found = await wire(channel, texts, source, target, kind)
                assert found == [each.text for each in direct], wire.__name__


async def test_many_callers_at_once_get_their_own(server: RunningServer) -> None:
    async def ask(wire: Wire, number: int) -> None:
        # Each has a connection of its own, as callers on many machines have.
        options = [("grpc.use_local_subchannel_pool", 1)]
        async with grpc.aio.insecure_channel(server.address, options=options) as channel:
            found = await wire(channel, [f"Call {number}."], "en", "pt", "text")
        assert found == [f"CALL {number}."]

    for wire in WIRES:
        await asyncio.gather(*(ask(wire, number) for number in range(64)))


def test_messages_are_in_no_pool_that_others_see() -> None:
    # Another test may have Google's own package in this process.
    for front in (Riva, Google):
        name = f"{front.descriptor.file.package}.TranslateTextRequest"
        ours = front.descriptor.file.pool.FindMessageTypeByName(name)
        assert front.descriptor.file.pool is not descriptor_pool.Default()
        with suppress(KeyError):
            assert descriptor_pool.Default().FindMessageTypeByName(name) is not ours


# The judges: clients that people have, unchanged, each in a process of its own


async def test_the_client_of_riva(server: RunningServer) -> None:
    found = await judged("riva_judge.py", server.address)
    assert found["one"] == ["GOOD MORNING."]
    assert found["many"] == ["ONE.", "TWO."]
    assert found["later"] == ["ONE."]
    assert found["terms"] == ["THE candeia OF Blue Door."]
    assert found["languages"] == {
        "capitals": [["en"], ["de", "pt"]],
        "small": [["pt"], ["en"]],
    }
    assert found["refused"][0] == "INVALID_ARGUMENT"
    assert "no model translates en to tlh" in found["refused"][1]
    assert found["speech"][0] == "UNIMPLEMENTED"
    assert "TranslateText" in found["speech"][1]


async def test_the_client_of_google(server: RunningServer) -> None:
    found = await judged("google_judge.py", server.address)
    assert found["flat"] == ["GOOD MORNING."]
    assert found["many"] == ["ONE.", "TWO."]
    assert found["html"] == ["<p>ONE <b>TWO</b>.</p>"]
    assert found["detected"] == "en"
    assert found["model"] == "projects/mine/locations/global/models/general/nmt"
    assert found["terms"] == ["THE carrinho."]
    assert found["languages"] == {"de": "German", "en": "English", "pt": "Portuguese"}
    assert found["question"] == "pt"
    assert found["refused"][0] == "InvalidArgument"
    assert "no model translates en to tlh" in found["refused"][1]
    assert found["fields"] == ["contents"]
    assert found["glossaries"][0] == "MethodNotImplemented"
