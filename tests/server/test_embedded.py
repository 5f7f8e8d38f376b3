"""The embedded model behind a real socket, with the talks of the demo."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.server.wire import Request, chunks, config, connected, exchange, named, source
from translator.config import ServerConfig
from translator.server.app import RunningServer
from translator.testing import serve_in_process
from translator.v1 import streaming_pb2, translate_pb2

pytestmark = pytest.mark.server

TALKS = Path(__file__).parents[2] / "examples"


@pytest.fixture
async def embedded() -> AsyncIterator[RunningServer]:
    from translator.catalog.describe import describe_models

    settings = ServerConfig(port=0)
    async with serve_in_process(settings, describe_models(settings)) as running:
        yield running


def word_by_word(text: str) -> list[Request]:
    return [source(i + 1, word + " ") for i, word in enumerate(text.split())]


@pytest.mark.parametrize(("from_", "to"), [("en", "pt"), ("pt", "en")])
async def test_final_only_streamed_is_exactly_the_whole_translation(
    embedded: RunningServer, from_: str, to: str
) -> None:
    talk = " ".join((TALKS / f"talk.{from_}.txt").read_text(encoding="utf-8").split())
    async with connected(embedded.address) as stub:
        whole = await stub.Translate(
            translate_pb2.TranslateRequest(
                texts=[talk], source_language_code=from_, target_language_code=to
            )
        )
    policy = named("final-only")
    for requests in (word_by_word(talk), chunks(talk, 11)):
        streamed = await exchange(
            embedded.address, [config([to], source=from_, policy=policy), *requests]
        )
        assert " ".join(streamed.texts(to).values()) == whole.translations[0].text


async def test_the_default_policy_commits_before_the_sentence_ends_and_saves_steps(
    embedded: RunningServer,
) -> None:
    talk = (TALKS / "talk.en.txt").read_text(encoding="utf-8").split("\n\n")[0]
    result = await exchange(
        embedded.address,
        [config(["pt"], source="en", alignments=True), *word_by_word(talk)],
        pause_s=0.08,
    )
    [figures] = result.report.targets
    early = [u for u in result.updates("pt") if u.committed and not u.segment_closed]
    assert early
    assert figures.mean_lag_words < 12
    assert figures.decoder_steps_saved > figures.decoder_steps_run / 4
    # Alignment says how far in the source the committed text is.
    assert all(0 < u.source_committed_length <= len(talk) for u in early)


@pytest.mark.parametrize(("from_", "to", "sure"), [("en-GB", "pt-BR", 85), ("pt", "en", 90)])
async def test_a_preset_is_what_it_is_for_the_pair(
    embedded: RunningServer, from_: str, to: str, sure: int
) -> None:
    low = streaming_pb2.StreamingPolicy(latency=streaming_pb2.LATENCY_LOW)
    result = await exchange(embedded.address, [config([to], source=from_, policy=low)])
    [target] = result.responses[0].started.targets
    assert target.policy.parameters["sure"] == sure


async def test_a_resumed_stream_goes_on_after_its_committed_text(embedded: RunningServer) -> None:
    resumed = streaming_pb2.ResumedTarget(
        target_language_code="pt",
        segment_id=3,
        revision=9,
        segment_source_start=120,
        source_committed="The library opens at nine and ",
        target_committed="A biblioteca abre às nove",
    )
    state = streaming_pb2.ResumeState(session_id="s", targets=[resumed])
    result = await exchange(
        embedded.address,
        [config(["pt"], source="en", resume=state), source(1, "closes at six. ")],
    )
    updates = result.updates("pt")
    assert updates[0].revision == 10
    assert {u.segment_id for u in updates} == {3}
    rest = "".join(u.committed for u in updates)
    assert rest.startswith(" e ")
    assert updates[-1].committed_length == len("A biblioteca abre às nove" + rest)
    assert updates[-1].segment_closed
