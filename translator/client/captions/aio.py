"""The calls of a captions gateway, for asyncio."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from google.protobuf.message import Message

from translator.arguments import Strings, check_strings
from translator.captions.v1.captions_pb2 import (
    CreateRoomRequest,
    GetRoomRequest,
    GetTranscriptRequest,
    SwitchSinkRequest,
)
from translator.client.captions import convert
from translator.client.captions.events import Caption, CaptionsLink, PublicationEvent
from translator.client.captions.publication import AsyncPublication
from translator.client.captions.rooms import RoomLinks, RoomSink, RoomStatus
from translator.client.captions.subscription import AsyncSubscription, bearer, checked_link
from translator.client.events import Connecting
from translator.client.link import Link
from translator.client.session import HISTORY

__all__ = ["AsyncCaptions"]

_T = TypeVar("_T")


class AsyncCaptions:
    """What a client can do with rooms. Its address is then a gateway's, not a server's."""

    _link: Link

    def subscribe(
        self,
        link: str | CaptionsLink | Callable[[], CaptionsLink],
        languages: Strings,
        *,
        resume_timeout_s: float = 60.0,
        history: int = HISTORY,
        on_connecting: Callable[[Connecting], None] | None = None,
    ) -> AsyncSubscription:
        """Read the captions of a room. The client's address is a gateway's (``--grpc-port``).

        Args:
            link: A link that lets read, as ``translator captions`` prints it; or the room and the
                key that are in it; or what makes them anew for each call.
            languages: Languages to read, BCP-47; "original" for what was said, in whatever
                language. At most 4.
            resume_timeout_s: Longest time without an open call, in seconds, before the subscription
                fails with ConnectionLostError. It holds for opening too.
            history: How many closed captions of each language it keeps.
            on_connecting: Called before each attempt to open it. Later attempts come as
                ``Reconnecting`` events.

        Raises:
            RuntimeError: The client is not open.
            TypeError: ``languages`` is not a list of strings.
            ValueError: There is no language, or ``link`` is none.
        """
        # Fails where the client is not open.
        _ = self._link.captions
        room = checked_link(link) if isinstance(link, str) else link
        return AsyncSubscription(
            self._link,
            room,
            languages,
            resume_timeout_s=resume_timeout_s,
            history=history,
            on_connecting=on_connecting,
        )

    def publish(
        self,
        link: str | CaptionsLink,
        *,
        language: str,
        speaker: str = "",
        publisher_id: str | None = None,
        resume_timeout_s: float = 60.0,
        on_event: Callable[[PublicationEvent], None] | None = None,
    ) -> AsyncPublication:
        """Speak in a room; ``async with`` opens it. The client's address is a gateway's.

        Args:
            link: A link that lets speak, or the room and the key that are in it.
            language: What is spoken, BCP-47.
            speaker: Who speaks; at most 80 characters.
            publisher_id: Names the source across programs: 8 to 64 letters, digits and _. Another
                publication with the same one replaces the former. Default: made at random.
            resume_timeout_s: Longest time without an open call, in seconds, before the publication
                fails with ConnectionLostError. It holds for opening too.
            on_event: Called with whatever the gateway tells, and with each attempt to resume.

        Raises:
            RuntimeError: The client is not open.
            ValueError: ``link`` is none.
        """
        # Fails where the client is not open.
        _ = self._link.captions
        return AsyncPublication(
            self._link,
            checked_link(link),
            language=language,
            speaker=speaker,
            publisher_id=publisher_id,
            resume_timeout_s=resume_timeout_s,
            on_event=on_event,
        )

    async def captions(
        self, link: str | CaptionsLink, language: str, *, timeout_s: float | None = 60.0
    ) -> list[Caption]:
        """The closed captions of a room that are still kept, in one language.

        Args:
            link: As for ``subscribe``.
            language: A language, BCP-47, or "original".
            timeout_s: Longest time to wait, in seconds; None means no limit.

        Raises:
            TranslatorError: The request failed.
            RuntimeError: The client is not open.
            ValueError: ``link`` is none.
        """
        room = checked_link(link)
        request = GetTranscriptRequest(room_id=room.room_id, language_code=language)
        rpc = self._link.captions.GetTranscript
        return convert.segments(await self._call(rpc, request, room, timeout_s))

    async def create_room(
        self,
        link: str | CaptionsLink,
        *,
        title: str = "",
        pinned: Strings = (),
        timeout_s: float | None = 60.0,
    ) -> RoomLinks:
        """Make a room of captions. The client's address is a gateway's.

        Args:
            link: The one that lets make rooms, which ``translator captions --grpc-port`` prints as
                ``rooms``; or a ``CaptionsLink`` with its key.
            title: What the room is called on its pages; at most 80 characters.
            pinned: Languages that are translated whether anybody reads them or not, BCP-47.
            timeout_s: Longest time to wait, in seconds; None means no limit.

        Raises:
            TranslatorError: The request failed.
            RuntimeError: The client is not open.
            TypeError: ``pinned`` is not a list of strings.
            ValueError: ``link`` is none.
        """
        room = checked_link(link)
        codes = check_strings("pinned", pinned)
        request = CreateRoomRequest(title=title, pinned_language_codes=codes)
        rpc = self._link.captions.CreateRoom
        return convert.links(await self._call(rpc, request, room, timeout_s))

    async def room_status(
        self, link: str | CaptionsLink, *, timeout_s: float | None = 60.0
    ) -> RoomStatus:
        """How a room of captions does.

        Args:
            link: One that lets operate.
            timeout_s: Longest time to wait, in seconds; None means no limit.

        Raises:
            TranslatorError: The request failed.
            RuntimeError: The client is not open.
            ValueError: ``link`` is none.
        """
        room = checked_link(link)
        request = GetRoomRequest(room_id=room.room_id)
        rpc = self._link.captions.GetRoom
        return convert.status(await self._call(rpc, request, room, timeout_s))

    async def switch_sink(
        self,
        link: str | CaptionsLink,
        sink_id: int,
        on: bool,
        *,
        timeout_s: float | None = 60.0,
    ) -> RoomSink:
        """Switch a destination of a room off, or on again: it is sent what is committed from then
        on. Returns how it does.

        Args:
            link: One that lets operate.
            sink_id: As ``room_status`` has it.
            on: Whether it is to be sent captions.
            timeout_s: Longest time to wait, in seconds; None means no limit.

        Raises:
            TranslatorError: The request failed.
            RuntimeError: The client is not open.
            ValueError: ``link`` is none.
        """
        room = checked_link(link)
        request = SwitchSinkRequest(room_id=room.room_id, sink_id=sink_id, on=on)
        rpc = self._link.captions.SwitchSink
        return convert.sink((await self._call(rpc, request, room, timeout_s)).sink)

    async def _call(
        self,
        rpc: Callable[..., Awaitable[_T]],
        request: Message,
        room: CaptionsLink,
        timeout_s: float | None,
    ) -> _T:
        """Make a unary call with the key of a link."""
        metadata = (*self._link.metadata, bearer(room))
        return await self._link.answer(rpc(request, metadata=metadata, timeout=timeout_s))
