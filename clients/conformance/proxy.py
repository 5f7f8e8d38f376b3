"""Stands between a client and a server: cuts connections, and writes down what passes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import grpc

from clients.conformance.journal import Journal
from clients.conformance.messages import DETAILS, status_of
from translator.v1.translator_service_pb2_grpc import (
    TranslatorServiceServicer,
    TranslatorServiceStub,
    add_TranslatorServiceServicer_to_server,
)

__all__ = ["Proxy", "Relay"]


class Proxy:
    """Passes bytes on to a port of this machine until its connections are cut or silenced."""

    def __init__(self) -> None:
        self._writers: set[asyncio.StreamWriter] = set()
        self._silent: set[asyncio.StreamWriter] = set()

    @asynccontextmanager
    async def listening(self, port: int) -> AsyncIterator[str]:
        """Its own address, while it passes bytes on to this port."""

        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            server_reader, server_writer = await asyncio.open_connection("127.0.0.1", port)
            self._writers |= {writer, server_writer}
            await asyncio.gather(
                self._pump(reader, server_writer), self._pump(server_reader, writer)
            )
            self._writers -= {writer, server_writer}

        server = await asyncio.start_server(handle, "127.0.0.1", 0)
        async with server:
            yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
            self.cut()

    def cut(self) -> None:
        """Close all connections there are; new ones work."""
        for writer in self._writers:
            writer.transport.abort()

    def silence(self) -> None:
        """The connections there are stay open, and nothing comes through them any more."""
        self._silent |= self._writers

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65_536):
                if writer in self._silent:
                    continue
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()


class Relay(TranslatorServiceServicer):
    """Passes streams on to a server, writes each down, and holds up what depends on a cut.

    After the update that a cut follows, nothing more passes: the client gets exactly so many. A
    stream that comes after the cut is held up once it has started, until ``go_on``.

    Args:
        address: Of the server.
        cut_after: Updates before the cut, over all streams; 0: there is none.

    Attributes:
        journals: Of the streams, in order.
    """

    def __init__(self, address: str, cut_after: int = 0) -> None:
        self.journals: list[Journal] = []
        self._address = address
        self._updates_left = cut_after or None
        self._proxy = Proxy()
        self._may_go_on = asyncio.Event()

    @property
    def is_held_up(self) -> bool:
        """Whether the update before the cut has passed."""
        return self._updates_left == 0

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        """The address that the client is to connect to."""
        server = grpc.aio.server(options=(("grpc.so_reuseport", 0),))
        add_TranslatorServiceServicer_to_server(self, server)
        port = server.add_insecure_port("127.0.0.1:0")
        async with AsyncExitStack() as stack:
            channel = await stack.enter_async_context(grpc.aio.insecure_channel(self._address))
            self._stub = TranslatorServiceStub(channel)
            await server.start()
            stack.push_async_callback(server.stop, None)
            yield await stack.enter_async_context(self._proxy.listening(port))

    def cut(self) -> None:
        """Cut the client's connections, as was planned."""
        self._proxy.cut()

    def go_on(self) -> None:
        """Let the streams pass that came after the cut."""
        self._may_go_on.set()

    async def StreamingTranslate(self, requests: Any, context: Any) -> None:  # noqa: N802
        """Pass one stream on, both ways."""
        journal = Journal()
        self.journals.append(journal)
        call = self._stub.StreamingTranslate()
        sending = asyncio.create_task(self._send(requests, call, journal))
        try:
            async for response in call:
                journal.receive(response)
                await context.write(response)
                if self.is_held_up:
                    await self._may_go_on.wait()
                if self._updates_left and response.HasField("target"):
                    self._updates_left -= 1
                    if self.is_held_up:
                        # The cut cancels this.
                        await asyncio.Event().wait()
        except grpc.aio.AioRpcError:
            pass  # Told below.
        finally:
            sending.cancel()
            call.cancel()
        code, trailers = await call.code(), tuple(await call.trailing_metadata() or ())
        journal.finish(code, status_of(trailers))
        if code is not grpc.StatusCode.OK:
            details = tuple((key, value) for key, value in trailers if key == DETAILS)
            await context.abort(code, await call.details(), details)

    async def _send(self, requests: Any, call: Any, journal: Journal) -> None:
        try:
            async for request in requests:
                journal.entries.append(request)
                await call.write(request)
            journal.entries.append(None)
            await call.done_writing()
        except (grpc.aio.AioRpcError, asyncio.InvalidStateError):
            pass  # The server has ended the stream; its status is passed on.
