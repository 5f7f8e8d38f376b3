"""Streams sentences and talks through a server, waiting for each step's translation."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import astuple
from functools import cached_property

from translator.client import (
    AsyncStream,
    AsyncTranslatorClient,
    NamedPolicy,
    Report,
    Segmentation,
    SessionWarning,
    Update,
)
from translator.client import Latency as ClientLatency
from translator.client.events import Heartbeat, StreamEvent
from translator.client.login import Login
from translator.eval import log
from translator.eval.backend import Keep, Progress
from translator.eval.clock import VirtualClock
from translator.eval.data import Sentence
from translator.eval.end import End
from translator.eval.replay import WORD_S, pieces_of
from translator.eval.talk import Arrival, Reference, Talk
from translator.eval.updates import Received, Sent, sent
from translator.languages.pair import LanguagePair
from translator.policy.registry import Latency, PolicyChoice, resolve
from translator.text.protection import protect

__all__ = ["RemoteBackend", "replay_remotely", "replay_talk_remotely"]

# After this much silence, the server will not answer what was sent.
_SILENCE_S = 5.0
# And after so many of them in a row a server will not commit by itself.
_MAX_SILENCES = 3


class RemoteBackend:
    """A running server.

    Args:
        address: ``HOST:PORT``.
        pair: The languages to ask for.
        login: How this client and the server know each other.
        jobs: How many sentences are streamed in parallel.
    """

    def __init__(
        self,
        address: str,
        pair: LanguagePair,
        login: Login = Login(),  # noqa: B008
        *,
        jobs: int = 32,
    ) -> None:
        self._address = address
        self._login = login
        self._pair = pair
        self._jobs = jobs

    @cached_property
    def fingerprint(self) -> str:
        """Those of the server's models that have the pair; of all, if none has it by this name."""

        async def run() -> str:
            async with AsyncTranslatorClient(self._address, **self._login.arguments()) as client:
                models = (await client.list_models()).models
                pair = self._pair.source, self._pair.target
                having = [m for m in models if pair in map(astuple, m.pairs)] or models
                return "+".join(sorted(model.fingerprint for model in having))

        return asyncio.run(run())

    def sentences(
        self, sentences: Sequence[Sentence], policy: Latency | PolicyChoice, end: End, keep: Keep
    ) -> None:

        async def run() -> None:
            async with AsyncTranslatorClient(self._address, **self._login.arguments()) as client:
                instances = replay_remotely(
                    client, self._pair, sentences, policy, end=end, jobs=self._jobs
                )
                async for instance in instances:
                    keep(instance)

        asyncio.run(run())

    def talk(
        self, talk: Talk, policy: Latency | PolicyChoice, on_progress: Progress
    ) -> log.Instance:
        """Stream a talk through one session, as fast as it is translated."""

        async def run() -> log.Instance:
            async with AsyncTranslatorClient(self._address, **self._login.arguments()) as client:
                return await replay_talk_remotely(
                    client, self._pair, talk, policy, on_progress=on_progress
                )

        return asyncio.run(run())


async def replay_remotely(
    client: AsyncTranslatorClient,
    pair: LanguagePair,
    sentences: Sequence[Sentence],
    policy: Latency | PolicyChoice,
    *,
    end: End = End.NEXT_WORD,
    jobs: int = 32,
) -> AsyncIterator[log.Instance]:
    """Stream each sentence word by word. The output is that of ``replay`` with this model.

    Args:
        client: A client that is connected to the server.
        pair: The languages.
        sentences: The sentences to stream.
        policy: The policy for all of them.
        end: How a session learns that its sentence has ended.
        jobs: How many sentences are streamed in parallel.

    Yields:
        Instances in the order of the sentences.

    Raises:
        TranslatorError: The server refuses or cannot be reached.
    """
    room = asyncio.Semaphore(jobs)

    async def stream(sentence: Sentence) -> log.Instance:
        async with room:
            pieces = pieces_of(sentence, end)
            arrivals = [Arrival(WORD_S * place, p) for place, p in enumerate(pieces, start=1)]
            remote = _Remote(policy, arrivals, measures=False)
            async with client.stream(
                source=pair.source,
                targets=[pair.target],
                policy=_asked(policy),
                segmentation=Segmentation.AUTOMATIC if end is End.REST else Segmentation.CLIENT,
                heartbeat_interval_s=_SILENCE_S,
            ) as opened:
                report = await remote.run(opened, rests=end is End.REST)
        return remote.instance(sentence.index, sentence.source, sentence.reference, report, end)

    tasks = deque(asyncio.create_task(stream(sentence)) for sentence in sentences)
    try:
        while tasks:
            yield await tasks[0]
            tasks.popleft()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def replay_talk_remotely(
    client: AsyncTranslatorClient,
    pair: LanguagePair,
    talk: Talk,
    policy: Latency | PolicyChoice,
    *,
    on_progress: Progress | None = None,
) -> log.Instance:
    """Stream a talk through one session, as fast as it is translated.

    The clock is that of ``LiveReplay``, but instead of computation it counts the time from sending
    to the update that answers. The session itself runs on the server's clock, so its
    ``mean_lag_ms`` is not comparable.

    Raises:
        TranslatorError: The server refuses or cannot be reached.
    """
    remote = _Remote(policy, talk.arrivals, measures=True, on_progress=on_progress)
    async with client.stream(
        source=pair.source,
        targets=[pair.target],
        policy=_asked(policy),
        alignments=True,
        heartbeat_interval_s=_SILENCE_S,
    ) as opened:
        report = await remote.run(opened)
    return remote.instance(0, talk.name, talk.references, report)


def _asked(policy: Latency | PolicyChoice) -> ClientLatency | NamedPolicy:
    """Convert a policy for the client; the server decides what a preset stands for."""
    if isinstance(policy, Latency):
        return ClientLatency(policy.value)
    return NamedPolicy(policy.name, policy.parameters)


class _Remote:
    """One session on a server.

    Args:
        policy: The policy of the session.
        arrivals: The source.
        measures: Whether the clock counts the time until the answer.
        on_progress: Called with the number of steps sent.
    """

    def __init__(
        self,
        policy: Latency | PolicyChoice,
        arrivals: Sequence[Arrival],
        *,
        measures: bool,
        on_progress: Progress | None = None,
    ) -> None:
        self._arrivals = deque(arrivals)
        self._answers_open_segments = resolve(policy).build().translates_open_segments
        self._measures = measures
        self._on_progress = on_progress
        self._clock = VirtualClock()
        self._sent: list[Sent] = []
        self._received: list[Received] = []
        self._warnings: list[str] = []
        self._source = ""
        self._tentative = ""
        # Where the first segment begins that is not closed, and the last step that it reflects.
        self._open_start = 0
        self._reflected = 0

    async def run(self, stream: AsyncStream, *, rests: bool = False) -> Report:
        """Stream everything. With ``rests``, wait for the last commit before the source ends."""
        while self._arrivals:
            self._clock.now = max(self._clock.now, self._arrivals[0].at_s)
            began = time.perf_counter()
            while self._arrivals and self._arrivals[0].at_s <= self._clock.now:
                await self._send(stream, self._arrivals.popleft())
            while not self._is_answered:
                event = await anext(stream)
                self._take(event, began)
                if isinstance(event, Heartbeat) and event.source_sequence >= len(self._sent):
                    break
            if self._measures:
                self._clock.now += time.perf_counter() - began
            if self._on_progress is not None:
                self._on_progress(len(self._sent))
        silences = 0
        while rests and silences < _MAX_SILENCES and self._source[self._open_start :].strip():
            event = await anext(stream)
            self._take(event, 0.0)
            silences += isinstance(event, Heartbeat)
        if not self._measures:
            # The next word would come now.
            self._clock.now += WORD_S
        await stream.close_source()
        began = time.perf_counter()
        async for event in stream:
            self._take(event, began)
            if isinstance(event, Report):
                return event
        raise AssertionError("a stream that ends without an error ends with its report")

    def instance(
        self,
        index: int,
        source: str,
        reference: str | Sequence[Reference],
        report: Report,
        end: str = "",
    ) -> log.Instance:
        """Make the instance of the session."""
        target = report.targets[0]
        computation = log.Computation(
            target.requests, target.decoder_steps_run, target.decoder_steps_saved, None
        )
        return log.instance(
            index,
            source,
            reference,
            self._sent,
            self._received,
            log.reported(report),
            computation,
            self._warnings,
            end,
        )

    async def _send(self, stream: AsyncStream, arrival: Arrival) -> None:
        piece = arrival.piece
        self._sent.append(sent(piece, self._clock.now, arrival.at_s))
        self._source += piece.committed
        self._tentative = piece.tentative
        await stream.send(
            piece.committed,
            tentative=piece.tentative,
            end_of_segment=piece.end_of_segment,
            start_s=piece.start_s,
            end_s=piece.end_s,
            speaker=piece.speaker,
        )

    @property
    def _is_answered(self) -> bool:
        """Whether no further update is expected for what was sent."""
        rest = self._source[self._open_start :] + self._tentative
        return (
            not self._answers_open_segments
            or self._reflected == len(self._sent)
            or not rest.strip()
            or not protect(rest, lambda _: True).has_words
        )

    def _take(self, event: StreamEvent, began: float) -> None:
        if isinstance(event, SessionWarning):
            self._warnings.append(event.error.reason)
        if not isinstance(event, Update):
            return
        if event.closed:
            self._open_start = event.source_start + event.source_length
        else:
            self._reflected = event.source_sequence
        waited_s = time.perf_counter() - began if self._measures else 0.0
        self._received.append(
            Received(
                self._clock.now + waited_s,
                event.segment_id,
                event.source_sequence,
                event.source_start,
                event.source_length,
                event.committed,
                event.draft,
                event.closed,
                event.end_s,
                tuple(
                    (a.source_start, a.source_end, a.target_start, a.target_end)
                    for a in event.alignments
                ),
            )
        )
