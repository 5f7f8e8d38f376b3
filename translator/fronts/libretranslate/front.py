"""What LibreTranslate answers, from the servers' models.

The protocol: https://docs.libretranslate.com/api/operations/translate/.
"""

import math
import re
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute

from translator.errors import (
    InvalidRequestError,
    LanguagePairNotSupportedError,
    LimitError,
    TranslatorError,
)
from translator.fronts.libretranslate.spec import specification
from translator.fronts.web.app import NO_SNIFFING, Endpoint, count
from translator.fronts.web.documents import FORMATS, Upload
from translator.fronts.web.fields import BodyError, Fields, read_fields
from translator.fronts.web.hub import FALLBACK, UNDETERMINED, Hub, Texts
from translator.fronts.web.keys import key_of
from translator.fronts.web.refusals import unknown_language
from translator.languages.names import english_name

__all__ = ["LibreTranslate"]

_MIME_TYPES = {"text": "", "html": "text/html"}
# What the servers call the texts of a request.
_TEXTS = re.compile(r"\btexts(?=\[|:)")
_MAX_ALTERNATIVES = 1_000
_STATUS = {
    "DEADLINE_EXCEEDED": 504,
    "INVALID_ARGUMENT": 400,
    "NOT_FOUND": 400,
    "PERMISSION_DENIED": 403,
    "RESOURCE_EXHAUSTED": 429,
    "UNAUTHENTICATED": 403,
    "UNAVAILABLE": 503,
    "UNIMPLEMENTED": 400,
}


class LibreTranslate:
    """A ``Front``.

    Args:
        hub: The servers.
    """

    name = "libretranslate"

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def endpoints(self) -> Sequence[Endpoint]:
        post = ("POST",)
        return (
            Endpoint("/translate", self._translate, post),
            Endpoint("/detect", self._detect, post),
            Endpoint("/translate_file", self._translate_file, post),
            Endpoint("/download_file/{id:str}/{name:str}", self._download),
            Endpoint("/suggest", self._suggest, post),
            Endpoint("/languages", self._languages),
            Endpoint("/frontend/settings", self._settings),
            Endpoint("/health", self._health),
            Endpoint("/spec", self._spec),
        )

    def sockets(self) -> Sequence[BaseRoute]:
        return ()

    def refusal(self, error: TranslatorError, _: Request) -> Response:
        headers = {}
        code, sentence = _STATUS.get(error.status, 500), error.message
        if isinstance(error, BodyError):
            code = error.code
        elif isinstance(error, InvalidRequestError):
            sentence = f"Invalid request: {_TEXTS.sub('q', sentence)}"
        elif isinstance(error, LanguagePairNotSupportedError):
            sentence = self._unsupported(error)
        elif isinstance(error, LimitError):
            headers["retry-after"] = str(math.ceil(error.retry_after_s))
            if code == 429:
                sentence = f"Slowdown: {sentence}"
        elif code == 403:
            sentence = f"Invalid API key: {sentence}"
        return JSONResponse({"error": sentence}, code, headers)

    def _unsupported(self, error: LanguagePairNotSupportedError) -> str:
        """Name the language that is not there, or the pair."""
        if unknown := unknown_language(self._hub, error)[0]:
            return f"{unknown} is not supported"
        source, target = error.metadata.get("source", ""), error.metadata.get("target", "")
        return f"{target} is not available as a target language from {source}"

    # What is asked

    async def _translate(self, request: Request) -> Response:
        fields = await read_fields(request)
        found = fields.texts("q")
        if found is None:
            raise _missing("q")
        texts, is_array = found
        source, target = _languages(fields)
        kind = fields.text("format", "text")
        if kind not in _MIME_TYPES:
            raise InvalidRequestError("format", f"{kind[:32]!r} is not text or html")
        wanted = fields.number("alternatives", 0, _MAX_ALTERNATIVES)
        count(request, sum(map(len, texts)))
        asked = Texts(
            texts,
            source,
            target,
            mime_type=_MIME_TYPES[kind],
            num_alternatives=0 if kind == "html" else wanted,
        )
        results = await self._hub.translate(key_of(request, fields), asked) if texts else []
        answer: dict[str, Any] = {"translatedText": [each.text for each in results]}
        if source == UNDETERMINED:
            detected = await self._hub.detect(texts, target)
            answer["detectedLanguage"] = [
                {
                    "confidence": _percent(guess.confidence) if each.detected_language else 0.0,
                    "language": each.detected_language or FALLBACK,
                }
                for each, guess in zip(results, detected, strict=True)
            ]
        if wanted:
            answer["alternatives"] = [list(each.alternatives) for each in results]
        return JSONResponse(
            answer if is_array else {key: value[0] for key, value in answer.items()}
        )

    async def _detect(self, request: Request) -> Response:
        fields = await read_fields(request)
        found = fields.texts("q")
        if found is None:
            raise _missing("q")
        texts = found[0][:1]
        await self._hub.check_key(key_of(request, fields))
        count(request, sum(map(len, texts)))
        return JSONResponse(
            [
                {"confidence": _percent(each.confidence), "language": each.language}
                for each in await self._hub.detect(texts)
            ]
        )

    async def _translate_file(self, request: Request) -> Response:
        documents = self._hub.documents
        with documents.reading():
            fields = await read_fields(request, files=True)
            file = fields.files.get("file")
            if file is None or not file.name:
                raise _missing("file")
            source, target = _languages(fields)
            key = key_of(request, fields)
            name = PurePath(file.name).name
            document = await documents.add(Upload(name, file.contents, source, target, key))
        try:
            await document.finished.wait()
        except BaseException:
            documents.drop(document)
            raise
        count(request, document.characters)
        if document.error is not None:
            documents.drop(document)
            raise document.error
        path = f"/download_file/{document.id}-{document.secret}/{quote(document.name)}"
        return JSONResponse({"translatedFileUrl": str(request.base_url).rstrip("/") + path})

    async def _download(self, request: Request) -> Response:
        name, _, secret = request.path_params["id"].partition("-")
        document = self._hub.documents.find(name, secret)
        if document is None or not document.finished.is_set() or document.error is not None:
            return JSONResponse({"error": "Invalid filename"}, 400)
        headers = {"content-disposition": f"attachment; filename*=UTF-8''{quote(document.name)}"}
        return FileResponse(document.result, headers=headers | NO_SNIFFING)

    async def _suggest(self, _: Request) -> Response:
        sentence = "Suggestions are disabled on this server."
        return JSONResponse({"error": sentence}, 403)

    async def _languages(self, _: Request) -> Response:
        pairs = self._hub.servers.pairs
        return JSONResponse(
            [
                {
                    "code": code,
                    "name": english_name(code),
                    "targets": sorted({*pairs.targets(code), code}),
                }
                for code in sorted(pairs.sources)
            ]
        )

    async def _settings(self, _: Request) -> Response:
        needs_key = await self._hub.needs_key()
        target = next((code for code in self._hub.languages if code != "en"), "en")
        return JSONResponse(
            {
                "apiKeys": needs_key,
                "keyRequired": needs_key,
                "charLimit": -1,
                "frontendTimeout": 500,
                "suggestions": False,
                "filesTranslation": True,
                "supportedFilesFormat": list(FORMATS),
                "language": {
                    "source": {"code": "auto", "name": "Auto Detect"},
                    "target": {"code": target, "name": english_name(target)},
                },
            }
        )

    async def _health(self, _: Request) -> Response:
        """Whether a server answers, which is more than that this process does."""
        await self._hub.servers.client.is_serving(timeout_s=5.0)
        return JSONResponse({"status": "ok"})

    async def _spec(self, request: Request) -> Response:
        return JSONResponse(specification(str(request.base_url).rstrip("/")))


def _missing(name: str) -> BodyError:
    return BodyError(400, f"Invalid request: missing {name} parameter")


def _languages(fields: Fields) -> tuple[str, str]:
    """Source and target, as the servers name them.

    Raises:
        InvalidRequestError: One is missing.
    """
    source, target = fields.text("source"), fields.text("target")
    for name, code in (("source", source), ("target", target)):
        if not code:
            raise _missing(name)
    return UNDETERMINED if source == "auto" else source, target


def _percent(confidence: float) -> float:
    return round(100 * confidence, 1)
