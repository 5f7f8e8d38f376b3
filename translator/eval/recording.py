"""Evaluation data: what a recogniser said and when, its interim results included."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from translator.asr import (
    AwsTranscribeResults,
    DeepgramResults,
    ElitrResults,
    Results,
    SimulStreamingResults,
    SpeechmaticsResults,
    WatsonResults,
    WhisperLiveResults,
)
from translator.asr.piece import SourcePiece, Span
from translator.asr.text import clean, ends_sentence
from translator.errors import ConfigError
from translator.eval.data import lines
from translator.eval.talk import Arrival, Talk, talk_name

__all__ = ["RECOGNISERS", "EventResults", "Recogniser", "looks_like_events", "read_recording"]


class EventResults(Results):
    """Takes events of no vendor: ``text`` of the open segment so far, and whether it is ``final``.

    A final text is committed; the next event begins after it. Any other replaces what is tentative,
    also when it comes under another segment's name. Text alone ends a segment, when it ends as a
    sentence does. ``start`` and ``end`` are media times. The
    ``kind`` of some recordings is the same in other words: a ``commit`` is final, and a ``confirm``
    says nothing new. A segment begins where the first event of it does.
    """

    def __init__(self) -> None:
        super().__init__()
        self._start_s: float | None = None

    def accept(self, message: Mapping[str, Any]) -> list[SourcePiece]:
        """Take an event, decoded from JSON."""
        kind = message.get("kind")
        if kind == "confirm":
            return []
        text = clean(message["text"])
        if self._start_s is None:
            self._start_s = message.get("start")
        span = Span(text, self._start_s, message.get("end"))
        if not (message.get("final") or kind == "commit"):
            return self._writer.write([], [span])
        self._start_s = None
        rest = self._after(text) if kind == "commit" else []
        return self._writer.write([span, Span("", ends_segment=ends_sentence(text))], rest)

    def _after(self, committed: str) -> list[Span]:
        """What a hypothesis of which the beginning is committed leaves tentative."""
        shown = " ".join(span.text for span in self._writer.tentative)
        if not shown.startswith(committed):
            return []
        return [Span(shown[len(committed) :].strip())]


@dataclass(frozen=True, slots=True)
class Recogniser:
    """How to read what a recogniser said.

    Attributes:
        results: Makes its adapter.
        end_s: Media time that a message reaches to, for those that do not say when they came; None
            for a message without any.
        is_text: Whether its messages are lines of text, not JSON.
    """

    results: Callable[[], Results]
    end_s: Callable[[Any], float | None]
    is_text: bool = False


def _aws_end_s(message: Mapping[str, Any]) -> float | None:
    event = message.get("TranscriptEvent", message)
    results = event.get("Transcript", {}).get("Results", [])
    return max((float(result["EndTime"]) for result in results), default=None)


def _watson_end_s(message: Mapping[str, Any]) -> float | None:
    best = [r["alternatives"][0] for r in message.get("results", []) if r["alternatives"]]
    return max((float(a["timestamps"][-1][2]) for a in best if a.get("timestamps")), default=None)


def _deepgram_end_s(message: Mapping[str, Any]) -> float | None:
    return message["start"] + message["duration"] if "duration" in message else None


def _whisper_live_end_s(message: Mapping[str, Any]) -> float | None:
    return max((float(s["end"]) for s in message.get("segments", [])), default=None)


def _elitr_end_s(message: str) -> float | None:
    return int(message.split()[1]) / 1000


RECOGNISERS: Mapping[str, Recogniser] = {
    "events": Recogniser(EventResults, lambda message: message.get("end")),
    "aws-transcribe": Recogniser(AwsTranscribeResults, _aws_end_s),
    "deepgram": Recogniser(DeepgramResults, _deepgram_end_s),
    "elitr": Recogniser(ElitrResults, _elitr_end_s, is_text=True),
    "simulstreaming": Recogniser(SimulStreamingResults, lambda message: message.get("end")),
    "speechmatics": Recogniser(
        SpeechmaticsResults, lambda message: message.get("metadata", {}).get("end_time")
    ),
    "watson": Recogniser(WatsonResults, _watson_end_s),
    "whisper-live": Recogniser(WhisperLiveResults, _whisper_live_end_s),
}


def looks_like_events(file: Path) -> bool:
    """Whether the first line is an event as ``EventResults`` takes them."""
    first = next(iter(lines(file)), "")
    try:
        row = json.loads(first)
    except ValueError:
        return False
    return isinstance(row, dict) and "t" in row and "text" in row


def read_recording(file: Path, recogniser: str = "events", *, limit: int | None = None) -> Talk:
    """A talk as a recogniser heard it.

    The file has a message a line, or one JSON array of messages. A message may be in an object that
    says when it came, ``{"t": SECONDS, "message": …}`` (or ``ts`` and ``payload``), or have ``t``
    itself; else it comes when the media time that it reaches to is over.

    Args:
        file: The messages.
        recogniser: Whose they are; one of ``RECOGNISERS``.
        limit: The first so many messages; None takes all.

    Raises:
        ConfigError: A message is not one of that recogniser; the message names file and line.
    """
    kind = RECOGNISERS[recogniser]
    results = kind.results()
    arrivals: list[Arrival] = []
    now_s = 0.0
    for place, raw in list(_messages(file, kind))[:limit]:
        try:
            at_s, message = _unwrapped(raw)
            at_s = kind.end_s(message) if at_s is None else at_s
            pieces = results.accept(message)
        except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
            raise ConfigError(
                f"{file}:{place}: not a message of {recogniser} ({type(error).__name__}: {error})"
            ) from None
        now_s = max(now_s, at_s or 0.0)
        arrivals += [Arrival(now_s, piece) for piece in pieces]
    arrivals += [Arrival(now_s, piece) for piece in results.finish()]
    if not arrivals:
        raise ConfigError(f"{file}: has no results of {recogniser}")
    return Talk(talk_name(file), tuple(arrivals))


def _messages(file: Path, kind: Recogniser) -> Iterator[tuple[int, Any]]:
    """The messages, each with its line, or with its number in an array."""
    rows = lines(file)
    if kind.is_text:
        yield from ((number, row) for number, row in enumerate(rows, start=1) if row.strip())
    elif rows and rows[0].lstrip().startswith("["):
        yield from enumerate(_array(file, rows), start=1)
    else:
        for number, row in enumerate(rows, start=1):
            if row.strip():
                yield number, _decoded(file, number, row)


def _array(file: Path, rows: Sequence[str]) -> list[Any]:
    decoded = _decoded(file, 1, "\n".join(rows))
    return decoded if isinstance(decoded, list) else [decoded]


def _decoded(file: Path, number: int, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise ConfigError(f"{file}:{number}: not JSON: {error}") from None


def _unwrapped(raw: Any) -> tuple[float | None, Any]:
    """When a message came, if it is known, and the message."""
    if not isinstance(raw, Mapping):
        return None, raw
    at_s = raw.get("t", raw.get("ts"))
    message = raw.get("message", raw) if isinstance(raw.get("message"), Mapping) else raw
    message = message.get("payload", message)
    return (float(at_s) if isinstance(at_s, int | float) else None), message
