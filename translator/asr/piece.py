"""What goes in and what comes out: spans of recognised text, pieces of source."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import dropwhile

__all__ = ["ResultsWarning", "SourcePiece", "Span", "said_after"]


@dataclass(frozen=True, slots=True)
class SourcePiece:
    """A step of the source: ``stream.send(**asdict(piece))``.

    The ``committed`` texts of all pieces, put together as they are, make the final transcript with
    single spaces; each but the first brings the space before it along. ``tentative`` follows what
    is committed so far, and brings its space along too.

    Attributes:
        committed: Final text that is new; it never changes.
        tentative: All text that is not final yet; it replaces the former.
        end_of_segment: Whether a sentence or utterance ends after ``committed``.
        start_s: Media time at which ``committed`` begins, in seconds; None when not known.
        end_s: Media time at which ``committed`` ends, in seconds; None when not known.
        speaker: Who said ``committed``; "" is the same as before, or not known.
    """

    committed: str = ""
    tentative: str = ""
    end_of_segment: bool = False
    start_s: float | None = None
    end_s: float | None = None
    speaker: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """A run of recognised text: a word, a punctuation mark, or a whole result.

    Attributes:
        text: Without space at either end and with single spaces inside. With ``ends_segment`` it
            may be empty.
        start_s: Media time at which it begins, in seconds.
        end_s: Media time at which it ends, in seconds.
        speaker: Who said it; "" is not known.
        attached: Whether no space goes before it.
        ends_segment: Whether a sentence or utterance ends after it.
    """

    text: str
    start_s: float | None = None
    end_s: float | None = None
    speaker: str = ""
    attached: bool = False
    ends_segment: bool = False

    def is_after(self, time_s: float) -> bool:
        """Whether most of it was said after ``time_s``; True when its times are not known."""
        if self.start_s is None or self.end_s is None:
            return True
        return (self.start_s + self.end_s) / 2 > time_s


@dataclass(frozen=True, slots=True)
class ResultsWarning:
    """Something in a recogniser's results was not taken as it was said; the stream goes on.

    Attributes:
        reason: Names the kind, in capitals; see docs/asr.md.
        message: What it was and what to do about it, without any of the text.
    """

    reason: str
    message: str


def said_after(time_s: float, spans: Sequence[Span]) -> list[Span]:
    """``spans`` without those at the beginning that were said before ``time_s``.

    An interim result that comes too late begins with words that are final by now.
    """
    return list(dropwhile(lambda span: not span.is_after(time_s), spans))
