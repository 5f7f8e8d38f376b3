"""People who speak all at once: live streams over real gRPC, from a process of their own.

So that the load costs little beside what it measures, requests are made before the clock starts,
and what comes back is parsed and no more. Each stream has a connection of its own, as real clients
do.
"""

import asyncio
import math
import multiprocessing
import random
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
from google.rpc import error_details_pb2, status_pb2

from benchmarks.processes import cpu_s, memory_mb
from translator.client.connection import Connection
from translator.eval.data import read_sentences
from translator.v1 import streaming_pb2
from translator.v1.translator_service_pb2_grpc import TranslatorServiceStub

__all__ = ["WORDS_PER_SECOND", "Heard", "Plan", "Refusals", "Speaker", "config", "hear", "sources"]

WORDS_PER_SECOND = 2.5
# Speech goes on after the window, so that its last words are answered under the same load.
COOL_DOWN_S = 2.0
PATIENCE_S = 120.0
EXAMPLES = Path(__file__).parents[1] / "examples"
METHOD = "/translator.v1.TranslatorService/StreamingTranslate"
# Connections of a process would be shared otherwise.
_OPTIONS = (("grpc.use_local_subchannel_pool", 1),)
_Request = streaming_pb2.StreamingTranslateRequest


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be spoken.

    Attributes:
        address: Of the server.
        pid: Of its process, for CPU time and memory; those of its children are added.
        num_streams: Streams at once; half of them en-pt, half pt-en.
        warm_up_s: Seconds over which the streams begin, and settle.
        seconds: How long is measured after that.
        num_refused: Further streams that are opened in the middle, which the server should refuse.
        data: Folder of the evaluation data; where it is not there the example talks are repeated.
        fake: Whether the server has the fake model.
    """

    address: str
    pid: int
    num_streams: int
    warm_up_s: float
    seconds: float
    num_refused: int = 0
    data: Path | None = None
    fake: bool = False


@dataclass(slots=True)
class Refusals:
    """What became of the streams that should be refused.

    Attributes:
        waits_ms: From opening each to its RESOURCE_EXHAUSTED.
        retry_after_s: What RetryInfo said, for each.
        others: What came instead, for the rest.
    """

    waits_ms: list[float] = field(default_factory=list)
    retry_after_s: list[float] = field(default_factory=list)
    others: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Heard:
    """What came back; of the window only, but for errors and completeness.

    Attributes:
        waits_ms: For each source word from when it was due to the first update that reflects it.
        updates: Updates that came.
        cpu_s: CPU time of the server.
        own_cpu_s: CPU time of the load.
        memory_mb: The server's at the end of the window.
        errors: How streams ended that did not end well.
        incomplete: Streams whose committed text does not cover their source to its end.
        refusals: See there.
    """

    waits_ms: list[float] = field(default_factory=list)
    updates: int = 0
    cpu_s: float = 0.0
    own_cpu_s: float = 0.0
    memory_mb: float = 0.0
    errors: list[str] = field(default_factory=list)
    incomplete: int = 0
    refusals: Refusals = field(default_factory=Refusals)


def hear(plan: Plan) -> Heard:
    """Speak it in another process."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_speak, plan).result()


def sources(data: Path | None) -> dict[str, list[str]]:
    """Words by language."""
    texts: dict[str, list[str]] = {}
    for source, target in (("en", "pt"), ("pt", "en")):
        words = (EXAMPLES / f"talk.{source}.txt").read_text(encoding="utf-8").split()
        file = data and data / "parallel" / f"flores200-dev.{source}-{target}.jsonl"
        if file and file.is_file():
            for sentence in read_sentences(file):
                words += sentence.source.split()
        texts[source] = words
    return texts


def _speak(plan: Plan) -> Heard:
    return asyncio.run(_Load(plan).run())


class _Load:
    """All streams of a plan."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._texts = sources(plan.data)
        # Every run of a plan says the same.
        self._random = random.Random(plan.num_streams)  # noqa: S311
        self.heard = Heard()

    async def run(self) -> Heard:
        """Speak until everybody has been answered."""
        plan, heard = self._plan, self.heard
        speakers = [self._speaker(number) for number in range(plan.num_streams)]
        begins_s = time.monotonic() + 0.5
        window_s = (begins_s + plan.warm_up_s, begins_s + plan.warm_up_s + plan.seconds)
        tasks = [
            asyncio.create_task(
                speaker.run(begins_s + self._random.uniform(0, 0.6 * plan.warm_up_s), window_s[1])
            )
            for speaker in speakers
        ]
        await _until(window_s[0])
        cpu_before_s, own_before_s = cpu_s(plan.pid), time.process_time()
        refused = asyncio.create_task(self._refused(plan.num_refused))
        await _until(window_s[1])
        heard.cpu_s = cpu_s(plan.pid) - cpu_before_s
        heard.own_cpu_s = time.process_time() - own_before_s
        heard.memory_mb = memory_mb(plan.pid)
        await asyncio.gather(refused, *tasks)
        for speaker in speakers:
            heard.waits_ms += speaker.waits_ms(*window_s)
            heard.updates += sum(window_s[0] <= at_s < window_s[1] for at_s in speaker.updates_s)
            if speaker.error:
                heard.errors.append(speaker.error)
            elif not speaker.is_complete:
                heard.incomplete += 1
        return heard

    def _speaker(self, number: int) -> "Speaker":
        source, target = ("en", "pt") if number % 2 == 0 else ("pt", "en")
        words = self._texts[source]
        plan = self._plan
        num_words = int((plan.warm_up_s + plan.seconds + COOL_DOWN_S) * WORDS_PER_SECOND) + 1
        first = self._random.randrange(len(words))
        said = [words[(first + index) % len(words)] + " " for index in range(num_words)]
        pair = ("xx", "yy") if plan.fake else (source, target)
        return Speaker(plan.address, config(*pair), said)

    async def _refused(self, count: int) -> None:
        """Open streams beyond what the server takes, one after the other."""
        refusals = self.heard.refusals
        for _ in range(count):
            began_s = time.monotonic()
            async with grpc.aio.insecure_channel(self._plan.address, options=_OPTIONS) as channel:
                stub = TranslatorServiceStub(channel)
                connection = Connection(stub.StreamingTranslate(timeout=PATIENCE_S), channel)
                connection.send([config("en", "pt")])
                try:
                    await connection.read()
                    refusals.others.append("admitted")
                except grpc.aio.AioRpcError as error:
                    if error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED:
                        refusals.waits_ms.append(1e3 * (time.monotonic() - began_s))
                        refusals.retry_after_s += _retries_s(error.trailing_metadata())
                    else:
                        refusals.others.append(f"{error.code()}: {error.details()}")
                await connection.close()


class Speaker:
    """One stream: a word every 0.4 s, and when each was answered."""

    def __init__(
        self,
        address: str,
        config: streaming_pb2.StreamingTranslateRequest,
        words: Sequence[str],
        credentials: grpc.ChannelCredentials | None = None,
    ) -> None:
        self._address = address
        self._credentials = credentials
        self._config = config.SerializeToString()
        self._lengths = [len(word) for word in words]
        self._messages = [
            _Request(
                source=streaming_pb2.SourceUpdate(sequence=index, committed=word)
            ).SerializeToString()
            for index, word in enumerate(words, start=1)
        ]
        # Sequence and due time of what is not answered yet.
        self._pending: deque[tuple[int, float]] = deque()
        self._answered: list[tuple[float, float]] = []
        self.updates_s: list[float] = []
        self.error = ""
        # Target updates as the contract has them: revisions without a gap, segments in order.
        self._revision = 0
        self._committed = (0, 0)
        self._covered = 0
        self._num_said = 0
        self._reported_words = -1
        self._fits = True

    async def run(self, begin_s: float, end_s: float) -> None:
        """Speak from one time to another, both of the monotonic clock, and hear the rest."""
        async with self._channel() as channel:
            await _until(begin_s)
            method: Any = channel.stream_stream(METHOD, None, None)
            call = method(timeout=end_s - begin_s + PATIENCE_S)
            saying = asyncio.create_task(self._say(call, begin_s, end_s + COOL_DOWN_S))
            try:
                while (message := await call.read()) is not grpc.aio.EOF:
                    self._take(streaming_pb2.StreamingTranslateResponse.FromString(message))
                if await call.code() is not grpc.StatusCode.OK:
                    self.error = f"{await call.code()}: {await call.details()}"
            except grpc.aio.AioRpcError as error:
                self.error = f"{error.code()}: {error.details()}"
            saying.cancel()
            await asyncio.gather(saying, return_exceptions=True)

    def _channel(self) -> Any:
        if self._credentials is None:
            return grpc.aio.insecure_channel(self._address, options=_OPTIONS)
        return grpc.aio.secure_channel(self._address, self._credentials, options=_OPTIONS)

    async def _say(self, call: Any, begin_s: float, end_s: float) -> None:
        await call.write(self._config)
        for index, message in enumerate(self._messages):
            due_s = begin_s + index / WORDS_PER_SECOND
            if due_s >= end_s:
                break
            await _until(due_s)
            # From when it was due: a server that stops reading holds up the word, too.
            self._pending.append((index + 1, due_s))
            self._num_said += 1
            await call.write(message)
        await call.done_writing()

    def _take(self, response: streaming_pb2.StreamingTranslateResponse) -> None:
        now_s = time.monotonic()
        if response.HasField("report"):
            self._reported_words = response.report.source_words
        if not response.HasField("target"):
            return
        update = response.target
        self.updates_s.append(now_s)
        while self._pending and self._pending[0][0] <= update.source_sequence:
            self._answered.append((self._pending[0][1], now_s))
            self._pending.popleft()
        self._fits &= update.revision == self._revision + 1
        self._revision = update.revision
        segment_id, length = self._committed
        if update.segment_id != segment_id:
            self._fits &= update.segment_id == segment_id + 1
            length = 0
        length += len(update.committed)
        self._fits &= update.committed_length == length
        self._committed = (update.segment_id, length)
        if update.segment_closed:
            self._covered = update.segment_source_start + update.source_committed_length

    @property
    def is_complete(self) -> bool:
        """Whether nothing was lost, and the committed text covers all that was said."""
        said = sum(self._lengths[: self._num_said])
        return self._fits and self._covered == said and self._reported_words == self._num_said

    def waits_ms(self, begin_s: float, end_s: float, now_s: float = math.inf) -> list[float]:
        """For the words due between two times; one that was not answered until now still waits."""
        answered = [*self._answered, *((due_s, now_s) for _, due_s in self._pending)]
        return [1e3 * (at_s - due_s) for due_s, at_s in answered if begin_s <= due_s < end_s]


def config(source: str, target: str) -> streaming_pb2.StreamingTranslateRequest:
    """The first message of a stream."""
    return _Request(
        config=streaming_pb2.StreamingConfig(
            source_language_code=source, target_language_codes=[target]
        )
    )


def _retries_s(trailers: Any) -> list[float]:
    """What RetryInfo in the trailing metadata says."""
    found = []
    for key, value in trailers or ():
        if key == "grpc-status-details-bin":
            status = status_pb2.Status.FromString(value)
            for detail in status.details:
                retry = error_details_pb2.RetryInfo()
                if detail.Unpack(retry):
                    found.append(retry.retry_delay.ToTimedelta().total_seconds())
    return found


async def _until(at_s: float) -> None:
    await asyncio.sleep(max(0.0, at_s - time.monotonic()))
