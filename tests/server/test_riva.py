"""Riva's translation on the wire, and what it answers to what is not valid."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import grpc
import pytest

from tests.server.fronts import models
from tests.server.rpc_fronts import call, refused
from translator.access.caller import Role
from translator.access.key_file import add_key
from translator.config import ServerConfig
from translator.fronts.riva.front import Riva
from translator.languages.detection import FastTextDetector
from translator.testing import serve_in_process

pytestmark = pytest.mark.server

PAIR: dict[str, Any] = {"source_language": "en-US", "target_language": "pt-BR"}
SPEECH = ("StreamingTranslateSpeechToText", "StreamingTranslateSpeechToSpeech")


@pytest.fixture
async def channel() -> AsyncIterator[grpc.aio.Channel]:
    async with serve_in_process(models=models(), detector=FastTextDetector()) as server:
        async with grpc.aio.insecure_channel(server.address) as channel:
            yield channel


async def texts(channel: grpc.aio.Channel, *given: str, **fields: Any) -> list[str]:
    answer = await call(channel, Riva, "TranslateText", texts=given, **(PAIR | fields))
    return [each.text for each in answer.translations]


async def test_texts_are_translated(channel: grpc.aio.Channel) -> None:
    answer = await call(
        channel, Riva, "TranslateText", texts=["One.", "", "Two."], **PAIR, id={"value": "seven"}
    )
    assert [each.text for each in answer.translations] == ["ONE.", "", "TWO."]
    assert {each.language for each in answer.translations} == {"pt-BR"}
    assert answer.id.value == "seven"
    assert not (await call(channel, Riva, "TranslateText", texts=["One."], **PAIR)).HasField("id")
    assert await texts(channel, "One.", model="capitals", max_len_variation="150") == ["ONE."]


async def test_phrases_keep_their_words_or_get_their_own(channel: grpc.aio.Channel) -> None:
    # One string, as its client for Python sends them; and several.
    given = ["Blue Door##,lamp##candeia, cart"]
    assert await texts(channel, "The lamp of Blue Door.", dnt_phrases=given) == [
        "THE candeia OF Blue Door."
    ]
    assert await texts(channel, "The cart.", dnt_phrases=["lamp##candeia", "cart"]) == ["THE cart."]
    assert await texts(channel, "One.", dnt_phrases=["", " , "]) == ["ONE."]


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("The <dnt>Blue Door</dnt> is open.", "THE Blue Door IS OPEN."),
        ("A <dnt>big </dnt>and <dnt>small</dnt> one.", "A big AND small ONE."),
        ("An <dnt></dnt>empty one.", "AN EMPTY ONE."),
        ("A dash <dnt>—</dnt> stays.", "A DASH — STAYS."),
        ("Half <dnt>a mark.", "HALF <dnt>A MARK."),
    ],
)
async def test_what_is_marked_stays_and_the_marks_go(
    channel: grpc.aio.Channel, marked: str, expected: str
) -> None:
    assert await texts(channel, marked) == [expected]


async def test_a_mark_counts_more_than_the_list(channel: grpc.aio.Channel) -> None:
    given = ["lamp##candeia"]
    assert await texts(channel, "The <dnt>lamp</dnt>.", dnt_phrases=given) == ["THE lamp."]


async def test_models_are_listed_with_their_languages(channel: grpc.aio.Channel) -> None:
    found = (await call(channel, Riva, "ListSupportedLanguagePairs")).languages
    assert {name: (list(p.src_lang), list(p.tgt_lang)) for name, p in found.items()} == {
        "capitals": (["en"], ["de", "pt"]),
        "small": (["pt"], ["en"]),
    }
    found = (await call(channel, Riva, "ListSupportedLanguagePairs", model="small")).languages
    assert list(found) == ["small"]
    refusal = await refused(channel, Riva, "ListSupportedLanguagePairs", model="megatron")
    assert refusal.code == "NOT_FOUND"
    assert refusal.message == "there is no model 'megatron'; there are: capitals, small"


@pytest.mark.parametrize(
    ("fields", "field", "told"),
    [
        ({"texts": []}, "texts", "at least one text"),
        ({"texts": ["One."] * 2_000}, "texts", "has 2000 texts; at most 128"),
        ({"texts": ["One.", "a" * 50_000]}, "texts[1]", "at most 50000"),
        ({"target_language": ""}, "target_language", "is empty"),
        ({"source_language": ""}, "source_language", "is empty"),
        ({"target_language": "not a code"}, "target_language", "'not a code'"),
        ({"target_language": "tlh"}, "target_language", "is 'tlh': no model translates en-US"),
        ({"max_len_variation": "lots"}, "max_len_variation", "is 'lots'; allowed: a whole number"),
        ({"max_len_variation": "-1"}, "max_len_variation", "is '-1'"),
        ({"dnt_phrases": ["a,##b"]}, "dnt_phrases[1].source_term", "it is empty"),
        ({"dnt_phrases": ["cat##x,cat##y"]}, "dnt_phrases[1]", "(dnt_phrases[0])"),
    ],
)
async def test_what_is_not_allowed_is_named(
    channel: grpc.aio.Channel, fields: dict[str, Any], field: str, told: str
) -> None:
    refusal = await refused(channel, Riva, "TranslateText", **({"texts": ["One."]} | PAIR | fields))
    assert refusal.code == "INVALID_ARGUMENT"
    assert field in refusal.fields
    assert told in refusal.message


async def test_what_is_no_message_is_refused(channel: grpc.aio.Channel) -> None:
    for raw in (b"\xff\xff", b"\x0a\x02\xff\xfe"):
        refusal = await refused(channel, Riva, "TranslateText", raw=raw)
        assert (refusal.code, refusal.message[:23]) == (
            "INVALID_ARGUMENT",
            "request: cannot be read",
        )


async def test_what_is_too_large_or_has_no_key_is_refused(tmp_path: Path) -> None:
    rules = tmp_path / "access.toml"
    key = add_key(rules, "desk", [Role.TRANSLATE], expires=None, quotas={})
    bearer = [("authorization", f"Bearer {key}")]
    async with serve_in_process(ServerConfig(port=0, access=rules), models()) as server:
        async with grpc.aio.insecure_channel(server.address) as channel:
            asked: dict[str, Any] = {"texts": ["One."], **PAIR}
            assert await texts(channel, "One.", metadata=bearer) == ["ONE."]
            for metadata in ([], [("authorization", "Bearer tk_wrong")]):
                refusal = await refused(channel, Riva, "TranslateText", metadata=metadata, **asked)
                assert refusal.code == "UNAUTHENTICATED"
            raw = b"\x0a\x80\x80\x80\x32" + b"a" * (100 << 20)
            refusal = await refused(channel, Riva, "TranslateText", metadata=bearer, raw=raw)
            assert refusal.code == "RESOURCE_EXHAUSTED"
            # A number in a string's place is no text.
            raw = b"\x08\x05"
            refusal = await refused(channel, Riva, "TranslateText", metadata=bearer, raw=raw)
            assert refusal.code == "INVALID_ARGUMENT"


async def test_of_speech_it_is_said_where_its_text_goes(channel: grpc.aio.Channel) -> None:
    for rpc in SPEECH:
        method = cast(Any, channel).stream_stream(f"/{Riva.descriptor.full_name}/{rpc}")
        # It sends nothing first: grpc.aio may put a status of its own in the server's place where
        # a write fails (github.com/grpc/grpc/issues/36066). Riva's client is not made of it.
        with pytest.raises(grpc.aio.AioRpcError, match="texts are, by TranslateText") as error:
            await method().read()
        assert error.value.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_an_operator_may_leave_it_out() -> None:
    settings = ServerConfig(port=0, fronts=("google",))
    async with serve_in_process(settings) as server:
        async with grpc.aio.insecure_channel(server.address) as channel:
            refusal = await refused(channel, Riva, "ListSupportedLanguagePairs")
    assert (refusal.code, refusal.message) == ("UNIMPLEMENTED", "Method not found!")
