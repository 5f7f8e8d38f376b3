"""A whole text through a stream: its translation as it is committed."""

import asyncio
import re
from collections.abc import AsyncGenerator

import anyio

from translator.client import AsyncStream, Started, Update
from translator.errors import PermissionDeniedError, TranslatorError
from translator.fronts.web.hub import TRACEPARENT, UNDETERMINED, Hub, Texts

__all__ = ["streamed"]

# Lines and cells are segments of their own, as in a whole text.
_AFTER_BREAK = re.compile(r"(?<=[\n\t])")
# What is sent at once.
_MAX_SENT = 1_000


async def streamed(hub: Hub, key: str, text: str, source: str, target: str) -> AsyncGenerator[str]:
    """What is committed, piece by piece, with the white space that the text has between segments.

    A caller who may translate but not stream gets all of it at once.

    Args:
        hub: The servers.
        key: The caller's key.
        text: The text.
        source: BCP-47, or "und".
        target: BCP-47.

    Raises:
        TranslatorError: It cannot be translated, or not to the end.
    """
    if not text.strip():
        yield text
        return
    if source == UNDETERMINED:
        source = (await hub.detect([text], target))[0].language
    stream = hub.client(key).stream(
        source=source,
        targets=[target],
        resume_timeout_s=5.0,
        history=1,
        drafts=False,
        traceparent=TRACEPARENT.get(),
    )
    try:
        await stream.__aenter__()
    except PermissionDeniedError:
        [result] = await hub.translate(key, Texts([text], source, target))
        yield result.text
        return
    sending: asyncio.Task[None] | None = None
    try:
        started = await anext(stream)
        most = started.limits.max_chunk_length if isinstance(started, Started) else 0
        sending = asyncio.create_task(_send(stream, text, min(most or _MAX_SENT, _MAX_SENT)))
        async for piece in _committed(stream):
            yield piece
        await sending
    finally:
        # Where the caller has gone, Starlette has every wait here cancelled, again and again.
        with anyio.CancelScope(shield=True):
            await stream.aclose()
            if sending is not None:
                sending.cancel()
                await asyncio.gather(sending, return_exceptions=True)


async def _send(stream: AsyncStream, text: str, most: int) -> None:
    try:
        for line in _AFTER_BREAK.split(text):
            for start in range(0, len(line), most):
                end = start + most
                await stream.send(line[start:end], end_of_segment=end >= len(line))
        await stream.close_source()
    except TranslatorError:
        # Whoever reads waits for what will never come.
        await stream.aclose()
        raise


async def _committed(stream: AsyncStream) -> AsyncGenerator[str]:
    """The committed text of a stream's only target."""
    # What follows the last segment in the source, and the segment that is open.
    space, segment = "", -1
    told = False
    async for event in stream:
        if not isinstance(event, Update):
            continue
        piece = event.committed
        if piece and event.segment_id != segment:
            segment = event.segment_id
            source = event.source
            space += source[: len(source) - len(source.lstrip())]
            piece = (space or (" " if told else "")) + piece
            space, told = "", True
        if event.closed:
            space += event.source[len(event.source.rstrip()) :]
        if piece:
            yield piece
    if space:
        yield space
