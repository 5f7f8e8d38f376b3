"""OBS Studio, over obs-websocket 5: a text source, or captions in the stream (CEA-608).

https://github.com/obsproject/obs-websocket/blob/master/docs/generated/protocol.md
"""

import asyncio
import base64
import hashlib
import json
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from translator.captions.sinks.feed import Message
from translator.captions.sinks.transport import SinkError

__all__ = ["Obs", "answer_to"]

_TIMEOUT_S = 5.0
_HELLO, _IDENTIFY, _IDENTIFIED, _REQUEST, _RESPONSE = 0, 1, 2, 6, 7
_RPC_VERSION = 1
# "The source of this name was not found", and "the output is not running".
_NOT_FOUND, _NOT_RUNNING = 600, 501


class Obs:
    """One connection to OBS, opened when there is something to send, and again when it broke.

    Args:
        url: ``ws://:PASSWORD@HOST:4455/?input=NAME`` shows captions in the text source NAME;
            without ``input`` they go into the stream as closed captions.

    Raises:
        ValueError: It is no such URL.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("ws", "wss") or not parts.hostname:
            raise ValueError("a URL that begins with ws:// or wss:// is needed")
        self._url = f"{parts.scheme}://{parts.hostname}:{parts.port or 4455}"
        self._host = parts.hostname
        self._password = unquote(parts.password or "")
        self.input = parse_qs(parts.query).get("input", [""])[0]
        self._socket: ClientConnection | None = None
        self._number = 0

    async def last_seq(self) -> int:
        """0: OBS counts nothing."""
        return 0

    async def send(self, message: Message) -> None:
        """See ``Transport.send``."""
        text = "\n".join(message.lines)
        if self.input:
            settings = {"inputName": self.input, "inputSettings": {"text": text}}
            request = ("SetInputSettings", settings)
        else:
            request = ("SendStreamCaption", {"captionText": text})
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                await self._request(*request)
        except TimeoutError:
            await self.close()
            raise SinkError(f"OBS at {self._host} did not answer within {_TIMEOUT_S:g} s") from None
        except (OSError, WebSocketException, ValueError, KeyError) as error:
            await self.close()
            raise SinkError(
                f"OBS at {self._host} cannot be reached, or gives up: {type(error).__name__}"
            ) from None

    async def close(self) -> None:
        """Close the connection."""
        socket, self._socket = self._socket, None
        if socket is not None:
            await socket.close()

    async def _request(self, kind: str, data: dict[str, Any]) -> None:
        if self._socket is None:
            self._socket = await self._connected()
        self._number += 1
        number = str(self._number)
        body = {"requestType": kind, "requestId": number, "requestData": data}
        await self._socket.send(json.dumps({"op": _REQUEST, "d": body}))
        while True:
            message = json.loads(await self._socket.recv())
            if message["op"] == _RESPONSE and message["d"]["requestId"] == number:
                self._check(message["d"]["requestStatus"])
                return

    def _check(self, status: dict[str, Any]) -> None:
        if status["result"]:
            return
        why = {
            _NOT_FOUND: f"it has no source named {self.input!r}",
            _NOT_RUNNING: "it does not stream, so there is nothing to put captions into",
        }.get(status["code"], f"code {status['code']}: {status.get('comment', '')}")
        raise SinkError(f"OBS did not take it: {why}")

    async def _connected(self) -> ClientConnection:
        """A connection that OBS has let in."""
        subprotocol: Any = "obswebsocket.json"
        socket = await connect(self._url, subprotocols=[subprotocol], proxy=None)
        try:
            hello = json.loads(await socket.recv())
            identify: dict[str, Any] = {"rpcVersion": _RPC_VERSION, "eventSubscriptions": 0}
            if (asked := hello["d"].get("authentication")) is not None:
                identify["authentication"] = answer_to(
                    asked["challenge"], asked["salt"], self._password
                )
            await socket.send(json.dumps({"op": _IDENTIFY, "d": identify}))
            if json.loads(await socket.recv())["op"] != _IDENTIFIED:
                raise ValueError("it did not identify itself")
        except BaseException as error:
            await socket.close()
            if socket.close_code == 4009:
                raise SinkError(f"OBS at {self._host} did not accept the password") from error
            raise
        return socket


def answer_to(challenge: str, salt: str, password: str) -> str:
    """What proves that one knows the password."""

    def digest(text: str) -> str:
        return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()

    return digest(digest(password + salt) + challenge)
