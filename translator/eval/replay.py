"""Streams texts word by word through real sessions, many side by side on one engine.

Sessions do not depend on what others do, so streaming them side by side changes no output; it only
shares the steps.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from translator.engine.engine import Engine
from translator.engine.scheduler import SchedulerLimits
from translator.eval.log import Instance
from translator.models.base import LanguagePair, Seq2SeqModel
from translator.policy.registry import PolicyChoice
from translator.session.events import Binding, SessionConfig, SessionLimits, SourceUpdate
from translator.session.session import Session
from translator.text.segmenter import Segmenter, SegmentLimits

__all__ = ["Sentence", "replay"]

# A sentence of the data is one segment, however long it is.
_WHOLE = SegmentLimits(max_words=10_000, max_length=100_000)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A text to stream, with its reference translation."""

    index: int
    source: str
    reference: str


@dataclass(slots=True)
class _Stream:
    """One sentence under way."""

    sentence: Sentence
    session: Session
    words: list[str]
    committed: str = ""
    delays: list[int] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)

    def collect(self, num_sent: int) -> None:
        """Take what its outbox holds, after so many source words."""
        for outbox in self.session.outboxes.values():
            for _, event in outbox.take():
                self.committed += event.committed
                self.shown.append(self.committed + event.draft)
                new = len(self.committed.split()) - len(self.delays)
                self.delays += [min(num_sent, len(self.words))] * new

    def instance(self, cpu_ms: float) -> Instance:
        report = self.session.report().targets[0]
        return Instance(
            index=self.sentence.index,
            source=self.sentence.source,
            reference=self.sentence.reference,
            prediction=self.committed,
            delays=tuple(self.delays),
            elapsed=tuple(self.delays),
            source_length=len(self.words),
            shown=tuple(self.shown),
            requests=report.requests,
            steps_run=report.decoder_steps_run,
            steps_saved=report.decoder_steps_saved,
            cpu_ms=cpu_ms,
        )


def replay(
    model: Seq2SeqModel,
    pair: LanguagePair,
    sentences: Sequence[Sentence],
    policy: PolicyChoice,
    *,
    jobs: int = 32,
    verify_drafts: bool = True,
) -> Iterator[Instance]:
    """Stream each sentence word by word, each word translated before the next is sent.

    Args:
        model: Translates.
        pair: Of the model's pairs.
        sentences: What to stream.
        policy: For all of them.
        jobs: Sentences side by side.
        verify_drafts: False decodes every hypothesis token by token, for comparison.

    Yields:
        Instances, ``jobs`` of them at a time, in the order of the sentences.
    """
    binding = Binding(pair.target, model.info, model.tokenizer(pair))
    for first in range(0, len(sentences), jobs):
        engine = Engine({model.info.name: model}, SchedulerLimits(max_slots=jobs))
        began = time.process_time()
        streams = [
            _open(sentence, binding, pair, policy) for sentence in sentences[first : first + jobs]
        ]
        for step in range(1 + max(len(stream.words) for stream in streams)):
            for stream in streams:
                if step < len(stream.words):
                    word = SourceUpdate(step + 1, stream.words[step] + " ")
                    stream.session.update_source(word)
                elif step == len(stream.words):
                    stream.session.end_source()
            _settle(engine, streams, verify_drafts=verify_drafts)
            for stream in streams:
                stream.collect(step + 1)
        cpu_ms = 1e3 * (time.process_time() - began) / len(streams)
        for stream in streams:
            yield stream.instance(cpu_ms)


def _open(
    sentence: Sentence, binding: Binding, pair: LanguagePair, policy: PolicyChoice
) -> _Stream:
    config = SessionConfig(
        bindings=(binding,),
        policy=policy,
        segmenter=Segmenter(pair.source, _WHOLE, find_sentences=False),
        client_segmentation=True,
    )
    name = str(sentence.index)
    session = Session(name, name, config, SessionLimits(), time.monotonic)
    return _Stream(sentence, session, sentence.source.split())


def _settle(engine: Engine, streams: Sequence[_Stream], *, verify_drafts: bool) -> None:
    """Decode until no session wants anything more."""
    by_name = {stream.session.session_id: stream.session for stream in streams}
    while requests := [r for stream in streams for r in stream.session.next_requests()]:
        for request in requests:
            engine.submit(request if verify_drafts else replace(request, draft=()))
        for outcome in engine.run():
            by_name[outcome.request.key[0]].accept(outcome)
