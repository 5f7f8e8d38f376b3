"""What OpenAI's chat completions answer, from the servers' models.

The protocol: https://platform.openai.com/docs/api-reference/chat.
"""

import json
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute

from translator.errors import (
    InvalidRequestError,
    LanguagePairNotSupportedError,
    ModelNotFoundError,
    TranslatorError,
)
from translator.fronts.openai.chat import Chat, find_pair, last_message, model_names
from translator.fronts.openai.ollama import OllamaEndpoints
from translator.fronts.web.app import Endpoint, count
from translator.fronts.web.fields import BodyError, Fields, read_json
from translator.fronts.web.hub import Hub
from translator.fronts.web.keys import key_of
from translator.fronts.web.refusals import STATUS, field_and_sentence, is_daily, retry_headers

__all__ = ["OpenAI", "event_stream"]

_CODES = {401: "invalid_api_key", 429: "rate_limit_exceeded"}
# What it calls the fields of ours.
_NAMES = {"source_language_code": "model", "target_language_code": "model", "texts": "messages"}
_QUOTA = "insufficient_quota"
_TYPES = {429: "requests", 500: "server_error", 503: "server_error", 504: "server_error"}
_FOR_EVENTS = {"cache-control": "no-cache", "x-accel-buffering": "no"}


class OpenAI:
    """A ``Front``, which has Ollama's addresses too.

    Args:
        hub: The servers.
    """

    name = "openai"

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._ollama = OllamaEndpoints(hub)

    def endpoints(self) -> Sequence[Endpoint]:
        return (
            Endpoint("/v1/models", self._models),
            Endpoint("/v1/models/{id:path}", self._model),
            Endpoint("/v1/chat/completions", self._chat, ("POST",)),
            Endpoint("/v1/{rest:path}", self._not_served, ("GET", "POST", "DELETE")),
            *self._ollama.endpoints(),
        )

    def sockets(self) -> Sequence[BaseRoute]:
        return ()

    def refusal(self, error: TranslatorError, request: Request) -> Response:
        code = STATUS.get(error.status, 500)
        if isinstance(error, BodyError):
            code = error.code
        elif isinstance(error, ModelNotFoundError | LanguagePairNotSupportedError):
            code = 404
        if self._ollama.owns(request):
            told: object = error.message
        else:
            told = _told(error, code)
        return JSONResponse({"error": told}, code, retry_headers(error))

    # What is asked

    async def _chat(self, request: Request) -> Response:
        body = await read_json(request)
        if not isinstance(body, dict):
            raise BodyError(400, "the body is no JSON object")
        fields = Fields({}, json=body)
        _check_options(fields)
        model = fields.text("model")
        if not model:
            raise InvalidRequestError("model", "you must provide a model, such as en-pt")
        chat = Chat(self._hub, key_of(request), model, last_message(fields))
        count(request, len(chat.text))
        top = {"id": f"chatcmpl-{uuid4().hex}", "created": int(time.time()), "model": model}
        if fields.boolean("stream"):
            options = fields.object("stream_options")
            with_usage = options is not None and options.boolean("include_usage")
            events = event_stream(await chat.pieces(), top, len(chat.text), with_usage)
            return StreamingResponse(events, headers=_FOR_EVENTS, media_type="text/event-stream")
        text = await chat.whole()
        message = {"role": "assistant", "content": text, "refusal": None}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
        told = {"object": "chat.completion", "choices": [choice]}
        return JSONResponse(top | told | {"usage": _usage(len(chat.text), len(text))})

    async def _models(self, request: Request) -> Response:
        await self._hub.check_key(key_of(request))
        return JSONResponse({"object": "list", "data": list(map(_named, model_names(self._hub)))})

    async def _model(self, request: Request) -> Response:
        await self._hub.check_key(key_of(request))
        name = request.path_params["id"]
        find_pair(self._hub, name)
        return JSONResponse(_named(name))

    async def _not_served(self, request: Request) -> Response:
        raise BodyError(404, f"Invalid URL ({request.method} {request.url.path[:64]})")


def _told(error: TranslatorError, code: int) -> dict[str, Any]:
    """An error as OpenAI tells it."""
    kind, reason = _TYPES.get(code, "invalid_request_error"), _CODES.get(code)
    if is_daily(error):
        kind = reason = _QUOTA
    elif code == 404 and not isinstance(error, BodyError):
        reason = "model_not_found"
    field, sentence = None, error.message
    if isinstance(error, InvalidRequestError):
        field, sentence = field_and_sentence(error, _NAMES)
    return {"message": sentence, "type": kind, "param": field, "code": reason}


def _check_options(fields: Fields) -> None:
    """Whoever reads the answer as something else than one translation is told.

    Raises:
        InvalidRequestError: Something else is asked for.
    """
    if fields.number("n", 1, 128) != 1:
        raise InvalidRequestError("n", "there is one choice; allowed: 1")
    wanted = fields.object("response_format")
    if wanted is not None and wanted.text("type", "text") != "text":
        raise InvalidRequestError("response_format", "is not served; allowed: text")


async def event_stream(
    pieces: AsyncGenerator[str | TranslatorError],
    top: dict[str, Any],
    length: int,
    with_usage: bool,
) -> AsyncGenerator[str]:
    """Server-sent events: what is committed as deltas, and at the end [DONE]."""

    def chunk(delta: dict[str, str], reason: str | None = None) -> str:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        told = {"object": "chat.completion.chunk", "choices": [choice]}
        return _event(top | told | ({"usage": None} if with_usage else {}))

    written = 0
    async with aclosing(pieces):
        yield chunk({"role": "assistant", "content": ""})
        async for piece in pieces:
            if isinstance(piece, TranslatorError):
                yield _event({"error": _told(piece, STATUS.get(piece.status, 500))})
                return
            written += len(piece)
            yield chunk({"content": piece})
    yield chunk({}, "stop")
    if with_usage:
        told = {"object": "chat.completion.chunk", "choices": [], "usage": _usage(length, written)}
        yield _event(top | told)
    yield "data: [DONE]\n\n"


def _event(told: object) -> str:
    return f"data: {json.dumps(told, ensure_ascii=False)}\n\n"


def _usage(source: int, target: int) -> dict[str, int]:
    """Characters: tokens are each model's own."""
    return {
        "prompt_tokens": source,
        "completion_tokens": target,
        "total_tokens": source + target,
    }


def _named(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "translator"}
