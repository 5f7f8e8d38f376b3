"""Drives a session and an engine by hand: what a live stream does, without sockets or threads.

Each update goes through a ``Reader``, which holds it against the wire contract.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import pytest
import torch

from translator.engine.engine import Engine
from translator.engine.request import Outcome, RequestKey
from translator.engine.scheduler import SchedulerLimits
from translator.languages.pair import LanguagePair
from translator.models.base import Seq2SeqModel
from translator.policy.registry import PolicyChoice, resolve
from translator.session.events import (
    Binding,
    ResumedTarget,
    ResumeState,
    SessionConfig,
    SessionLimits,
    SourceUpdate,
    TargetEvent,
)
from translator.session.session import Session
from translator.testing import FakeClock, FakeModel, fake_translation
from translator.text.detokenizer import TargetText
from translator.text.protection import protect
from translator.text.segmenter import Segmenter, SegmentLimits
from translator.text.words import strip_final_punctuation

__all__ = [
    "Driver",
    "Reader",
    "drive",
    "expected_text",
    "last",
    "make_config",
    "one_thread",
    "shown",
]

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """For modules that import it: with tensors as small as these, threads only cost time."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def make_config(
    model: FakeModel,
    *targets: str,
    policy: str = "local-agreement",
    parameters: dict[str, float] | None = None,
    segments: SegmentLimits | None = None,
    client_segmentation: bool = False,
    **settings: object,
) -> SessionConfig:
    """A configuration for English source; the targets are ``yy`` and ``zz`` unless named."""
    return SessionConfig(
        bindings=tuple(
            Binding(target, model.info, model.tokenizer(LanguagePair("xx", target)))
            for target in targets or ("yy", "zz")
        ),
        policy=resolve(PolicyChoice(policy, parameters or {})),
        segmenter=Segmenter("en", segments, find_sentences=not client_segmentation),
        client_segmentation=client_segmentation,
        **settings,  # type: ignore[arg-type]
    )


def expected_text(
    source: str, *, in_sentence: bool = False, word: Callable[[str], str] = str.upper
) -> str:
    """What a segment's committed text has to be in the end, if ``word`` is what becomes of words.

    Where it was cut ``in_sentence``, the full stop that the model invents is left out.
    """
    clean = _CONTROL.sub(" ", source).strip()
    protected = protect(clean, lambda _: True)
    if not protected.has_words:
        return clean
    said = fake_translation(protected.text, word)
    text = protected.restored(TargetText(said, ())).text
    if in_sentence and strip_final_punctuation(source) == source:
        return strip_final_punctuation(text)
    return text


@dataclass
class Reader:
    """A client's view of one target; ``apply`` fails where an update breaks the contract.

    Attributes:
        revision: Of the last update.
        segment_id: The segment that is open or comes next.
        jumps: How often segment ids may leave a gap: once for each time the target was away.
        texts: Committed text of each segment.
        sources: Where the source of each closed segment begins and ends.
        draft: The open segment's draft.
    """

    revision: int = 0
    segment_id: int = 0
    jumps: int = 0
    source_start: int = 0
    covered: int = 0
    texts: dict[int, str] = field(default_factory=dict)
    sources: dict[int, tuple[int, int]] = field(default_factory=dict)
    draft: str = ""

    def apply(self, revision: int, event: TargetEvent) -> None:
        """Take the next update."""
        assert revision == self.revision + 1
        self.revision = revision
        if event.segment_id != self.segment_id:
            assert event.segment_id > self.segment_id, "an update for a closed segment"
            assert self.segment_id not in self.texts, "the segment before is not closed"
            assert self.jumps, "segment ids do not grow by one"
            self.jumps -= 1
            self.segment_id = event.segment_id
        text = self.texts.get(self.segment_id, "") + event.committed
        self.texts[self.segment_id] = text
        assert event.committed_length == len(text)
        assert event.source_start >= self.source_start
        assert event.source_start + event.source_committed_length >= self.covered
        self.source_start = event.source_start
        self.covered = event.source_start + event.source_committed_length
        self.draft = event.draft
        if event.closed:
            assert event.draft == "", "a draft in a closed segment"
            self.sources[self.segment_id] = (event.source_start, self.covered)
            self.segment_id += 1
            self.source_start = self.covered

    @property
    def committed(self) -> str:
        """Committed text of the open segment."""
        return self.texts.get(self.segment_id, "")

    @property
    def shown(self) -> str:
        """What a person sees of the open segment."""
        return self.committed + self.draft

    @property
    def final_texts(self) -> list[str]:
        """Texts of the closed segments."""
        return [self.texts[number] for number in self.sources]

    def resumed(self, source_committed: str = "", source_tentative: str = "") -> ResumedTarget:
        """Where it broke off."""
        return ResumedTarget(
            segment_id=self.segment_id,
            revision=self.revision,
            source_start=self.source_start,
            source_committed=source_committed,
            source_tentative=source_tentative,
            target_committed=self.committed,
        )

    def go_on(self) -> "Reader":
        """The same reader on a new stream; a draft of the former one is not shown any more."""
        return Reader(
            self.revision, self.segment_id, self.jumps, self.source_start, self.source_start,
            dict(self.texts), dict(self.sources),
        )  # fmt: skip


class Driver:
    """One session, its engine and its readers.

    Args:
        config: The session's first configuration.
        model: Serves it.
        more: Further models, that serve it too.
        limits: The session's limits.
        resume: Where an earlier stream broke off.
        readers: Those of the earlier stream.
        slots: Requests that run together.
        reading: False: nothing is taken from the outboxes until ``take``.
        word: What becomes of a word on its way through the models.
    """

    def __init__(
        self,
        config: SessionConfig,
        model: Seq2SeqModel,
        *more: Seq2SeqModel,
        limits: SessionLimits | None = None,
        resume: ResumeState | None = None,
        readers: dict[str, Reader] | None = None,
        slots: int = 64,
        reading: bool = True,
        word: Callable[[str], str] = str.upper,
    ) -> None:
        self.clock = FakeClock()
        self.engine = Engine(
            {m.info.name: m for m in (model, *more)},
            SchedulerLimits(max_slots=slots),
            clock=self.clock,
        )
        self.session = Session("s", "stream", config, limits or SessionLimits(), self.clock, resume)
        self.readers = readers or {binding.target: Reader() for binding in config.bindings}
        self.updates: list[tuple[int, TargetEvent]] = []
        self.source = ""
        self.reading = reading
        self._word = word
        self._sequence = 0
        self._in_flight: set[RequestKey] = set()
        self._arriving: list[Outcome] = []
        self.pump()

    # Source

    def send(self, committed: str = "", tentative: str = "", **more: object) -> None:
        """More source; nothing is decoded yet."""
        self._sequence += 1
        self.source += committed
        update = SourceUpdate(self._sequence, committed, tentative, **more)  # type: ignore[arg-type]
        self.session.update_source(update)
        self.pump()

    def say(self, committed: str = "", tentative: str = "", **more: object) -> None:
        """More source, and all that comes of it."""
        self.send(committed, tentative, **more)
        self.settle()

    def rest(self, seconds: float) -> None:
        """Time passes without source, and what is due meanwhile is done."""
        ends = self.clock.now + seconds
        while (wait_s := self.session.wait_s()) is not None and self.clock.now + wait_s <= ends:
            self.clock.advance(wait_s)
            self.pump()
            self.settle()
        self.clock.now = ends
        self.pump()
        self.settle()

    def flush(self) -> None:
        """Close the open segment."""
        self._sequence += 1
        self.session.flush(self._sequence)
        self.pump()

    def reconfigure(self, config: SessionConfig) -> None:
        """A later configuration."""
        targets = {binding.target for binding in config.bindings}
        for target, reader in self.readers.items():
            reader.jumps += target not in targets
        for target in targets - set(self.readers):
            self.readers[target] = Reader(jumps=1)
        self.session.reconfigure(config)
        self.pump()

    def end(self) -> None:
        """The source ends; everything has to be committed."""
        self.session.end_source()
        self.pump()
        self.reading = True
        self.take()
        self.settle()
        assert self.session.is_done
        assert not any(reader.draft for reader in self.readers.values())

    # The engine, with the rules of AsyncEngine

    def pump(self) -> None:
        """File what the session wants: a key in flight is replaced or, if that runs, dropped."""
        for request in self.session.next_requests():
            if request.key in self._in_flight:
                self.engine.replace(request)
            else:
                self._in_flight.add(request.key)
                self.engine.submit(request)
        if self.reading:
            self.take()

    def step(self, count: int = 1, *, deliver: bool = True) -> None:
        """Steps of the engine. Outcomes that are not delivered are on their way."""
        for _ in range(count):
            self._arriving += self.engine.step()
            self.engine.check_integrity()
            if deliver:
                self.deliver()

    def deliver(self) -> None:
        """Hand over the outcomes that are on their way."""
        while self._arriving:
            outcome = self._arriving.pop(0)
            self._in_flight.discard(outcome.request.key)
            self.session.accept(outcome)
            self.pump()

    def settle(self) -> None:
        """Decode until nothing is left to do."""
        self.deliver()
        while self.engine.has_work:
            self.step()

    # The reader

    def take(self) -> None:
        """Read what the outboxes let go."""
        for target, outbox in self.session.outboxes.items():
            for revision, event in outbox.take():
                assert event.target == target
                self.updates.append((revision, event))
                self.readers[target].apply(revision, event)

    def check_final(self, targets: Sequence[str] = ("yy", "zz")) -> None:
        """Each segment's text is the translation of its source, and their sources are the whole."""
        for target in targets:
            reader = self.readers[target]
            position = 0
            for number, (start, end) in reader.sources.items():
                assert self.source[position:start].strip() == "", "source that no segment has"
                source = self.source[start:end]
                whole = expected_text(source, word=self._word)
                cut = expected_text(source, in_sentence=True, word=self._word)
                # Its last word may have been committed as one that others follow.
                assert reader.texts[number] in {whole, cut, cut.removesuffix("~")}
                position = end
            assert self.source[position:].strip() == "", "source that no segment has"
            assert list(reader.sources) == list(range(len(reader.sources)))
            assert not any(reader.texts[n] for n in set(reader.texts) - set(reader.sources))


def drive(model: FakeModel, *targets: str, **settings: object) -> Driver:
    """A driver for ``yy``, or these targets, in which two hypotheses have to agree."""
    settings = {"parameters": {"n": 2}} | settings
    return Driver(make_config(model, *(targets or ("yy",)), **settings), model)  # type: ignore[arg-type]


def shown(driver: Driver) -> list[tuple[str, str]]:
    """Committed and draft of each update."""
    return [(event.committed, event.draft) for _, event in driver.updates]


def last(driver: Driver) -> TargetEvent:
    """The newest update."""
    return driver.updates[-1][1]
