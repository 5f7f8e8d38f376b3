"""How the end of a segment is told to a session."""

from enum import StrEnum

__all__ = ["End"]


class End(StrEnum):
    """When a session learns that a sentence has ended.

    It matters: what is known with the last word is translated as a whole at once, and what is told
    later finds a session that has answered the last word as if the sentence went on.

    Attributes:
        WITH_LAST: In the update that brings the last word, as from a text that was written before.
        NEXT_WORD: When the next word would come: the last word has been answered by then.
        REST: Never. The source rests, and the session shows and commits by itself; what is still
            open after that is ended as with NEXT_WORD.
    """

    WITH_LAST = "with-last"
    NEXT_WORD = "next-word"
    REST = "rest"
