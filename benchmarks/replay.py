"""A session driven without a socket, so that its cost can be measured exactly."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from translator.engine.engine import Engine
from translator.models.base import LanguagePair, Seq2SeqModel
from translator.policy.registry import Latency, PolicyChoice, resolve
from translator.session.events import Binding, SessionConfig, SessionLimits, SourceUpdate
from translator.session.report import TargetReport
from translator.session.session import Session
from translator.text.segmenter import Segmenter

__all__ = ["Replay", "replay", "table", "words_of"]


@dataclass(slots=True)
class Replay:
    """What a replay gave.

    Attributes:
        segments: Committed text of each segment.
        steps: Decoder passes of each request, the prefill included.
        cpu_ms: CPU time of the whole replay.
        report: The session's figures.
    """

    report: TargetReport
    segments: list[str] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)
    cpu_ms: float = 0.0


def words_of(text: str) -> list[str]:
    """The words of a text, each with a space after it."""
    return [word + " " for word in text.split()]


def replay(
    model: Seq2SeqModel,
    pair: LanguagePair,
    updates: Iterable[str],
    *,
    policy: Latency | PolicyChoice = Latency.BALANCED,
    verify_drafts: bool = True,
) -> Replay:
    """Stream ``updates`` one by one, each translated before the next comes.

    ``verify_drafts=False`` decodes every hypothesis token by token.
    """
    engine = Engine({model.info.name: model})
    binding = Binding(pair.target, model.info, model.tokenizer(pair))
    config = SessionConfig((binding,), resolve(policy), Segmenter(pair.source))
    session = Session("replay", "replay", config, SessionLimits(), time.monotonic)
    segments: dict[int, str] = {}
    steps: list[int] = []

    def settle() -> None:
        while requests := session.next_requests():
            for request in requests:
                engine.submit(request if verify_drafts else replace(request, draft=()))
            for outcome in engine.run():
                steps.append(outcome.timing.steps_run)
                session.accept(outcome)
        for outbox in session.outboxes.values():
            for _, event in outbox.take():
                segments[event.segment_id] = segments.get(event.segment_id, "") + event.committed

    began = time.process_time()
    for sequence, text in enumerate(updates, start=1):
        session.update_source(SourceUpdate(sequence, text))
        settle()
    session.end_source()
    settle()
    cpu_ms = 1e3 * (time.process_time() - began)
    return Replay(session.report().targets[0], list(segments.values()), steps, cpu_ms)


def table(rows: list[dict[str, Any]]) -> str:
    """Rows of the same keys as aligned columns."""
    cells = [list(rows[0]), *([str(value) for value in row.values()] for row in rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(cells[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    )
