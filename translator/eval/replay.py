"""Streams sentences word by word through real sessions, many in parallel on one engine.

Sessions do not depend on each other, so streaming them in parallel changes no output; they only
share steps.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace

from translator.asr.piece import SourcePiece
from translator.catalog.catalog import Served
from translator.engine.engine import Engine
from translator.engine.request import Outcome
from translator.engine.scheduler import SchedulerLimits
from translator.eval import log
from translator.eval.clock import VirtualClock
from translator.eval.data import Sentence
from translator.eval.end import End
from translator.eval.updates import Received, Sent, received, sent
from translator.local.driver import settle
from translator.policy.registry import Latency, PolicyChoice, resolve
from translator.session.events import Binding, SessionConfig, SessionLimits, SourceUpdate
from translator.session.session import Session
from translator.text.segmenter import Segmenter, SegmentLimits

__all__ = ["WORD_S", "pieces_of", "policy_with", "replay"]

# Seconds from one word to the next: the pace of speech.
WORD_S = 0.4

# A sentence of the data is one segment, however long it is, where the source tells its end.
_WHOLE = SegmentLimits(max_words=10_000, max_length=100_000)


def policy_with(served: Served, policy: Latency | PolicyChoice) -> PolicyChoice:
    """Resolve a preset for this model and pair, as a server does."""
    pair, info = served.pair, served.model.info
    return resolve(policy, pair.source, pair.target, has_open_end=info.has_open_end)


def pieces_of(sentence: Sentence, end: End = End.NEXT_WORD) -> list[SourcePiece]:
    """Cut a sentence into the pieces that are streamed."""
    pieces = [SourcePiece(word + " ") for word in sentence.source.split()]
    if end is End.WITH_LAST:
        pieces[-1] = replace(pieces[-1], end_of_segment=True)
    return pieces


@dataclass(slots=True)
class _Stream:
    """One sentence that is being streamed."""

    sentence: Sentence
    end: End
    session: Session
    clock: VirtualClock
    pieces: list[SourcePiece]
    sent: list[Sent] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)
    requests: int = 0
    steps_run: int = 0
    steps_saved: int = 0

    def send_next(self) -> None:
        """Send the next word."""
        piece = self.pieces[len(self.sent)]
        self.clock.now += WORD_S
        self.sent.append(sent(piece, self.clock.now))
        self.session.update_source(SourceUpdate(len(self.sent), **asdict(piece)))

    def rest(self) -> bool:
        """Wait until the session has something to do; False if there is nothing to wait for."""
        wait_s = self.session.wait_s()
        self.clock.now += wait_s or 0.0
        return wait_s is not None

    def end_source(self) -> None:
        """End the source, when the next word would come."""
        self.clock.now += WORD_S
        self.session.end_source()

    def count(self, outcome: Outcome) -> None:
        self.requests += 1
        self.steps_run += outcome.timing.steps_run
        self.steps_saved += outcome.timing.steps_saved

    def collect(self) -> None:
        """Take what its outbox holds."""
        for outbox in self.session.outboxes.values():
            self.received += [received(event, self.clock.now) for _, event in outbox.take()]

    def instance(self, cpu_ms: float) -> log.Instance:
        return log.instance(
            self.sentence.index,
            self.sentence.source,
            self.sentence.reference,
            self.sent,
            self.received,
            log.reported(self.session.report()),
            log.Computation(self.requests, self.steps_run, self.steps_saved, cpu_ms),
            end=self.end,
        )


def replay(
    served: Served,
    sentences: Sequence[Sentence],
    policy: Latency | PolicyChoice,
    *,
    end: End = End.NEXT_WORD,
    jobs: int = 32,
    verify_drafts: bool = True,
) -> Iterator[log.Instance]:
    """Stream each sentence word by word; each word is translated before the next is sent.

    Args:
        served: The model, and the pair to translate.
        sentences: The sentences to stream.
        policy: The policy for all of them.
        end: How a session learns that its sentence has ended.
        jobs: How many sentences are streamed in parallel.
        verify_drafts: If False, every hypothesis is decoded token by token, for comparison.

    Yields:
        Instances, ``jobs`` of them at a time, in the order of the sentences.
    """
    model = served.model
    for first in range(0, len(sentences), jobs):
        engine = Engine({model.info.name: model}, SchedulerLimits(max_slots=jobs))
        began = time.process_time()
        streams = [_open(served, s, policy, end) for s in sentences[first : first + jobs]]
        for step in range(max(len(stream.pieces) for stream in streams)):
            speaking = [stream for stream in streams if step < len(stream.pieces)]
            for stream in speaking:
                stream.send_next()
            _settle(engine, speaking, verify_drafts=verify_drafts)
        if end is End.REST:
            while resting := [stream for stream in streams if stream.rest()]:
                _settle(engine, resting, verify_drafts=verify_drafts)
        for stream in streams:
            stream.end_source()
        _settle(engine, streams, verify_drafts=verify_drafts)
        cpu_ms = 1e3 * (time.process_time() - began) / len(streams)
        for stream in streams:
            yield stream.instance(cpu_ms)


def _open(served: Served, sentence: Sentence, policy: Latency | PolicyChoice, end: End) -> _Stream:
    language = served.pair.source
    # A silence ends a segment only where the server finds the ends.
    rests = end is End.REST
    config = SessionConfig(
        bindings=(Binding(served.target, served.model.info, served.tokenizer),),
        policy=policy_with(served, policy),
        segmenter=Segmenter(language)
        if rests
        else Segmenter(language, _WHOLE, find_sentences=False),
        client_segmentation=not rests,
    )
    name = str(sentence.index)
    clock = VirtualClock()
    session = Session(name, name, config, SessionLimits(), clock)
    return _Stream(sentence, end, session, clock, pieces_of(sentence, end))


def _settle(engine: Engine, streams: Sequence[_Stream], *, verify_drafts: bool) -> None:
    """Decode until no session wants anything more, and take what they send."""
    by_name = {stream.session.session_id: stream for stream in streams}
    settle(
        engine,
        [stream.session for stream in streams],
        change=None if verify_drafts else lambda request: replace(request, draft=()),
        on_outcome=lambda outcome: by_name[outcome.request.key[0]].count(outcome),
    )
    for stream in streams:
        stream.collect()
