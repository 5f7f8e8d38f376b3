"""What another gateway's room has, under the same numbers: an id of one is good at the other."""

from collections.abc import Iterable

from translator.captions.events import DraftText, Line, Segment
from translator.captions.transcript import Transcript

__all__ = ["Mirror"]


class Mirror(Transcript):
    """A room of another gateway, as far as it has told."""

    # One that comes from the other gateway may have more than has been told here.
    _max_ahead = 1_000

    def load(
        self, language: str, lines: Iterable[tuple[Segment, Line]], n: int, whole_pages: int = 0
    ) -> None:
        """Replace what there is of a language. Its viewers get a snapshot.

        Args:
            language: The language.
            lines: All its lines, in any order.
            n: Number of the last piece in them.
            whole_pages: All pages before this one are closed.
        """
        drafts = self._log(language).drafts
        self.forget(language)
        log = self._log(language)
        log.drafts = drafts
        log.show(())
        log.floor, log.whole_pages = n, whole_pages
        self.n = max(self.n, n)
        for segment, line in lines:
            log.lines[self._adopt(segment).segment_id] = line
        self._length += log.length
        self.expire()

    def forget(self, language: str) -> None:
        """Have nothing of a language any more."""
        log = self._logs.pop(language, None)
        if log is not None:
            self._length -= log.length

    def show(self, language: str, texts: Iterable[tuple[Segment, str]]) -> None:
        """Replace all drafts of a language."""
        drafts = [DraftText(self._adopt(segment), text) for segment, text in texts]
        self._log(language).show(drafts)

    def _may_have(self, number: int) -> bool:
        # It does not know of all segments that there are.
        return number >= self._oldest
