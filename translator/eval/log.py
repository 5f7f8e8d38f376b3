"""The log of an evaluation: one JSON object a line, one for each session.

The fields ``source, prediction, delays, elapsed, source_length`` are those that OmniSTEval and
SimulEval read, so their tools can score the same file. ``sent`` and ``received`` are everything
that went into the session and came out, in order; there, fields with their default are left out.
"""

import dataclasses
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from translator.client.events import Report
from translator.errors import ConfigError
from translator.eval.figures import Figures
from translator.eval.talk import Reference
from translator.eval.updates import Received, Sent, prediction, word_updates
from translator.session.report import SessionReport
from translator.text.words import count_words

__all__ = ["Computation", "Instance", "append", "instance", "read", "reported"]


@dataclasses.dataclass(frozen=True, slots=True)
class Computation:
    """What a session cost.

    Attributes:
        requests: Requests decoded.
        steps_run: Decoder passes, one after another.
        steps_saved: Passes that decoding token by token would have added.
        cpu_ms: CPU time; sentences that were streamed together share it equally. None if a server
            did the work.
    """

    requests: int
    steps_run: int
    steps_saved: int
    cpu_ms: float | None


@dataclasses.dataclass(frozen=True, slots=True)
class Instance:
    """One session: what went in, and what came back.

    Attributes:
        index: Its place in the data, from 0.
        source: The source text of a sentence; the name of a talk.
        reference: The reference translation of a sentence.
        prediction: All committed text.
        timed: Whether source words have times, as in a talk. If so, all delays and lengths are
            milliseconds of media time, else source words.
        delays: For each word of the prediction, how much source had come: up to the last source
            update that the update with the word reflects.
        elapsed: If timed, when the word was committed, on a clock that counts computation too;
            else the same as ``delays``.
        source_length: Length of the whole source.
        references: The reference segments of a talk; empty if there are none.
        sent: What went in.
        received: What came out.
        report: The session's own figures.
        computation: What it cost.
        warnings: Reasons of the session's warnings.
        end: How the session learned that a sentence had ended, one of ``End``; "" for a talk.
        fingerprint: ``Backend.fingerprint`` of what said it.
    """

    index: int
    source: str
    reference: str
    prediction: str
    timed: bool
    delays: tuple[float, ...]
    elapsed: tuple[float, ...]
    source_length: float
    references: tuple[Reference, ...]
    sent: tuple[Sent, ...]
    received: tuple[Received, ...]
    report: Figures
    computation: Computation
    warnings: tuple[str, ...]
    end: str = ""
    fingerprint: str = ""


def instance(
    index: int,
    source: str,
    reference: str | Sequence[Reference],
    sent: Sequence[Sent],
    received: Sequence[Received],
    report: Figures,
    computation: Computation,
    warnings: Sequence[str] = (),
    end: str = "",
) -> Instance:
    """Make the instance of a session; with reference segments, it is a talk."""
    bringing = word_updates(received)
    timed = not isinstance(reference, str)
    if timed:
        delays = [1e3 * sent[update.source_sequence - 1].came_s for update in bringing]
        elapsed = [1e3 * update.at_s for update in bringing]
        last = sent[-1]
        length = 1e3 * max(last.came_s, last.end_s or 0.0)
    else:
        delays = elapsed = [float(update.source_sequence) for update in bringing]
        length = float(sum(count_words(piece.committed) for piece in sent))
    return Instance(
        index=index,
        source=source,
        reference=reference if isinstance(reference, str) else "",
        prediction=prediction(received),
        timed=timed,
        delays=tuple(delays),
        elapsed=tuple(elapsed),
        source_length=length,
        references=() if isinstance(reference, str) else tuple(reference),
        sent=tuple(sent),
        received=tuple(received),
        report=report,
        computation=computation,
        warnings=tuple(warnings),
        end=end,
    )


def reported(report: SessionReport | Report) -> Figures:
    """The report of a session with one target, in this process or from the wire."""
    target = report.targets[0]
    return Figures(
        source_words=report.source_words,
        source_updates=report.source_updates,
        segments=report.segments,
        updates=target.updates,
        target_words=target.target_words,
        normalized_erasure=target.normalized_erasure,
        mean_lag_words=target.mean_lag_words,
        mean_lag_ms=target.mean_lag_ms,
    )


def append(file: Path, instance: Instance) -> None:
    """Append an instance to a log."""
    fields: dict[str, Any] = {
        field.name: getattr(instance, field.name) for field in dataclasses.fields(instance)
    }
    for name in ("references", "sent", "received"):
        fields[name] = [_packed(each) for each in fields[name]]
    for name in ("report", "computation"):
        fields[name] = dataclasses.asdict(fields[name])
    with file.open("a", encoding="utf-8") as log:
        log.write(json.dumps(fields, ensure_ascii=False) + "\n")


def read(file: Path) -> Iterator[Instance]:
    """Read the instances of a log, in order; none if there is no such file.

    Raises:
        ConfigError: A line is not an instance; the message names file and line.
    """
    if not file.exists():
        return
    with file.open(encoding="utf-8") as log:
        for number, line in enumerate(log, start=1):
            try:
                yield _unpacked(json.loads(line))
            except (ValueError, TypeError, KeyError) as error:
                raise ConfigError(
                    f"{file}:{number}: not an instance of an evaluation log ({error}); "
                    "remove the file to evaluate anew"
                ) from None


def _packed(record: Reference | Sent | Received) -> dict[str, Any]:
    """The fields that differ from their default."""
    return {
        field.name: value
        for field in dataclasses.fields(record)
        if (value := getattr(record, field.name)) != field.default
    }


def _unpacked(fields: dict[str, Any]) -> Instance:
    for update in fields["received"]:
        update["alignments"] = tuple(map(tuple, update.get("alignments", ())))
    for name, kind in (("references", Reference), ("sent", Sent), ("received", Received)):
        fields[name] = tuple(kind(**record) for record in fields[name])
    for name in ("delays", "elapsed", "warnings"):
        fields[name] = tuple(fields[name])
    fields["report"] = Figures(**fields["report"])
    fields["computation"] = Computation(**fields["computation"])
    return Instance(**fields)
