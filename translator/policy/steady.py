"""Keeps what is shown of tentative source, until what replaces it has settled."""

from collections import deque
from math import ceil

from translator.text.words import count_words, num_erased

__all__ = ["SteadyDraft"]

# Updates over which the mean is taken of how many words one takes back.
_REMEMBERED = 32
# So many times that mean is hidden: words at the end of a draft that are not shown.
_HIDDEN = 4.5
# A draft that takes words back has to be longer than what is shown by so many times the hidden.
_AHEAD = 3
# A draft that was held so many times is replaced whatever comes.
_MOST_HELD = 40
_LONGEST_WORD = 24


class SteadyDraft:
    """Decides, draft after draft, what a reader sees of a target's text behind the committed.

    A recogniser that revises a word makes a hypothesis that differs from there on, of which hardly
    anything has survived yet. In place of a line that goes blank, what is shown stays until the new
    draft has come further. How much further, and how much of the end of each draft is not shown,
    depends on how many words the updates of this source take back: nothing where they take back
    none.

    Where committed text differs from what was shown, all after it is taken back in any case, and is
    shown anew. What a closed segment showed of the next one stays.

    It only ever delays drafts. Committed text, and drafts of source that has no tentative part or
    has rested, are shown as they are. In the spirit of dynamic masking (arXiv 2006.00249).
    """

    def __init__(self) -> None:
        self._shown = ""
        self._times_held = 0
        # The newest draft, the update it is of, and the last draft of the update before.
        self._draft = self._draft_before = ""
        self._sequence = 0
        # Words that each of the last updates took back.
        self._erased: deque[int] = deque(maxlen=_REMEMBERED)

    @property
    def shown(self) -> str:
        """What is shown after the committed text; after a close, what that showed of the next."""
        return self._shown

    def show(
        self,
        committed: str,
        draft: str,
        *,
        sequence: int,
        is_settled: bool,
        is_closed: bool = False,
        is_first: bool = False,
    ) -> str:
        """What to show after ``committed``, the text that is committed with this draft.

        Args:
            committed: New committed text, which the draft before may have shown; "" for none.
            draft: What the policy shows after it.
            sequence: The last source update that it reflects. Of several drafts of one update the
                last counts.
            is_settled: Whether its source has no tentative part, or rests.
            is_closed: Whether the segment is closed: nothing follows in it.
            is_first: Whether nothing of the segment is committed, so that no space goes before.
        """
        self._shown = _after(committed, self._shown)
        self._draft = _after(committed, self._draft)
        self._draft_before = _after(committed, self._draft_before)
        if is_closed:
            self._draft = self._draft_before = ""
            return ""
        if sequence != self._sequence:
            self._erased.append(num_erased(self._draft_before, self._draft))
            self._sequence, self._draft_before = sequence, self._draft
        self._draft = draft
        if is_settled or _is_unspaced(draft):
            self._shown = draft
        else:
            steady = self._steady(self._shown.strip(), draft)
            has_space = draft[:1].isspace() or (not draft.strip() and not is_first)
            self._shown = " " + steady if has_space and steady else steady
        return self._shown

    @property
    def _num_hidden(self) -> int:
        """Words at the end of a draft that are not shown."""
        return ceil(_HIDDEN * sum(self._erased) / _REMEMBERED)

    def _steady(self, former: str, draft: str) -> str:
        words = draft.split()
        num_shown = max(0, len(words) - self._num_hidden)
        shown = " ".join(words[:num_shown])
        if not num_erased(former, shown):
            self._times_held = 0
            return shown
        if not num_erased(former, draft):
            self._times_held = 0
            return former
        self._times_held += 1
        is_ahead = num_shown >= count_words(former) + _AHEAD * self._num_hidden
        if is_ahead or self._times_held > _MOST_HELD:
            self._times_held = 0
            return shown
        return former


def _after(committed: str, shown: str) -> str:
    """What was shown beyond the text that was committed since; "" where that differs from it."""
    if not committed.strip():
        return shown
    shown, committed = shown.lstrip(), committed.strip()
    return shown[len(committed) :] if shown.startswith(committed) else ""


def _is_unspaced(draft: str) -> bool:
    """Whether a draft has no words to count: it is in a script written without spaces."""
    return len(draft) > _LONGEST_WORD and " " not in draft.strip()
