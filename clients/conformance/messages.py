"""Plays a script at the level of messages: what the server has to pass."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

import grpc
from google.protobuf.json_format import ParseDict
from google.rpc import status_pb2

from clients.conformance.journal import FailedError, Journal, Request, in_step
from clients.conformance.scripts import Script
from translator.v1.streaming_pb2 import SourceUpdate
from translator.v1.translator_service_pb2_grpc import TranslatorServiceStub

__all__ = ["DETAILS", "play_messages", "status_of"]

DETAILS = "grpc-status-details-bin"


async def play_messages(script: Script, address: str, timeout_s: float) -> Journal:
    """Play a script to its end.

    Raises:
        FailedError: An ``await`` was not met, or the stream does not end.
    """
    journal = Journal()
    async with grpc.aio.insecure_channel(address) as channel:
        call = TranslatorServiceStub(channel).StreamingTranslate()
        reading = asyncio.create_task(_read(call, journal))
        try:
            for number, step in enumerate(script.steps, 1):
                if journal.seen.is_over:
                    break
                with in_step(number, step):
                    await _play(step, call, journal, timeout_s)
            async with asyncio.timeout(timeout_s):
                await reading
        except TimeoutError:
            raise FailedError(f"the stream has not ended after {timeout_s:g} s") from None
        finally:
            call.cancel()
            await asyncio.gather(reading, return_exceptions=True)
    return journal


def status_of(trailers: Iterable[tuple[str, Any]]) -> status_pb2.Status:
    """What the trailers of a call say of its status; empty when they say nothing."""
    status = status_pb2.Status()
    for key, value in trailers:
        if key == DETAILS:
            status.ParseFromString(value)
    return status


async def _read(call: Any, journal: Journal) -> None:
    try:
        async for response in call:
            journal.receive(response)
    except grpc.aio.AioRpcError:
        pass  # The journal gets the status.
    except asyncio.CancelledError:
        if not call.cancelled():
            raise
    journal.finish(await call.code(), status_of(await call.trailing_metadata() or ()))


async def _play(step: Mapping[str, Any], call: Any, journal: Journal, timeout_s: float) -> None:
    match step:
        case {"send": message}:
            await _send(ParseDict(message, Request()), call, journal)
        case {"sendChunk": {"sequence": sequence, "text": text, "beyondLimit": beyond}}:
            [started, *_] = journal.messages("started")
            length = started.limits.max_chunk_length + beyond
            update = SourceUpdate(sequence=sequence, committed=text * length)
            await _send(Request(source=update), call, journal)
        case {"await": condition}:
            await journal.seen.until(condition, timeout_s)
        case {"halfClose": True}:
            journal.entries.append(None)
            await call.done_writing()
        case {"disconnect": True}:
            call.cancel()
        case _:
            raise ValueError(f"unknown step {step}")


async def _send(request: Request, call: Any, journal: Journal) -> None:
    journal.entries.append(request)
    try:
        await call.write(request)
    except (grpc.aio.AioRpcError, asyncio.InvalidStateError):
        # The server has ended the stream; reading tells how.
        journal.seen.is_over = True
