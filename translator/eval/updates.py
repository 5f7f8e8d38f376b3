"""What went into a session and what came out, as it is kept in the log."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from translator.asr.piece import SourcePiece
from translator.session.events import TargetEvent
from translator.text.words import count_words

__all__ = [
    "Received",
    "Sent",
    "prediction",
    "received",
    "segments",
    "sent",
    "shown",
    "word_updates",
]


@dataclass(frozen=True, slots=True)
class Sent:
    """A source update. Its sequence is its place, from 1. See ``SourceUpdate``.

    Attributes:
        at_s: When the session took it, on the session's clock.
        due_s: When it came, if that was earlier.
    """

    at_s: float
    committed: str = ""
    tentative: str = ""
    end_of_segment: bool = False
    start_s: float | None = None
    end_s: float | None = None
    speaker: str = ""
    due_s: float | None = None

    @property
    def came_s(self) -> float:
        """When it came, on the session's clock."""
        return self.at_s if self.due_s is None else self.due_s


@dataclass(frozen=True, slots=True)
class Received:
    """A target update; see ``TargetUpdate`` on the wire.

    Attributes:
        at_s: When it left the session, on the session's clock.
        segment_id: The segment's id.
        source_sequence: The last source update that it reflects.
        source_start: Code points of committed source before the segment.
        source_length: Code points of the segment's source that its committed text covers; all of
            them once it is closed.
        committed: What it adds to the segment's committed text.
        draft: What is shown after that.
        closed: Whether it is the segment's last.
        end_s: Media time at which the source of ``committed`` ends; None: unknown.
        alignments: Where the words of ``committed`` come from: source start and end in the
            segment's source, target start and end in its committed text.
        cost_ms: Computation since the update before; 0 if it was not measured for each.
    """

    at_s: float
    segment_id: int
    source_sequence: int
    source_start: int
    source_length: int
    committed: str = ""
    draft: str = ""
    closed: bool = False
    end_s: float | None = None
    alignments: tuple[tuple[int, int, int, int], ...] = ()
    cost_ms: float = 0.0


def sent(piece: SourcePiece, at_s: float, due_s: float | None = None) -> Sent:
    """Make the record of a piece of source that came at ``due_s`` and was taken at ``at_s``."""
    return Sent(
        at_s,
        piece.committed,
        piece.tentative,
        piece.end_of_segment,
        piece.start_s,
        piece.end_s,
        piece.speaker,
        None if due_s == at_s else due_s,
    )


def received(event: TargetEvent, at_s: float, cost_ms: float = 0.0) -> Received:
    """Make the record of an event that left a session in this process."""
    return Received(
        at_s,
        event.segment_id,
        event.source_sequence,
        event.source_start,
        event.source_committed_length,
        event.committed,
        event.draft,
        event.closed,
        event.end_s,
        tuple(
            (a.source_start, a.source_end, a.target_start, a.target_end) for a in event.alignments
        ),
        cost_ms,
    )


def segments(updates: Iterable[Received]) -> list[list[Received]]:
    """The updates of each segment, in order."""
    return [list(group) for _, group in groupby(updates, key=lambda update: update.segment_id)]


def prediction(updates: Iterable[Received]) -> str:
    """All committed text, with a space between segments."""
    texts = ("".join(u.committed for u in segment).strip() for segment in segments(updates))
    return " ".join(filter(None, texts))


def word_updates(updates: Iterable[Received]) -> list[Received]:
    """For each word of the prediction, the update that brought it."""
    bringing: list[Received] = []
    for segment in segments(updates):
        text, count = "", 0
        for update in segment:
            text += update.committed
            bringing += [update] * (count_words(text) - count)
            count = count_words(text)
    return bringing


def shown(segment: Sequence[Received]) -> list[str]:
    """What a reader saw of a segment after each of its updates: committed text and draft."""
    texts: list[str] = []
    committed = ""
    for update in segment:
        committed += update.committed
        texts.append(committed + update.draft)
    return texts
