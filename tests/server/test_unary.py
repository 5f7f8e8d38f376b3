"""Translate and ListModels over a real socket."""

import asyncio

import grpc
import pytest
from google.rpc import code_pb2
from wire import connected

from translator.config import Limits, ServerConfig
from translator.models.base import LanguagePair
from translator.server.app import RunningServer
from translator.testing import FakeModel, _FakeStates, serve_in_process
from translator.v1 import models_pb2, translate_pb2

pytestmark = pytest.mark.server


def request(*texts: str, **fields: object) -> translate_pb2.TranslateRequest:
    values = {"source_language_code": "xx", "target_language_code": "yy", **fields}
    return translate_pb2.TranslateRequest(texts=texts, **values)


async def test_texts_keep_their_order_and_their_own_white_space(server: RunningServer) -> None:
    async with connected(server.address) as stub:
        response = await stub.Translate(request("  one. two!\n\n three. \n", "", " \t", "four."))
    assert [t.text for t in response.translations] == [
        "  ONE. TWO!\n\n THREE. \n",
        "",
        " \t",
        "FOUR.",
    ]
    assert {t.model for t in response.translations} == {"fake"}


async def test_alignments_are_positions_in_the_texts(server: RunningServer) -> None:
    text = " one two.  three four."
    async with connected(server.address) as stub:
        response = await stub.Translate(request(text, alignments=True))
    [translation] = response.translations
    pairs = [
        (text[a.source_start : a.source_end], translation.text[a.target_start : a.target_end])
        for a in translation.alignments
    ]
    words = ["one", "two", ".", "three", "four", "."]
    assert pairs == [(word, word.upper()) for word in words]


async def test_a_text_that_is_too_long_fails_alone() -> None:
    limited = ServerConfig(port=0, limits=Limits(max_text_length=10))
    async with serve_in_process(limited) as server, connected(server.address) as stub:
        response = await stub.Translate(request("short.", "much too long."))
    assert response.translations[0].text == "SHORT."
    assert response.translations[1].status.code == code_pb2.INVALID_ARGUMENT
    assert "texts[1]" in response.translations[1].status.message


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"mime_type": "text/html"}, grpc.StatusCode.UNIMPLEMENTED),
        ({"mime_type": "image/png"}, grpc.StatusCode.INVALID_ARGUMENT),
        ({"num_alternatives": 2}, grpc.StatusCode.UNIMPLEMENTED),
        ({"model": "none"}, grpc.StatusCode.NOT_FOUND),
        ({"target_language_code": "ww"}, grpc.StatusCode.NOT_FOUND),
        ({"texts": []}, grpc.StatusCode.INVALID_ARGUMENT),
        ({"texts": ["a"] * 129}, grpc.StatusCode.INVALID_ARGUMENT),
    ],
)
async def test_what_is_not_served_has_its_code(
    server: RunningServer, fields: dict[str, object], code: grpc.StatusCode
) -> None:
    texts = fields.pop("texts", ["a"])
    async with connected(server.address) as stub:
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await stub.Translate(request(*texts, **fields))
    assert failed.value.code() == code


async def test_a_deadline_ends_the_work() -> None:
    class Slow(FakeModel):
        def max_target_tokens(self, num_source_tokens: int) -> int:
            return 10**9

        def encode(self, sources):  # type: ignore[no-untyped-def]
            # A translation without an end of sentence.
            return [_FakeStates(target=(1,), num_tokens=3) for _ in sources]

    model = Slow()
    model._tokenizer.id("word")
    async with serve_in_process(models=[model]) as server, connected(server.address) as stub:
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await stub.Translate(request("never ends."), timeout=0.3)
        assert failed.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
        await asyncio.sleep(0.2)
        steps = model.num_steps
        await asyncio.sleep(0.2)
        assert model.num_steps == steps


async def test_models_are_listed_page_by_page_with_the_policies() -> None:
    models = [FakeModel(LanguagePair("xx", f"y{c}"), name=f"m{c}") for c in "cab"]
    async with serve_in_process(models=models) as server, connected(server.address) as stub:
        first = await stub.ListModels(models_pb2.ListModelsRequest(page_size=2))
        assert [m.name for m in first.models] == ["ma", "mb"]
        second = await stub.ListModels(
            models_pb2.ListModelsRequest(page_size=2, page_token=first.next_page_token)
        )
        assert [m.name for m in second.models] == ["mc"]
        assert not second.next_page_token
        assert {p.name for p in first.policies} >= {
            "local-agreement",
            "final-only",
            "retranslation",
        }


async def test_a_regional_code_is_served_by_its_language() -> None:
    models = [
        FakeModel(LanguagePair("en", "pt"), name="any"),
        FakeModel(LanguagePair("en", "pt-PT"), name="portugal"),
    ]
    async with serve_in_process(models=models) as server, connected(server.address) as stub:
        for target, model in (("pt", "any"), ("PT-pt", "portugal"), ("pt-AO", "portugal")):
            response = await stub.Translate(
                request("a.", source_language_code="EN-us", target_language_code=target)
            )
            assert response.translations[0].model == model
