"""What Ollama answers at its own addresses, from the servers' models.

The protocol: https://docs.ollama.com/api.
"""

import json
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from translator import __version__
from translator.errors import InvalidRequestError, TranslatorError
from translator.fronts.openai.chat import (
    Chat,
    find_pair,
    last_message,
    model_names,
    without_instruction,
)
from translator.fronts.web.app import Endpoint, count
from translator.fronts.web.fields import BodyError, Fields, read_json
from translator.fronts.web.hub import Hub
from translator.fronts.web.keys import key_of

__all__ = ["OllamaEndpoints"]

_PREFIX = "/api/"
_DETAILS = {
    "parent_model": "",
    "format": "",
    "family": "translator",
    "families": ["translator"],
    "parameter_size": "",
    "quantization_level": "",
}
# A piece of text as the protocol has it.
Wrapped = Callable[[str], dict[str, Any]]


class OllamaEndpoints:
    """The addresses below /api/.

    Args:
        hub: The servers.
    """

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def endpoints(self) -> Sequence[Endpoint]:
        """Its addresses."""
        post = ("POST",)
        return (
            Endpoint("/api/chat", self._chat, post),
            Endpoint("/api/generate", self._generate, post),
            Endpoint("/api/tags", self._tags),
            Endpoint("/api/show", self._show, post),
            Endpoint("/api/version", self._version),
            Endpoint(_PREFIX + "{rest:path}", self._not_served, ("GET", "POST", "DELETE")),
        )

    def owns(self, request: Request) -> bool:
        """Whether a request is of this protocol."""
        return request.url.path.startswith(_PREFIX)

    async def _chat(self, request: Request) -> Response:
        fields = await _fields(request)
        return await self._answered(
            request,
            fields,
            last_message(fields),
            lambda text: {"message": {"role": "assistant", "content": text}},
        )

    async def _generate(self, request: Request) -> Response:
        fields = await _fields(request)
        text = without_instruction(fields.text("prompt"))
        return await self._answered(request, fields, text, lambda text: {"response": text})

    async def _answered(
        self, request: Request, fields: Fields, text: str, wrapped: Wrapped
    ) -> Response:
        began_ns = time.perf_counter_ns()
        for name in ("format", "images"):
            if fields.has(name):
                raise InvalidRequestError(name, "is not served: the answer is a translation")
        model = _model(fields)
        chat = Chat(self._hub, key_of(request), model, text)
        count(request, len(text))
        if fields.boolean("stream", True):
            lines = _lines(await chat.pieces(), model, wrapped, len(text), began_ns)
            return StreamingResponse(lines, media_type="application/x-ndjson")
        whole = await chat.whole()
        end = _end(len(text), len(whole), began_ns)
        return JSONResponse(_top(model) | wrapped(whole) | end)

    async def _tags(self, request: Request) -> Response:
        await self._hub.check_key(key_of(request))
        listed = [
            {
                "name": f"{name}:latest",
                "model": f"{name}:latest",
                "modified_at": "2026-01-01T00:00:00Z",
                "size": 0,
                "digest": "",
                "details": _DETAILS,
            }
            for name in model_names(self._hub)
        ]
        return JSONResponse({"models": listed})

    async def _show(self, request: Request) -> Response:
        fields = await _fields(request)
        await self._hub.check_key(key_of(request))
        find_pair(self._hub, _model(fields))
        told = {"details": _DETAILS, "model_info": {}, "capabilities": ["completion"]}
        return JSONResponse(told)

    async def _version(self, _: Request) -> Response:
        return JSONResponse({"version": __version__})

    async def _not_served(self, request: Request) -> Response:
        raise BodyError(404, f"{request.url.path[:64]} is not served")


async def _fields(request: Request) -> Fields:
    body = await read_json(request, any_type=True)
    if not isinstance(body, dict):
        raise BodyError(400, "the body is no JSON object")
    return Fields({}, json=body)


def _model(fields: Fields) -> str:
    model = fields.text("model") or fields.text("name")
    if not model:
        raise InvalidRequestError("model", "is required, such as en-pt")
    return model


async def _lines(
    pieces: AsyncGenerator[str | TranslatorError],
    model: str,
    wrapped: Wrapped,
    length: int,
    began_ns: int,
) -> AsyncGenerator[str]:
    """A JSON object a line: what is committed, and at the end that it is done."""
    written = 0
    async with aclosing(pieces):
        async for piece in pieces:
            if isinstance(piece, TranslatorError):
                yield _line({"error": piece.message})
                return
            written += len(piece)
            yield _line(_top(model) | wrapped(piece) | {"done": False})
    yield _line(_top(model) | wrapped("") | _end(length, written, began_ns))


def _line(told: object) -> str:
    return json.dumps(told, ensure_ascii=False) + "\n"


def _top(model: str) -> dict[str, Any]:
    return {"model": model, "created_at": datetime.now(UTC).isoformat().replace("+00:00", "Z")}


def _end(source: int, target: int, began_ns: int) -> dict[str, Any]:
    """The end; what Ollama counts in tokens are characters here."""
    took_ns = time.perf_counter_ns() - began_ns
    return {
        "done": True,
        "done_reason": "stop",
        "total_duration": took_ns,
        "load_duration": 0,
        "prompt_eval_count": source,
        "prompt_eval_duration": 0,
        "eval_count": target,
        "eval_duration": took_ns,
    }
