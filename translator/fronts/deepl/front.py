"""What DeepL answers, from the servers' models.

The protocol: https://developers.deepl.com/docs.
"""

import asyncio
import contextlib
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from translator.errors import (
    InvalidRequestError,
    LanguagePairNotSupportedError,
    LimitError,
    TranslatorError,
)
from translator.fronts.deepl.glossaries import Glossaries
from translator.fronts.deepl.glossary_endpoints import GlossaryEndpoints
from translator.fronts.deepl.tags import as_html
from translator.fronts.web.app import NO_SNIFFING, Endpoint, count
from translator.fronts.web.documents import Document, Upload
from translator.fronts.web.fields import BodyError, Fields, read_fields
from translator.fronts.web.hub import FALLBACK, UNDETERMINED, Hub, Texts
from translator.fronts.web.keys import key_of
from translator.fronts.web.refusals import is_daily, retry_headers, unknown_language
from translator.languages.names import english_name
from translator.languages.tags import language

__all__ = ["DeepL"]

_STATUS = {
    "DEADLINE_EXCEEDED": 504,
    "INVALID_ARGUMENT": 400,
    "NOT_FOUND": 404,
    "PERMISSION_DENIED": 403,
    "RESOURCE_EXHAUSTED": 429,
    "UNAUTHENTICATED": 403,
    "UNAVAILABLE": 503,
    "UNIMPLEMENTED": 400,
}
_QUOTA_EXCEEDED = 456
# What its clients want named where it has several.
_VARIANTS = {"en": ("EN-GB", "EN-US"), "pt": ("PT-BR", "PT-PT")}
# Whoever has no limit is told this one.
_NO_LIMIT = 1_000_000_000_000
_MAX_USERS = 10_000
_SPLITS = {"": True, "1": True, "0": False, "nonewlines": False}
# How long a question for a document may wait for its end.
_PATIENCE_S = 1.0


class DeepL:
    """A ``Front``.

    Args:
        hub: The servers.
        glossaries: The glossaries of its callers.
    """

    name = "deepl"

    def __init__(self, hub: Hub, glossaries: Glossaries) -> None:
        self._hub = hub
        self._glossaries = glossaries
        # Code points that each key has sent, by its digest; the least recently used goes.
        self._used: OrderedDict[str, int] = OrderedDict()

    def endpoints(self) -> Sequence[Endpoint]:
        get_or_post = ("GET", "POST")
        document = "/v2/document/{id:str}"
        return (
            Endpoint("/v2/translate", self._translate, get_or_post),
            Endpoint("/v2/languages", self._languages, get_or_post),
            Endpoint("/v2/usage", self._usage, get_or_post),
            Endpoint("/v2/document", self._upload, ("POST",)),
            Endpoint(document, self._document, get_or_post),
            Endpoint(document + "/result", self._result, get_or_post),
            *GlossaryEndpoints(self._hub, self._glossaries).endpoints(),
        )

    def sockets(self) -> Sequence[BaseRoute]:
        return ()

    def refusal(self, error: TranslatorError, _: Request) -> Response:
        headers = {}
        code, sentence = _STATUS.get(error.status, 500), error.message
        if isinstance(error, BodyError):
            code = error.code
        elif isinstance(error, InvalidRequestError):
            first = error.violations[0]
            sentence = f"Bad request. Reason: Value for {first.field!r}: {first.description}."
        elif isinstance(error, LanguagePairNotSupportedError):
            code = 400
            is_source = unknown_language(self._hub, error)[1] == "source"
            field = "source_lang" if is_source else "target_lang"
            sentence = f"Value for {field!r} not supported."
        elif isinstance(error, LimitError):
            headers = retry_headers(error)
            if is_daily(error):
                code, sentence = _QUOTA_EXCEEDED, f"Quota exceeded: {sentence}"
        elif code == 403:
            sentence = f"Authorization failed: {sentence}"
        return JSONResponse({"message": sentence}, code, headers)

    # Texts

    async def _translate(self, request: Request) -> Response:
        fields = await read_fields(request)
        key = key_of(request, fields, "auth_key")
        found = fields.texts("text")
        if found is None:
            raise InvalidRequestError("text", "is missing")
        texts = found[0]
        source, target = _languages(fields)
        kind = fields.text("tag_handling").lower()
        if kind not in ("", "html", "xml"):
            raise InvalidRequestError("tag_handling", "xml or html is needed")
        splits = fields.text("split_sentences").lower()
        if splits not in _SPLITS:
            raise InvalidRequestError("split_sentences", "0, 1 or nonewlines is needed")
        _check_formality(fields)
        sent = list(texts)
        restored: list[Callable[[str], str]] = [_as_it_is] * len(texts)
        if kind:
            tags = {name: _names(fields, f"{name}_tags") for name in _TAG_LISTS}
            made = [
                as_html(
                    text,
                    is_xml=kind == "xml",
                    ignored=tags["ignore"],
                    splitting=tags["splitting"],
                    non_splitting=tags["non_splitting"],
                    outline=fields.boolean("outline_detection", True),
                )
                for text in texts
            ]
            sent, restored = [html for html, _ in made], [back for _, back in made]
        asked = Texts(
            sent,
            source,
            target,
            mime_type="text/html" if kind else "",
            glossary=self._glossary(key, fields, source, target),
            preserve_lines=_SPLITS[splits],
        )
        characters = sum(map(len, texts))
        count(request, characters)
        results = await self._hub.translate(key, asked) if texts else []
        self._use(key, characters)
        return JSONResponse(
            {
                "translations": [
                    {
                        "detected_source_language": _code(
                            result.detected_language
                            or (FALLBACK if source == UNDETERMINED else language(source))
                        ),
                        "text": back(result.text),
                        "billed_characters": len(text),
                        **({"model_type_used": model} if (model := _model(fields)) else {}),
                    }
                    for text, back, result in zip(texts, restored, results, strict=True)
                ]
            }
        )

    def _glossary(
        self, key: str, fields: Fields, source: str, target: str
    ) -> Mapping[str, str] | None:
        """The terms that a request names.

        Raises:
            GlossaryNotFoundError: The caller has no such glossary.
            InvalidRequestError: It is not for this pair.
        """
        names = _names(fields, "glossary_ids") or _names(fields, "glossary_id")
        if not names:
            return None
        if source == UNDETERMINED:
            raise InvalidRequestError("source_lang", "is needed with a glossary")
        terms: dict[str, str] = {}
        # Of two that have a term the first counts.
        for name in reversed(names):
            found = self._glossaries.find(key, name).find(source, target)
            if found is None:
                raise InvalidRequestError("glossary_id", f"has no entries for {source}-{target}")
            terms |= found.entries
        return terms

    def _use(self, key: str, characters: int) -> None:
        owner = hashlib.sha256(key.encode()).hexdigest()
        self._used[owner] = self._used.pop(owner, 0) + characters
        while len(self._used) > _MAX_USERS:
            self._used.popitem(last=False)

    # What there is

    async def _languages(self, request: Request) -> Response:
        fields = await read_fields(request)
        await self._hub.check_key(key_of(request, fields, "auth_key"))
        kind = fields.text("type", "source")
        if kind not in ("source", "target"):
            raise InvalidRequestError("type", "source or target is needed")
        pairs = self._hub.servers.pairs
        told: list[dict[str, Any]] = []
        for code in sorted(pairs.sources if kind == "source" else pairs.all_targets):
            if kind == "source":
                told.append({"language": _code(code), "name": english_name(code)})
                continue
            for variant in _VARIANTS.get(code, (code.upper(),)):
                name = english_name(variant)
                told.append({"language": variant, "name": name, "supports_formality": False})
        return JSONResponse(told)

    async def _usage(self, request: Request) -> Response:
        fields = await read_fields(request)
        key = key_of(request, fields, "auth_key")
        await self._hub.check_key(key)
        used = self._used.get(hashlib.sha256(key.encode()).hexdigest(), 0)
        return JSONResponse({"character_count": used, "character_limit": _NO_LIMIT})

    # Documents

    async def _upload(self, request: Request) -> Response:
        with self._hub.documents.reading():
            fields = await read_fields(request, files=True)
            document = await self._hub.documents.add(await self._sent(request, fields))
        return JSONResponse({"document_id": document.id, "document_key": document.secret})

    async def _sent(self, request: Request, fields: Fields) -> Upload:
        """The file of a request, from somebody whom the servers let in.

        Raises:
            TranslatorError: Something of it is missing or not valid.
        """
        key = key_of(request, fields, "auth_key")
        file = fields.files.get("file")
        if file is None:
            raise InvalidRequestError("file", "is missing")
        name = PurePath(fields.text("filename") or file.name).name
        source, target = _languages(fields)
        _check_formality(fields)
        wanted = fields.text("output_format")
        if wanted and f".{wanted.lower()}" != PurePath(name).suffix.lower():
            raise InvalidRequestError("output_format", "another format than the file's")
        glossary = self._glossary(key, fields, source, target)
        # A key that is not good is told at once.
        await self._hub.check_key(key)
        return Upload(name, file.contents, source, target, key, glossary)

    async def _find(self, request: Request) -> Document:
        fields = await read_fields(request)
        name, secret = request.path_params["id"], fields.text("document_key")
        document = self._hub.documents.find(name, secret)
        if document is None:
            raise BodyError(404, "Document not found")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(document.finished.wait(), _PATIENCE_S)
        return document

    async def _document(self, request: Request) -> Response:
        document = await self._find(request)
        told: dict[str, Any] = {"document_id": document.id}
        if not document.finished.is_set():
            told |= {"status": "translating" if document.is_running else "queued"}
            told |= {"seconds_remaining": 5}
        elif document.error is not None:
            sentence = document.error.message
            told |= {"status": "error", "message": sentence, "error_message": sentence}
        else:
            told |= {"status": "done", "billed_characters": document.characters}
        return JSONResponse(told)

    async def _result(self, request: Request) -> Response:
        """The result, once: it is deleted then."""
        document = await self._find(request)
        if not document.finished.is_set():
            raise BodyError(503, "Document not ready")
        if document.error is not None:
            raise BodyError(404, f"Document not translated: {document.error.message}")
        contents = await asyncio.to_thread(document.result.read_bytes)
        count(request, document.characters)
        self._use(key_of(request), document.characters)
        self._hub.documents.drop(document)
        headers = {"content-disposition": f"attachment; filename*=UTF-8''{quote(document.name)}"}
        return Response(
            contents, media_type="application/octet-stream", headers=headers | NO_SNIFFING
        )


_TAG_LISTS = ("ignore", "splitting", "non_splitting")


def _languages(fields: Fields) -> tuple[str, str]:
    """Source and target, as the servers name them.

    Raises:
        InvalidRequestError: The target is missing.
    """
    target = fields.text("target_lang")
    if not target:
        raise InvalidRequestError("target_lang", "is missing")
    return fields.text("source_lang") or UNDETERMINED, target


def _check_formality(fields: Fields) -> None:
    """No model here has a choice.

    Raises:
        InvalidRequestError: It would have to be made.
    """
    wanted = fields.text("formality", "default").lower()
    if wanted not in ("default", "prefer_more", "prefer_less"):
        raise InvalidRequestError("formality", "is not supported for given target_lang")


def _names(fields: Fields, name: str) -> list[str]:
    """Names in an array, or with commas between them."""
    found = fields.texts(name)
    if found is None:
        return []
    names = (each.strip() for text in found[0] for each in text.split(","))
    return [each for each in names if each]


def _as_it_is(text: str) -> str:
    return text


def _model(fields: Fields) -> str:
    """What is said to have been used, where somebody asks for one."""
    return "latency_optimized" if fields.text("model_type") else ""


def _code(code: str) -> str:
    return code.upper()
