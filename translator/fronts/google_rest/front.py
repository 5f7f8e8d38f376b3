"""What Google Translation v2 answers, from the servers' models.

The protocol: https://cloud.google.com/translate/docs/reference/rest/v2/translate.
"""

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from translator.errors import InvalidRequestError, LanguagePairNotSupportedError, TranslatorError
from translator.fronts.google_rest.escaping import escaped
from translator.fronts.web.app import Endpoint, count
from translator.fronts.web.fields import BodyError, Fields, read_fields
from translator.fronts.web.hub import FALLBACK, UNDETERMINED, Hub, Texts
from translator.fronts.web.keys import key_of
from translator.fronts.web.refusals import (
    STATUS,
    field_and_sentence,
    is_daily,
    retry_headers,
    unknown_language,
)
from translator.languages.names import english_name

__all__ = ["Google"]

_PATH = "/language/translate/v2"
# What it calls the fields of ours.
_NAMES = {"source_language_code": "source", "target_language_code": "target", "texts": "q"}
_MIME_TYPES = {"html": "text/html", "text": ""}
# What Google calls an error, by HTTP's status: as a reason of v2, and as all of its services do.
_REASONS = {
    400: ("invalid", "INVALID_ARGUMENT"),
    403: ("forbidden", "PERMISSION_DENIED"),
    404: ("notFound", "NOT_FOUND"),
    405: ("httpMethodNotAllowed", "UNIMPLEMENTED"),
    408: ("requestTimeout", "DEADLINE_EXCEEDED"),
    413: ("uploadTooLarge", "INVALID_ARGUMENT"),
    415: ("unsupportedMediaType", "INVALID_ARGUMENT"),
    429: ("rateLimitExceeded", "RESOURCE_EXHAUSTED"),
    500: ("backendError", "INTERNAL"),
    503: ("backendError", "UNAVAILABLE"),
    504: ("backendError", "DEADLINE_EXCEEDED"),
}


class _MissingError(InvalidRequestError):
    """A parameter is not there."""


class Google:
    """A ``Front``.

    Args:
        hub: The servers.
    """

    name = "google"

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def endpoints(self) -> Sequence[Endpoint]:
        methods = ("GET", "POST")
        return (
            Endpoint(_PATH, self._translate, methods),
            Endpoint(f"{_PATH}/", self._translate, methods),
            Endpoint(f"{_PATH}/detect", self._detect, methods),
            Endpoint(f"{_PATH}/languages", self._languages, methods),
            Endpoint(_PATH + "/{rest:path}", self._not_served, methods),
        )

    def sockets(self) -> Sequence[BaseRoute]:
        return ()

    def refusal(self, error: TranslatorError, _: Request) -> Response:
        code, sentence = STATUS.get(error.status, 500), error.message
        if isinstance(error, BodyError):
            code = error.code
        elif isinstance(error, LanguagePairNotSupportedError):
            unknown, role = unknown_language(self._hub, error)
            sentence = f"Invalid Value: {role}: {unknown} is not supported"
            if not unknown:
                pair = f"{error.metadata.get('source', '')}|{error.metadata.get('target', '')}"
                sentence = f"Bad language pair: {pair}"
        elif isinstance(error, InvalidRequestError) and not isinstance(error, _MissingError):
            sentence = f"Invalid Value: {field_and_sentence(error, _NAMES)[1]}"
        elif code == 401:
            # Of keys it says 403; 401 is for tokens of OAuth.
            code, sentence = 403, f"The request is missing a valid API key: {sentence}"
        reason, status = _REASONS[code]
        if isinstance(error, _MissingError):
            reason = "required"
        elif is_daily(error):
            code, reason = 403, "dailyLimitExceeded"
        one = {"message": sentence, "domain": "global", "reason": reason}
        told = {"code": code, "message": sentence, "errors": [one], "status": status}
        return JSONResponse({"error": told}, code, retry_headers(error))

    # What is asked

    async def _translate(self, request: Request) -> Response:
        fields = await read_fields(request)
        texts = _texts(fields)
        target = fields.text("target")
        if not target:
            raise _MissingError("target", "Required Value")
        source = fields.text("source") or UNDETERMINED
        kind = fields.text("format", "html")
        if kind not in _MIME_TYPES:
            raise InvalidRequestError("format", f"{kind[:32]!r} is not html or text")
        count(request, sum(map(len, texts)))
        asked = Texts(texts, source, target, mime_type=_MIME_TYPES[kind])
        results = await self._hub.translate(_key(request, fields), asked) if texts else []
        model = fields.text("model")
        translations = []
        for each in results:
            text = escaped(each.text) if kind == "html" else each.text
            told: dict[str, Any] = {"translatedText": text}
            if source == UNDETERMINED:
                told["detectedSourceLanguage"] = each.detected_language or FALLBACK
            translations.append(told | ({"model": model} if model else {}))
        return _answer({"translations": translations})

    async def _detect(self, request: Request) -> Response:
        fields = await read_fields(request)
        texts = _texts(fields)
        await self._hub.check_key(_key(request, fields))
        count(request, sum(map(len, texts)))
        detections = [
            [
                {
                    "language": each.language if each.confidence else UNDETERMINED,
                    "confidence": round(each.confidence, 4),
                    "isReliable": False,
                }
            ]
            for each in await self._hub.detect(texts)
        ]
        return _answer({"detections": detections})

    async def _languages(self, request: Request) -> Response:
        fields = await read_fields(request)
        await self._hub.check_key(_key(request, fields))
        named = bool(fields.text("target"))
        return _answer(
            {
                "languages": [
                    {"language": code} | ({"name": english_name(code)} if named else {})
                    for code in self._hub.languages
                ]
            }
        )

    async def _not_served(self, _: Request) -> Response:
        raise BodyError(404, "Not found")


def _texts(fields: Fields) -> list[str]:
    found = fields.texts("q")
    if found is None:
        raise _MissingError("q", "Required Text")
    return found[0]


def _key(request: Request, fields: Fields) -> str:
    return key_of(request, fields, "key")


def _answer(data: dict[str, Any]) -> Response:
    return JSONResponse({"data": data})
