"""What a reader of a room has. Pure: no I/O."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from translator.client.captions.events import (
    Caption,
    CaptionDraft,
    CaptionEvent,
    CaptionPiece,
    CaptionRoom,
    CaptionSnapshot,
    CaptionUpdate,
    LateCaption,
    RawEvent,
)
from translator.client.target import StreamMismatchError

__all__ = ["CaptionLog", "Place"]


class Place:
    """How far a reader is, and whether what comes continues that.

    Attributes:
        after: Id of the last event; "" for none.
    """

    def __init__(self) -> None:
        self.after = ""
        self._epoch = ""
        # Code points of each open segment.
        self._lengths: dict[tuple[str, int], int] = {}

    def apply(self, event: RawEvent) -> None:
        """Move on.

        Raises:
            StreamMismatchError: Something is lost.
        """
        match event:
            case CaptionSnapshot():
                told = {draft.language for draft in event.drafts}
                is_new = event.epoch != self._epoch
                self._epoch = event.epoch
                self._lengths = {
                    place: length
                    for place, length in self._lengths.items()
                    if not is_new and place[0] not in told
                }
                for caption in event.captions:
                    if not caption.closed:
                        place = caption.language, caption.segment_id
                        self._lengths[place] = len(caption.text)
                self.after = event.id
            case CaptionPiece(id=name, caption=caption):
                place = caption.language, caption.segment_id
                length = self._lengths.pop(place, 0) + len(caption.text)
                if length != event.length:
                    raise StreamMismatchError(
                        f"{length} code points of segment {caption.segment_id}, not {event.length}"
                    )
                if not caption.closed:
                    self._lengths[place] = length
                self.after = name
            case LateCaption():
                self.after = event.id

    def forget(self) -> None:
        """Be nowhere: a snapshot has to come."""
        self.after = ""
        self._lengths.clear()


class CaptionLog:
    """The captions of a room, across the lives of its gateway.

    Args:
        history: How many closed captions of each language are kept.

    Attributes:
        room: The room; None until it is told.
    """

    def __init__(self, history: int) -> None:
        self.room: CaptionRoom | None = None
        self._history = history
        self._epoch = ""
        self._epoch_number = 0
        # By language, then by number of epoch and segment.
        self._captions: dict[str, dict[tuple[int, int], Caption]] = {}
        self._drafts: dict[str, CaptionDraft] = {}
        # Captions of former epochs: a gateway that starts anew hears them again.
        self._known: set[tuple[str, str]] = set()

    def captions(self, language: str) -> list[Caption]:
        """The captions of a language, in order."""
        captions = self._captions.get(language, {})
        return [captions[place] for place in sorted(captions)]

    def draft(self, language: str) -> str:
        """What follows them."""
        draft = self._drafts.get(language)
        return "" if draft is None else " ".join(text.text.strip() for text in draft.texts)

    def languages(self) -> Sequence[str]:
        """Languages that something is known of."""
        return list(dict.fromkeys([*self._captions, *self._drafts]))

    def apply(self, event: RawEvent) -> Iterator[CaptionEvent]:
        """Take an event. Yields what a reader sees of it."""
        match event:
            case CaptionSnapshot():
                if event.epoch != self._epoch:
                    self._begin(event.epoch)
                for caption in event.captions:
                    yield from self._grow(caption, whole=True)
                for draft in event.drafts:
                    yield from self._replace(draft)
            case CaptionPiece():
                yield from self._grow(event.caption, whole=False)
            case LateCaption():
                yield from self._grow(event.caption, whole=True)
            case CaptionDraft():
                yield from self._replace(event)
            case CaptionRoom():
                self.room = event
                yield event
            case _:
                yield event

    def _begin(self, epoch: str) -> None:
        """The gateway is another one: what was closed stays, what was open is said again."""
        self._epoch = epoch
        self._epoch_number += 1
        for language, captions in self._captions.items():
            kept = {place: caption for place, caption in captions.items() if caption.closed}
            self._captions[language] = kept
            self._known.update((caption.key, language) for caption in kept.values())
        self._drafts.clear()

    def _grow(self, told: Caption, *, whole: bool) -> Iterator[CaptionEvent]:
        if (told.key, told.language) in self._known:
            return
        captions = self._captions.setdefault(told.language, {})
        place = self._epoch_number, told.segment_id
        known = captions.get(place)
        before = "" if known is None else known.text
        if whole:
            caption, committed = told, told.text[len(before) :]
        else:
            caption, committed = replace(told, text=before + told.text), told.text
            if known is not None:
                caption = replace(
                    caption,
                    start_s=told.start_s if known.start_s is None else known.start_s,
                    end_s=known.end_s if told.end_s is None else told.end_s,
                    begin_time=known.begin_time,
                )
        captions[place] = caption
        if known is None or committed or caption.closed != known.closed:
            self._trim(told.language)
            yield CaptionUpdate(caption, committed)

    def _replace(self, draft: CaptionDraft) -> Iterator[CaptionEvent]:
        known = self._known
        texts = tuple(text for text in draft.texts if (text.key, draft.language) not in known)
        draft = replace(draft, texts=texts)
        before = self._drafts.get(draft.language)
        self._drafts[draft.language] = draft
        if draft.texts or (before is not None and before.texts):
            yield draft

    def _trim(self, language: str) -> None:
        captions = self._captions[language]
        # A tenth at once, so that not every caption has to look through all.
        if len(captions) <= self._history + max(8, self._history // 10):
            return
        closed = sorted(place for place, caption in captions.items() if caption.closed)
        for place in closed[: max(0, len(closed) - self._history)]:
            self._known.discard((captions.pop(place).key, language))
