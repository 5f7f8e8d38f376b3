"""Spans of recognised text, which go in, and pieces of source, which come out."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import dropwhile

__all__ = ["ResultsWarning", "SourcePiece", "Span", "said_after"]


@dataclass(frozen=True, slots=True)
class SourcePiece:
    """One step of the source, for ``stream.send(**asdict(piece))``.

    Joined as they are, the ``committed`` texts of all pieces make the final transcript with single
    spaces: each includes the space before it, except the first. ``tentative`` follows the committed
    text, and also includes the space before it.

    Attributes:
        committed: New final text; it never changes.
        tentative: All text that is not final yet; it replaces the previous one.
        end_of_segment: Whether a sentence or utterance ends after ``committed``.
        start_s: Media time at which ``committed`` begins, in seconds; None when not known.
        end_s: Media time at which ``committed`` ends, in seconds; None when not known.
        speaker: Who said ``committed``; "" if the same as before, or unknown.
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
        speaker: Who said it; "" if unknown.
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
        """Whether most of it was said after ``time_s``; True if its times are unknown."""
        if self.start_s is None or self.end_s is None:
            return True
        return (self.start_s + self.end_s) / 2 > time_s


@dataclass(frozen=True, slots=True)
class ResultsWarning:
    """Something in a recogniser's results was changed or left out; the stream goes on.

    Attributes:
        reason: Names the kind, in capitals; see docs/asr.md.
        message: What it was and what to do about it, without any recognised text.
    """

    reason: str
    message: str


def said_after(time_s: float, spans: Sequence[Span]) -> list[Span]:
    """``spans`` without those at the beginning that were said before ``time_s``.

    An interim result that comes late begins with words that are final by now.
    """
    return list(dropwhile(lambda span: not span.is_after(time_s), spans))
