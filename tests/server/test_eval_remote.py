"""Evaluation through a server: the same output as in this process, and a report that is true."""

import random
from collections.abc import AsyncIterator
from dataclasses import astuple, replace

import pytest

from translator.asr.piece import SourcePiece
from translator.catalog.catalog import Served
from translator.client import AsyncTranslatorClient, NamedPolicy, Report, Update
from translator.eval import log
from translator.eval.data import Sentence
from translator.eval.end import End
from translator.eval.figures import Figures, figures
from translator.eval.remote import replay_remotely, replay_talk_remotely
from translator.eval.replay import replay
from translator.eval.talk import Arrival, Talk
from translator.eval.updates import Received, Sent, segments
from translator.languages.pair import LanguagePair
from translator.policy.registry import Latency, PolicyChoice
from translator.server.app import RunningServer
from translator.testing import FakeModel, fake_translation

pytestmark = pytest.mark.server

PAIR = LanguagePair("xx", "yy")
SOURCES = [
    "the boat leaves the harbour before dawn. and nobody waves",
    "rain",
    "four crates of oranges, two of lemons and a very old piano.",
    # Opaque: it is passed on, and nothing is decoded before the next word.
    "x" * 120 + " is what it says",
]
SENTENCES = [Sentence(i, source, fake_translation(source)) for i, source in enumerate(SOURCES)]
POLICIES = [
    PolicyChoice("local-agreement", {"n": 2}),
    PolicyChoice("retranslation", {"mask-k": 2}),
    PolicyChoice("final-only", {}),
]


@pytest.fixture
async def client(server: RunningServer) -> AsyncIterator[AsyncTranslatorClient]:
    async with AsyncTranslatorClient(server.address) as opened:
        yield opened


def timeless(figures: Figures) -> Figures:
    """Without what depends on a clock that is the server's own."""
    return replace(figures, mean_lag_ms=0.0)


@pytest.mark.parametrize("policy", [*POLICIES, Latency.LOW], ids=lambda policy: policy.name)
@pytest.mark.parametrize(("jobs", "end"), [(1, End.NEXT_WORD), (3, End.WITH_LAST)])
async def test_sentences_through_a_server_are_those_of_this_process(
    client: AsyncTranslatorClient, policy: Latency | PolicyChoice, jobs: int, end: End
) -> None:
    local = list(replay(Served(FakeModel(), PAIR), SENTENCES, policy, end=end))
    streamed = replay_remotely(client, PAIR, SENTENCES, policy, end=end, jobs=jobs)
    remote = [i async for i in streamed]
    assert len(remote) == len(local)
    for one, other in zip(remote, local, strict=True):
        assert (one.index, one.prediction, one.delays, one.end) == (
            other.index,
            other.prediction,
            other.delays,
            other.end,
        )
        assert [replace(u, at_s=0.0) for u in one.received] == [
            replace(u, at_s=0.0) for u in other.received
        ]
        assert timeless(one.report) == timeless(other.report)
        assert replace(one.computation, cpu_ms=None) == replace(other.computation, cpu_ms=None)
        assert one.computation.cpu_ms is None


async def test_a_server_commits_a_sentence_that_rests(client: AsyncTranslatorClient) -> None:
    sentences = [Sentence(0, "The ferry leaves. Nobody waves.", "")]
    streamed = replay_remotely(client, PAIR, sentences, POLICIES[0], end=End.REST)
    (done,) = [instance async for instance in streamed]
    assert done.prediction == fake_translation(sentences[0].source)
    assert [update.closed for update in done.received].count(True) == 2


def talk() -> Talk:
    words = " ".join(
        ["The ferry leaves at dawn.", "Nobody waves. Who counts", "the lamps?"]
    ).split()
    pieces = [SourcePiece(f" {w}" if i else w, end_s=0.3 * (i + 1)) for i, w in enumerate(words)]
    return Talk("quay", tuple(Arrival(0.3 * (i + 1), p) for i, p in enumerate(pieces)))


async def test_a_talk_through_a_server_is_one_session(client: AsyncTranslatorClient) -> None:
    steps: list[int] = []
    done = await replay_talk_remotely(client, PAIR, talk(), POLICIES[0], on_progress=steps.append)
    assert done.prediction == " ".join(
        map(
            fake_translation,
            ["The ferry leaves at dawn.", "Nobody waves.", "Who counts the lamps?"],
        )
    )
    assert steps[-1] == len(talk().arrivals)
    assert len(segments(done.received)) == 3
    assert list(done.elapsed) == sorted(done.elapsed)
    assert all(e >= d for e, d in zip(done.elapsed, done.delays, strict=True))
    assert timeless(figures(done.sent, done.received)) == timeless(done.report)


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)
@pytest.mark.parametrize("seed", range(5))
async def test_the_report_on_the_wire_is_what_its_reader_computes(
    client: AsyncTranslatorClient, policy: PolicyChoice, seed: int
) -> None:
    """Sent as fast as it goes, so that updates are merged: the reader sees what is left of them."""
    chance = random.Random(seed)
    words = [" red", " boats", " sail", ". Now", " (", "3.5", "? ", ""]
    pieces = [
        SourcePiece(chance.choice(words), chance.choice(words), chance.random() < 0.05)
        for _ in range(60)
    ]
    updates: list[Received] = []
    report: Report | None = None
    async with client.stream(
        source="xx", targets=["yy"], policy=NamedPolicy(policy.name, policy.parameters)
    ) as stream:
        for piece in pieces:
            await stream.send(
                piece.committed, tentative=piece.tentative, end_of_segment=piece.end_of_segment
            )
        await stream.close_source()
        async for event in stream:
            if isinstance(event, Update):
                updates.append(
                    Received(
                        0.0,
                        event.segment_id,
                        event.source_sequence,
                        event.source_start,
                        event.source_length,
                        event.committed,
                        event.draft,
                        event.closed,
                    )
                )
            elif isinstance(event, Report):
                report = event
    assert report is not None
    sent = [Sent(0.0, piece.committed, piece.tentative) for piece in pieces]
    computed = timeless(figures(sent, updates))
    assert astuple(computed) == pytest.approx(astuple(timeless(log.reported(report))))
    assert report.targets[0].mean_lag_words > 0
