"""What a track wants of a segment, and what it filed for that."""

from dataclasses import dataclass

from translator.session.model_source import ModelSource
from translator.session.question import Question
from translator.session.segment import Segment
from translator.text.tokens import EncodedText

__all__ = ["Filed", "Wanted"]

_NO_SOURCE = ModelSource("", 0, EncodedText((), ()))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of a segment is to be translated next.

    Attributes:
        text: The source, white space included.
        is_committed: Whether the text has no tentative part.
        is_complete: Whether the segment is closed.
        is_whole: Whether the model is to take the text for whole: the segment is closed, ends with
            its sentence, or rests.
        is_tail: Whether the text is a sentence of the tentative source after the first one.
    """

    text: str
    is_committed: bool
    is_complete: bool
    is_whole: bool
    is_tail: bool = False


@dataclass(frozen=True, slots=True)
class Filed:
    """What a question was asked for.

    Attributes:
        wanted: What of the segment it reflects.
        source: The same text as the model sees it.
        question: What the engine is asked.
        sequence: The last source update that it reflects.
        num_words: Words of the committed source up to there.
        in_capitals: Whether the client's source is in capitals.
    """

    wanted: Wanted
    source: ModelSource
    question: Question
    sequence: int
    num_words: int
    in_capitals: bool = False

    @property
    def text(self) -> str:
        """The segment's source that it reflects, white space included."""
        return self.wanted.text

    @property
    def is_committed(self) -> bool:
        """Whether that has no tentative part."""
        return self.wanted.is_committed

    @property
    def is_complete(self) -> bool:
        """Whether the segment was closed."""
        return self.wanted.is_complete

    def is_before_draft(self, segment: Segment) -> bool:
        """Whether committed and tentative source are asked for next, together, for the draft."""
        return self.is_committed and segment.config.drafts and bool(segment.tentative)

    @classmethod
    def nothing(cls, segment: Segment, *, is_complete: bool = False) -> "Filed":
        """What stands for a question where the engine is not asked."""
        wanted = Wanted("", is_committed=False, is_complete=is_complete, is_whole=is_complete)
        return cls.unasked(segment, wanted)

    @classmethod
    def unasked(cls, segment: Segment, wanted: Wanted) -> "Filed":
        """What is wanted of a segment where the engine need not be asked for it."""
        return cls(wanted, _NO_SOURCE, Question((), ()), segment.sequence, segment.num_words)
