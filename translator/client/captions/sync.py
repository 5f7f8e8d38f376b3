"""The calls of a captions gateway, for threads: those of ``translator.client.captions.aio``."""

from collections.abc import Callable

from translator.arguments import Strings
from translator.client.captions.aio import AsyncCaptions
from translator.client.captions.events import (
    Caption,
    CaptionEvent,
    CaptionRoom,
    CaptionsLink,
    PublicationEvent,
    PublicationOpened,
)
from translator.client.captions.publication import AsyncPublication
from translator.client.captions.rooms import RoomLinks, RoomSink, RoomStatus
from translator.client.captions.subscription import AsyncSubscription
from translator.client.events import Connecting
from translator.client.loop_thread import Blocking, BlockingIterator, LoopThread
from translator.client.session import HISTORY

__all__ = ["Captions", "Publication", "Subscription"]


class Subscription(BlockingIterator[CaptionEvent]):
    """A blocking ``AsyncSubscription``. One thread at a time may iterate."""

    def __init__(self, thread: LoopThread, subscription: AsyncSubscription) -> None:
        super().__init__(thread, subscription)
        self._subscription = subscription

    @property
    def room(self) -> CaptionRoom | None:
        """The room, as it was told last."""
        return self._subscription.room

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that are read."""
        return self._subscription.languages

    def captions(self, language: str) -> list[Caption]:
        """The captions of a language; see ``AsyncSubscription.captions``."""
        return self._subscription.captions(language)

    def transcript(self, language: str, separator: str = "\n") -> str:
        """The committed text of a language, a caption each."""
        return self._subscription.transcript(language, separator)

    def draft(self, language: str) -> str:
        """What is being said right now, and may still change."""
        return self._subscription.draft(language)

    def change(self, languages: Strings) -> None:
        """Read other languages; see ``AsyncSubscription.change``."""

        async def change() -> None:
            self._subscription.change(languages)

        self._thread.run(change())


class Publication(Blocking):
    """A blocking ``AsyncPublication``. Threads may share it."""

    def __init__(self, thread: LoopThread, publication: AsyncPublication) -> None:
        super().__init__(thread, publication)
        self._publication = publication

    @property
    def position(self) -> int:
        """Code points said so far."""
        return self._publication.position

    @property
    def done(self) -> int:
        """Code points of it that have become captions in all languages."""
        return self._publication.done

    @property
    def num_viewers(self) -> int:
        """How many read along."""
        return self._publication.num_viewers

    @property
    def problem(self) -> str:
        """What is wrong at the moment, as a sentence; "" if nothing is."""
        return self._publication.problem

    @property
    def opened(self) -> PublicationOpened | None:
        """What the gateway said when the room listened."""
        return self._publication.opened

    def send(
        self,
        committed: str,
        *,
        tentative: str = "",
        end_of_segment: bool = False,
        start_s: float | None = None,
        end_s: float | None = None,
    ) -> None:
        """Say something; see ``AsyncPublication.send``."""
        self._thread.run(
            self._publication.send(
                committed,
                tentative=tentative,
                end_of_segment=end_of_segment,
                start_s=start_s,
                end_s=end_s,
            )
        )

    def change(self, *, language: str = "", speaker: str = "") -> None:
        """Speak another language, or have another name; see ``AsyncPublication.change``."""
        self._thread.run(self._publication.change(language=language, speaker=speaker))

    def close_source(self) -> None:
        """End the source, and wait for its captions; see ``AsyncPublication.close_source``."""
        self._thread.run(self._publication.close_source())


class Captions:
    """What a client can do with rooms; see ``AsyncCaptions``."""

    _client: AsyncCaptions

    @property
    def _thread(self) -> LoopThread:
        """Where the client runs; RuntimeError if it is not open."""
        raise NotImplementedError

    def subscribe(
        self,
        link: str | CaptionsLink,
        languages: Strings,
        *,
        resume_timeout_s: float = 60.0,
        history: int = HISTORY,
        on_connecting: Callable[[Connecting], None] | None = None,
    ) -> Subscription:
        """Read the captions of a room; see ``AsyncTranslatorClient.subscribe``.

        ``on_connecting`` runs in the client's thread; it must not call the client.
        """

        async def make() -> AsyncSubscription:
            return self._client.subscribe(
                link,
                languages,
                resume_timeout_s=resume_timeout_s,
                history=history,
                on_connecting=on_connecting,
            )

        return Subscription(self._thread, self._thread.run(make()))

    def publish(
        self,
        link: str | CaptionsLink,
        *,
        language: str,
        speaker: str = "",
        publisher_id: str | None = None,
        resume_timeout_s: float = 60.0,
        on_event: Callable[[PublicationEvent], None] | None = None,
    ) -> Publication:
        """Speak in a room; see ``AsyncTranslatorClient.publish``.

        ``on_event`` runs in the client's thread; it must not call the client.
        """

        async def make() -> AsyncPublication:
            return self._client.publish(
                link,
                language=language,
                speaker=speaker,
                publisher_id=publisher_id,
                resume_timeout_s=resume_timeout_s,
                on_event=on_event,
            )

        return Publication(self._thread, self._thread.run(make()))

    def captions(
        self, link: str | CaptionsLink, language: str, *, timeout_s: float | None = 60.0
    ) -> list[Caption]:
        """The closed captions of a room; see ``AsyncTranslatorClient.captions``."""
        return self._thread.run(self._client.captions(link, language, timeout_s=timeout_s))

    def create_room(
        self,
        link: str | CaptionsLink,
        *,
        title: str = "",
        pinned: Strings = (),
        timeout_s: float | None = 60.0,
    ) -> RoomLinks:
        """Make a room of captions; see ``AsyncTranslatorClient.create_room``."""
        return self._thread.run(
            self._client.create_room(link, title=title, pinned=pinned, timeout_s=timeout_s)
        )

    def room_status(
        self, link: str | CaptionsLink, *, timeout_s: float | None = 60.0
    ) -> RoomStatus:
        """How a room of captions does; see ``AsyncTranslatorClient.room_status``."""
        return self._thread.run(self._client.room_status(link, timeout_s=timeout_s))

    def switch_sink(
        self,
        link: str | CaptionsLink,
        sink_id: int,
        on: bool,
        *,
        timeout_s: float | None = 60.0,
    ) -> RoomSink:
        """Switch a destination off, or on again; see ``AsyncTranslatorClient.switch_sink``."""
        return self._thread.run(self._client.switch_sink(link, sink_id, on, timeout_s=timeout_s))
