"""How a session learns that a segment has ended."""

from enum import StrEnum

__all__ = ["End"]


class End(StrEnum):
    """When a session learns that a sentence has ended.

    This matters. If it is known with the last word, the sentence is translated as a whole at once.
    If it comes later, the session has already answered the last word as if the sentence went on.

    Attributes:
        WITH_LAST: In the update with the last word, as for a text that was written before.
        NEXT_WORD: When the next word would come: the last word has been answered by then.
        REST: Never. The source rests, and the session shows and commits by itself. If the sentence
            is still open after that, it is ended as with NEXT_WORD.
    """

    WITH_LAST = "with-last"
    NEXT_WORD = "next-word"
    REST = "rest"
