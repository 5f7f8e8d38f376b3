"""Keeps what is shown of tentative source, until what replaces it has settled."""

from collections import deque

from translator.text.words import count_words, num_erased

__all__ = ["SteadyDraft"]

# A draft that takes words back is shown once the last so many agree on more words than are shown.
_SURVIVE = 4
# More by so many.
_AHEAD = 10
# Words at the end that are not shown.
_MASKED = 7
# A draft that was held so many times is replaced whatever comes.
_MOST_HELD = 40
# A recogniser is restless when so many of the last drafts took words back.
_REMEMBERED = 64
_RESTLESS = 2
# Where committed text ends in the draft before is looked for so many words around its length.
_SLACK = 5
_LONGEST_WORD = 24


class SteadyDraft:
    """Decides, draft after draft, what a reader sees of a target's text behind the committed.

    A recogniser that revises a word makes a hypothesis that differs from there on, of which hardly
    anything has survived yet. In place of a line that goes blank, the former draft stays until the
    new one is as long; while the recogniser is restless, until some drafts agree on more. What a
    closed segment showed of the next one stays in the same way.

    It only ever delays drafts. Committed text, and drafts of source that has no tentative part or
    has rested, are shown as they are. In the spirit of dynamic masking (arXiv 2006.00249).
    """

    def __init__(self) -> None:
        self._shown = ""
        self._times_held = 0
        self._drafts: deque[str] = deque(maxlen=_SURVIVE)
        # Whether each of the last drafts took back words of the one before.
        self._revised: deque[bool] = deque(maxlen=_REMEMBERED)

    def show(
        self,
        committed: str,
        draft: str,
        *,
        is_settled: bool,
        is_closed: bool = False,
        is_first: bool = False,
    ) -> str:
        """What to show after ``committed``, the text that is committed with this draft.

        Args:
            committed: New committed text, which the draft before may have shown; "" for none.
            draft: What the policy shows after it.
            is_settled: Whether its source has no tentative part, or rests.
            is_closed: Whether the segment is closed: nothing follows in it.
            is_first: Whether nothing of the segment is committed, so that no space goes before.
        """
        former = _after(committed, self._shown)
        if is_closed:
            # What is left of it is the next segment's.
            self._shown = former
            self._drafts.clear()
            return ""
        if self._drafts:
            self._revised.append(num_erased(self._drafts[-1], draft) > 0)
        self._drafts.append(draft)
        if is_settled or _is_unspaced(draft):
            self._shown = draft
        else:
            steady = self._steady(former.strip(), draft)
            has_space = draft[:1].isspace() or (not draft.strip() and not is_first)
            self._shown = " " + steady if has_space and steady else steady
        return self._shown

    def _steady(self, former: str, draft: str) -> str:
        is_restless = sum(self._revised) >= _RESTLESS
        words = draft.split()
        shown = " ".join(words[: max(0, len(words) - _MASKED)]) if is_restless else draft.strip()
        num_former = count_words(former)
        if not num_erased(former, shown):
            self._times_held = 0
            return shown
        if is_restless:
            agreed = min(len(words) - num_erased(draft, other) for other in self._drafts)
            has_settled = len(self._drafts) == _SURVIVE and agreed >= num_former + _AHEAD
        else:
            has_settled = count_words(shown) >= num_former
        self._times_held += 1
        if has_settled or self._times_held > _MOST_HELD:
            self._times_held = 0
            return shown
        return former


def _after(committed: str, shown: str) -> str:
    """What a draft showed beyond the text that was committed since, which may differ from it."""
    if shown.lstrip().startswith(committed.strip()):
        return shown.lstrip()[len(committed.strip()) :]
    words, said = shown.split(), committed.split()
    ends = [
        end
        for end in range(max(1, len(said) - _SLACK), min(len(words), len(said) + _SLACK) + 1)
        if words[end - 1] == said[-1] or (_has_mark(words[end - 1]) and _has_mark(said[-1]))
    ]
    if not ends:
        return ""
    return " ".join(words[min(ends, key=lambda end: abs(end - len(said))) :])


def _is_unspaced(draft: str) -> bool:
    """Whether a draft has no words to count: it is in a script written without spaces."""
    return len(draft) > _LONGEST_WORD and " " not in draft.strip()


def _has_mark(word: str) -> bool:
    return word[-1] in ".!?"
