"""A Transformers model behind a real socket: the small one that counts."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import grpc
import pytest

from tests.server.wire import chunks, config, connected, exchange, named, source
from translator.catalog.describe import describe_models
from translator.config import ServerConfig
from translator.server.app import RunningServer
from translator.testing import FakeModel, serve_in_process
from translator.v1 import models_pb2, streaming_pb2, translate_pb2

pytestmark = pytest.mark.server

FOLDER = Path(__file__).parents[1] / "models" / "counting" / "model"
TALK = "seven, twenty two. two hundred thousand and nine, forty. three hundred and one, six."
SAID = [
    "sete, vinte e dois.",
    "duzentos mil e nove, quarenta.",
    "trezentos e um, seis.",
]


@pytest.fixture(scope="module")
def settings() -> ServerConfig:
    return ServerConfig(port=0, models=(f"en-pt={FOLDER}",))


@pytest.fixture
async def counting(settings: ServerConfig) -> AsyncIterator[RunningServer]:
    async with serve_in_process(settings, describe_models(settings)) as running:
        yield running


@pytest.mark.parametrize("policy", ["final-only", "retranslation"])
async def test_a_streamed_talk_is_exactly_the_whole_translation(
    counting: RunningServer, policy: str
) -> None:
    async with connected(counting.address) as stub:
        whole = await stub.Translate(
            translate_pb2.TranslateRequest(
                texts=[TALK], source_language_code="en", target_language_code="pt-BR"
            )
        )
    assert whole.translations[0].text == " ".join(SAID)
    words = [source(i + 1, word + " ") for i, word in enumerate(TALK.split())]
    for requests in (words, chunks(TALK, 7)):
        streamed = await exchange(
            counting.address, [config(["pt"], source="en", policy=named(policy)), *requests]
        )
        assert streamed.code == grpc.StatusCode.OK
        assert [text.strip() for text in streamed.texts("pt").values()] == SAID


async def test_it_commits_before_a_sentence_ends_and_aligns(counting: RunningServer) -> None:
    words = [source(i + 1, word + " ") for i, word in enumerate(TALK.split())]
    result = await exchange(
        counting.address, [config(["pt"], source="en", alignments=True), *words], pause_s=0.12
    )
    updates = result.updates("pt")
    assert any(u.committed and not u.segment_closed for u in updates)
    assert any(u.draft for u in updates)
    assert any(u.alignments for u in updates)
    assert result.report.targets[0].decoder_steps_saved > 0


async def test_four_targets_of_one_stream_have_each_its_own_text_and_revisions() -> None:
    settings = ServerConfig(port=0, models=(f"all={FOLDER.parent / 'many'}",))
    targets = ["es", "fr", "it", "pt-BR"]
    words = [source(i + 1, word + " ") for i, word in enumerate(["seven,", "twenty", "two."])]
    async with serve_in_process(settings, describe_models(settings)) as server:
        result = await exchange(server.address, [config(targets, source="en"), *words])
        async with connected(server.address) as stub:
            [listed] = (await stub.ListModels(models_pb2.ListModelsRequest())).models
    assert result.code == grpc.StatusCode.OK
    assert {t: "".join(result.texts(t).values()).strip() for t in targets} == {
        "es": "siete, veintidós.",
        "fr": "sept, vingt-deux.",
        "it": "sette, ventidue.",
        "pt-BR": "sete, vinte e dois.",
    }
    for target in targets:
        revisions = [update.revision for update in result.updates(target)]
        assert revisions == list(range(1, len(revisions) + 1))
    assert [report.target_language_code for report in result.report.targets] == targets
    assert listed.supports_multiple_targets
    assert len(listed.pairs) == 9900


async def test_it_is_listed_as_what_it_is(counting: RunningServer) -> None:
    async with connected(counting.address) as stub:
        listed = await stub.ListModels(models_pb2.ListModelsRequest())
    [model] = listed.models
    assert (model.name, model.family) == ("model", "transformers-marian")
    assert model.supports_alignment
    assert not model.supports_multiple_targets
    assert model.origin == str(FOLDER)


async def test_alignatt_is_refused_with_a_model_that_does_not_align() -> None:
    model = FakeModel()
    model.info = replace(model.info, supports_alignment=False)
    async with serve_in_process(models=[model]) as server:
        result = await exchange(server.address, [config(policy=named("alignatt"))])
        assert result.code == grpc.StatusCode.INVALID_ARGUMENT
        assert result.status is not None
        assert "alignatt, but model 'fake' does not align" in result.status.message
        fine = await exchange(server.address, [config(policy=streaming_pb2.StreamingPolicy())])
        assert fine.code == grpc.StatusCode.OK
