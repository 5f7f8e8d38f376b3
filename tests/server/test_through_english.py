"""A pair that no model translates, over a real socket."""

from collections.abc import AsyncIterator
from dataclasses import replace

import grpc
import pytest

from tests.server.wire import config, connected, exchange, named, source
from translator.languages.pair import LanguagePair
from translator.server.app import RunningServer
from translator.testing import FakeModel, serve_in_process
from translator.v1 import translate_pb2

pytestmark = pytest.mark.server

TALK = "Good morning to you all. We begin with a question, then go on. Any ideas?"


def bracketed(word: str) -> str:
    """What the second leg makes of a word."""
    return word + "x" if word[-1].isalnum() else word


def legs() -> list[FakeModel]:
    return [
        FakeModel(LanguagePair("de", "en"), name="deen"),
        FakeModel(LanguagePair("en", "pt"), name="enpt", word=bracketed),
        FakeModel(LanguagePair("de", "fr"), name="defr"),
    ]


@pytest.fixture
async def pivoting() -> AsyncIterator[RunningServer]:
    async with serve_in_process(models=legs()) as running:
        yield running


@pytest.mark.parametrize("policy", ["local-agreement", "final-only", "retranslation"])
async def test_a_stream_goes_through_english_beside_one_that_need_not(
    pivoting: RunningServer, policy: str
) -> None:
    words = [source(i + 1, word + " ") for i, word in enumerate(TALK.split())]
    first = config(["pt-BR", "fr", "en"], source="de-AT", policy=named(policy), alignments=True)
    result = await exchange(pivoting.address, [first, *words], pause_s=0.005)
    assert result.code == grpc.StatusCode.OK
    started = {t.target_language_code: t.model for t in result.responses[0].started.targets}
    assert started == {"pt-BR": "deen+enpt", "fr": "defr", "en": "deen"}
    assert list(result.texts("pt-BR").values()) == [
        "GOODx MORNINGx TOx YOUx ALLx.",
        "WEx BEGINx WITHx Ax QUESTIONx, THENx GOx ONx.",
        "ANYx IDEASx?",
    ]
    assert list(result.texts("fr").values()) == list(result.texts("en").values())
    ends = [u.segment_source_start + u.source_committed_length for u in result.updates("pt-BR")]
    assert ends == sorted(ends)
    assert ends[-1] == len(TALK) + 1
    aligned = [a for u in result.updates("pt-BR") for a in u.alignments]
    assert len(aligned) == 15 + 4


async def test_translate_goes_through_english_too(pivoting: RunningServer) -> None:
    text = " Guten Tag.  Wie geht's?\n"
    request = translate_pb2.TranslateRequest(
        texts=[text], source_language_code="de", target_language_code="pt", alignments=True
    )
    async with connected(pivoting.address) as stub:
        [translation] = (await stub.Translate(request)).translations
    assert translation.text == " GUTENx TAGx.  WIEx GEHTx'Sx?\n"
    assert translation.model == "deen+enpt"
    words = [text[a.source_start : a.source_end] for a in translation.alignments]
    assert words == ["Guten", "Tag", ".", "Wie", "geht's", "?"]


async def test_a_leg_that_is_not_there_is_named(pivoting: RunningServer) -> None:
    for fields, message in (
        ({"source": "de"}, "no model translates de to es, and none en to es for the way through "),
        ({"source": "de", "model": "deen"}, "model 'deen' does not translate de to es; there are"),
    ):
        result = await exchange(pivoting.address, [config(["es"], **fields)])
        assert result.code == grpc.StatusCode.NOT_FOUND
        assert result.reason() == "LANGUAGE_PAIR_NOT_SUPPORTED"
        assert result.status is not None
        assert message in result.status.message


async def test_a_leg_that_does_not_align_is_refused_for_alignatt() -> None:
    for number, name in enumerate(("deen", "enpt")):
        models = legs()
        models[number].info = replace(models[number].info, supports_alignment=False)
        async with serve_in_process(models=models) as server:
            first = config(["pt"], source="de", policy=named("alignatt"))
            result = await exchange(server.address, [first])
            assert result.code == grpc.StatusCode.INVALID_ARGUMENT
            assert result.status is not None
            assert f"model '{name}' does not align" in result.status.message
