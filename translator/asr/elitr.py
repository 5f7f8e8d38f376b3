"""ELITR's online text flow: KIT's recognisers, and the sentences made from their results.

https://github.com/ELITR/online-text-flow
"""

from translator.asr.piece import SourcePiece, Span
from translator.asr.text import clean, same_word
from translator.asr.writer import Results

__all__ = ["ElitrResults", "ElitrSentences"]

# A hypothesis begins this much before the end of what was committed, at most.
_ROUNDING_S = 0.02
_COMPLETE = 100


class ElitrResults(Results):
    """Takes lines ``start end text`` of a recogniser; times are milliseconds, "..." an open end.

    A line is the hypothesis from ``start`` on. When its end goes back, it confirms the beginning of
    the hypothesis before, which goes on as it was. Confirmed text may still change; it
    is final when the next line begins where it ended. So text is committed with the line after it.
    A line that begins later than the one before, but within it, has dropped silence, not words.

    Punctuation may still change and sentences are cut anywhere, so no segment ends here.
    """

    is_text = True

    def _begin(self) -> None:
        super()._begin()
        self._committed_end_s = 0.0
        # The line before, committed if the next one begins after it.
        self._last: Span | None = None

    def accept(self, message: str) -> list[SourcePiece]:
        start, end, text = [*message.split(maxsplit=2), "", ""][:3]
        start_s, end_s = int(start) / 1000, int(end) / 1000
        line = Span(_text(text), start_s, end_s)
        if start_s < self._committed_end_s - _ROUNDING_S:
            return self._set_aside(message)
        self._late = []
        last, self._last = self._last, line
        shown = self._writer.tentative[0] if self._writer.tentative else None
        committed: list[Span] = []
        if last is not None and start_s >= (last.end_s or 0.0) - _ROUNDING_S:
            committed.append(last)
            self._committed_end_s = last.end_s or 0.0
            shown = _without(shown, last)
        if shown is not None and end_s < (shown.end_s or 0.0):
            line = shown
        return self._writer.write(committed, [line])

    @staticmethod
    def reached_s(message: str) -> float | None:
        return int(message.split()[1]) / 1000

    def finish(self) -> list[SourcePiece]:
        """Commit the last hypothesis, because the recogniser has ended."""
        self._last = None
        return super().finish()


def _text(text: str) -> str:
    """The text of a line; an open end becomes three dots."""
    return clean(text).removesuffix("...").rstrip()


def _without(hypothesis: Span | None, beginning: Span) -> Span | None:
    """The hypothesis after this beginning; None if it begins with something else."""
    if hypothesis is None:
        return None
    words, said = hypothesis.text.split(), beginning.text.split()
    if len(words) <= len(said) or not all(map(same_word, words, said)):
        return None
    return Span(" ".join(words[len(said) :]), beginning.end_s, hypothesis.end_s)


class ElitrSentences(Results):
    """Takes lines ``number code text`` of ``online-text-flow events``: sentences with fake times.

    ``code - number`` tells the kind: 100 for a sentence that is complete and comes once, 10 for one
    that may change, 1 for the one that grows. With every update all sentences that are not complete
    come again, in order; those that are gone are just not there any more. What an update leaves out
    is taken to be gone when the next begins.

    https://github.com/ELITR/online-text-flow#online-text-flow-eventspy
    """

    is_text = True

    def _begin(self) -> None:
        super()._begin()
        self._complete = 0
        self._open: dict[int, Span] = {}
        # Numbers that the present update has brought.
        self._seen: list[int] = []

    def accept(self, message: str) -> list[SourcePiece]:
        first, second, text = [*message.split(maxsplit=2), "", ""][:3]
        number, kind = int(first), int(second) - int(first)
        if number <= self._complete:
            return self._set_aside(message)
        self._late = []
        if self._seen and number <= self._seen[-1]:
            self._open = {key: self._open[key] for key in self._seen if key in self._open}
            self._seen = []
        committed: list[Span] = []
        span = Span(_text(text), ends_segment=kind == _COMPLETE)
        if kind == _COMPLETE:
            committed.append(span)
            self._complete = number
            self._open = {key: span for key, span in self._open.items() if key > number}
        else:
            self._seen.append(number)
            self._open[number] = span
        return self._writer.write(committed, [self._open[key] for key in sorted(self._open)])

    @staticmethod
    def reached_s(message: str) -> float | None:
        """None: the times are made up."""
        return None
