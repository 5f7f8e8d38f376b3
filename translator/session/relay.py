"""Translation through another language: the text of the first leg is the source of the second."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from translator.engine.request import RequestKey
from translator.session.events import AlignedRange, Binding, TargetEvent
from translator.session.report import TargetFigures
from translator.session.segment import Segment
from translator.session.track import Track

__all__ = ["Relay", "RelayedSegment", "origin"]


def origin(alignments: Sequence[AlignedRange], start: int, end: int) -> tuple[int, int] | None:
    """The source range that ``[start, end)`` of a translation comes from; None if unaligned."""
    found = [a for a in alignments if a.target_start < end and a.target_end > start]
    if not found:
        return None
    return min(a.source_start for a in found), max(a.source_end for a in found)


@dataclass(slots=True)
class RelayedSegment(Segment):
    """A segment in the pivot language, as far as the first leg has translated it.

    The first leg's committed text is committed source here, and its draft is a tentative tail.
    Media times and lengths are those of the client's segment.

    Attributes:
        client: The client's segment.
        alignments: Where each word of the committed text comes from in the client's source.
    """

    client: Segment = field(kw_only=True)
    alignments: list[AlignedRange] = field(default_factory=list)
    _num_words: int = 0

    @classmethod
    def of(cls, client: Segment) -> "RelayedSegment":
        """A segment of which nothing has been translated yet."""
        return cls(
            client.id,
            client.start,
            client.config,
            continues=client.continues,
            speaker=client.speaker,
            # It is in the language that the first leg translates into.
            is_determined=True,
            client=client,
        )

    def take(self, event: TargetEvent) -> None:
        """Take over what the first leg has added."""
        self.start = event.source_start
        self.committed += event.committed
        self.tentative = event.draft
        self.sequence = event.source_sequence
        self.alignments += event.alignments
        self._num_words = event.num_source_words
        if event.closed:
            self.closed = True
            self.in_sentence = self.client.in_sentence
            if self.in_sentence and self.client.committed[-1:].isspace():
                # The next word is another one.
                self.committed += " "

    def is_in_capitals(self, text: str, *, former: bool) -> bool:
        """Whether the client's source is in capitals; text between the legs is in lower case."""
        client = self.client
        return client.is_in_capitals(client.committed + client.tentative, former=former)

    @property
    def is_resting(self) -> bool:
        """Whether the client's segment rests or is a whole sentence, so that no more is expected.

        The source here may be tentative all the same, because it includes the first leg's draft.
        """
        return self.client.has_rested or (self.client.is_ended and not self.client.tentative)

    @property
    def length(self) -> int:
        """Code points of the client's committed source."""
        return self.client.length

    @property
    def num_words(self) -> int:
        """Words of the client's committed source that this text reflects."""
        return self._num_words

    def origin(self, start: int, end: int) -> tuple[int, int] | None:
        """The client's source that ``[start, end)`` of the text comes from; None if unknown."""
        return origin(self.alignments, start, end)

    def covered(self, end: int) -> int:
        """Code points of the client's source that the first ``end`` of the text reflect."""
        ends = (a.source_end for a in self.alignments if a.target_end <= end)
        return min(max(ends, default=0), self.length)

    def arrivals_s(self) -> list[float]:
        """When each word of the client's committed source came."""
        return self.client.arrivals_s()

    def media_time(self, start: int, end: int) -> tuple[float | None, float | None]:
        """Media times of the client's source that ``[start, end)`` of the text comes from."""
        if start >= end:
            return None, None
        covered = self.covered(end)
        return self.client.media_time(*(self.origin(start, end) or (max(0, covered - 1), covered)))


class Relay(Track):
    """The first leg of a session: its text is the source of all pivoted targets.

    Args:
        key: Names its requests in the engine.
        binding: The model and its tokenizer.
        next_segment_id: The segment to begin with.
        versions: Numbers its requests.
        figures: Its cost is added to these.
    """

    def __init__(
        self,
        key: RequestKey,
        binding: Binding,
        next_segment_id: int,
        versions: Iterator[int],
        figures: TargetFigures,
    ) -> None:
        super().__init__(key, binding, next_segment_id, versions, figures)
        self._relayed: dict[int, RelayedSegment] = {}

    def begin(self, segment: Segment, binding: Binding) -> None:
        """Begin the client's next segment, under the configuration in which that began."""
        self._relayed[segment.id] = RelayedSegment.of(segment)
        super().begin(segment, binding)

    def put(self, event: TargetEvent) -> None:
        """Pass on an event of this track."""
        self._relayed[event.segment_id].take(event)

    def relayed(self, segment_id: int) -> RelayedSegment | None:
        """What a second leg translates for a segment; None if that has not begun."""
        return self._relayed.get(segment_id)

    def drop_before(self, segment_id: int) -> None:
        """Forget the segments that every second leg has finished."""
        for known in [number for number in self._relayed if number < segment_id]:
            del self._relayed[known]
