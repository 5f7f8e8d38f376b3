"""What Azure Translator answers, from the servers' models: versions 3.0 and 2026-06-06.

The protocol: https://learn.microsoft.com/azure/ai-services/translator/text-translation/reference.
"""

import asyncio
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from translator.client import Translation
from translator.errors import (
    InvalidRequestError,
    LanguagePairNotSupportedError,
    TranslatorError,
)
from translator.fronts.azure.answers import answer, described_language, described_translation
from translator.fronts.azure.inputs import (
    Asked,
    Version,
    read_asked,
    read_texts,
    told_version,
    version_of,
)
from translator.fronts.azure.sentences import sentence_lengths
from translator.fronts.web.app import Endpoint, count
from translator.fronts.web.fields import BodyError, Fields, query_of
from translator.fronts.web.hub import FALLBACK, UNDETERMINED, Hub, Texts
from translator.fronts.web.keys import key_of
from translator.fronts.web.refusals import (
    STATUS,
    field_and_sentence,
    is_daily,
    retry_headers,
    unknown_language,
)
from translator.languages.detection import Detection
from translator.languages.tags import language

__all__ = ["Azure"]

_PARAMETER = "api-version"
# Where a resource of somebody's own has it; no other protocol is there.
_OWN = "/translator/text/v{version:str}"
_NO_DICTIONARY = "is not served: there is no dictionary here; /translate takes single words too"
_NOT_SERVED = {
    "/transliterate": "is not served: texts are not transliterated here",
    "/dictionary/lookup": _NO_DICTIONARY,
    "/dictionary/examples": _NO_DICTIONARY,
}
_SCOPES = {
    Version.V3: ("translation", "transliteration", "dictionary"),
    Version.V2026: ("translation", "transliteration", "models"),
}
# How many of how many characters: translations of a request, texts whose sentences are asked for.
_MAX_TRANSLATED = 2_000, 1_000_000
_MAX_CUT = 100, 50_000
# Calls to the servers for one request: one for each language and type of its texts.
_MAX_AT_ONCE = 8
# Azure's codes; their first three digits are HTTP's.
_INVALID, _PAIR, _FROM, _TO, _TOO_LONG = 400000, 400023, 400035, 400036, 400050
_OF_FIELDS = {
    "Text": 400005,
    "api-version": 400021,
    "body": 400074,
    "category": 400079,
    "from": _FROM,
    "inputs": 400074,
    "language": _FROM,
    "scope": 400001,
    "text": 400005,
    "textType": 400071,
    "texts": 400072,
    "to": _TO,
    "toScript": 400080,
}
# What it calls the fields of ours.
_NAMES = {"source_language_code": "from", "target_language_code": "to"}
_OF_BODIES = {404: 404000, 405: 405000, 408: 408002, 413: 400077, 415: 415000}
_BAD_JSON, _RATE, _QUOTA = 400074, 429000, 403001


class Azure:
    """A ``Front``.

    Args:
        hub: The servers.
    """

    name = "azure"

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def endpoints(self) -> Sequence[Endpoint]:
        post = ("POST",)
        found = []
        for prefix, parameter in (("", _PARAMETER), (_OWN, "")):
            found += [
                Endpoint(f"{prefix}/translate", self._translate, post, parameter),
                Endpoint(f"{prefix}/detect", self._detect, post, parameter),
                Endpoint(f"{prefix}/breaksentence", self._break_sentences, post, parameter),
                Endpoint(f"{prefix}/languages", self._languages, ("GET",), parameter),
                *(
                    Endpoint(prefix + path, partial(self._not_served, why), post, parameter)
                    for path, why in _NOT_SERVED.items()
                ),
            ]
        return found

    def sockets(self) -> Sequence[BaseRoute]:
        return ()

    def refusal(self, error: TranslatorError, request: Request) -> Response:
        code, sentence = self._code(error), error.message
        if isinstance(error, InvalidRequestError):
            _, sentence = field_and_sentence(error, _NAMES)
        elif isinstance(error, LanguagePairNotSupportedError):
            unknown, role = unknown_language(self._hub, error)
            sentence = f"The {role} language {unknown!r} is not supported." if unknown else sentence
        told = str(code) if told_version(request) == Version.V2026 else code
        body = {"error": {"code": told, "message": sentence}}
        return answer(body, code // 1000, retry_headers(error))

    def _code(self, error: TranslatorError) -> int:
        if isinstance(error, BodyError):
            return _OF_BODIES.get(error.code, _BAD_JSON)
        if isinstance(error, InvalidRequestError):
            field, _ = field_and_sentence(error, _NAMES)
            return _TOO_LONG if field.startswith("texts[") else _OF_FIELDS.get(field, _INVALID)
        if isinstance(error, LanguagePairNotSupportedError):
            return {"source": _FROM, "target": _TO}.get(
                unknown_language(self._hub, error)[1], _PAIR
            )
        if is_daily(error):
            return _QUOTA
        status = STATUS.get(error.status, 500)
        return _RATE if status == 429 else 1000 * status

    # What is asked

    async def _translate(self, request: Request) -> Response:
        version = version_of(request)
        asked = await read_asked(request, version)
        characters = sum(len(each.text) * len(set(each.targets)) for each in asked.inputs)
        count(request, characters)
        _check_size(asked)
        detected = await self._detected(asked)
        asked = _suggested(asked, detected)
        translated = await self._translated(key_of(request), asked)

        def describe() -> list[dict[str, Any]]:
            return [
                _described(version, asked, number, detected.get(number), translated)
                for number in range(len(asked.inputs))
            ]

        # Where sentences end takes a while to find out.
        items = await asyncio.to_thread(describe) if asked.sentence_lengths else describe()
        headers = {"x-metered-usage": str(characters), "x-mt-system": "Team"}
        body = items if version is Version.V3 else {"value": items}
        return answer(body, headers=headers)

    async def _detected(self, asked: Asked) -> dict[int, Detection]:
        """The language of each text that does not name it, by the text's number."""
        unknown = [n for n, each in enumerate(asked.inputs) if each.source == UNDETERMINED]
        if not unknown:
            return {}
        texts = [asked.inputs[number].text for number in unknown]
        found = await self._hub.detect(texts, asked.inputs[unknown[0]].targets[0])
        return dict(zip(unknown, found, strict=True))

    async def _translated(self, key: str, asked: Asked) -> dict[tuple[int, str], Translation]:
        """The translation of each text into each of its targets, by the text's number."""
        groups: dict[tuple[str, str, bool, tuple[tuple[str, str], ...]], list[int]] = {}
        for number, each in enumerate(asked.inputs):
            for target in dict.fromkeys(each.targets):
                kind = each.source, target, each.is_html, tuple(each.terms.items())
                groups.setdefault(kind, []).append(number)
        found: dict[tuple[int, str], Translation] = {}

        at_once = asyncio.Semaphore(_MAX_AT_ONCE)

        async def translate(
            source: str, target: str, is_html: bool, terms: dict[str, str], numbers: list[int]
        ) -> None:
            texts = Texts(
                [asked.inputs[number].text for number in numbers],
                source,
                target,
                mime_type="text/html" if is_html else "",
                glossary=terms or None,
                alignments=(asked.alignments or asked.sentence_lengths) and not is_html,
            )
            async with at_once:
                results = await self._hub.translate(key, texts)
            found.update({(n, target): each for n, each in zip(numbers, results, strict=True)})

        try:
            async with asyncio.TaskGroup() as group:
                for (source, target, is_html, terms), numbers in groups.items():
                    group.create_task(translate(source, target, is_html, dict(terms), numbers))
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None
        return found

    async def _detect(self, request: Request) -> Response:
        if version_of(request) is not Version.V3:
            raise BodyError(404, "/detect is of version 3.0")
        texts = await read_texts(request)
        await self._hub.check_key(key_of(request))
        count(request, sum(map(len, texts)))
        return answer(
            [
                {
                    "language": each.language,
                    "score": round(each.confidence, 2),
                    "isTranslationSupported": language(each.language) in self._sources(),
                    "isTransliterationSupported": False,
                }
                for each in await self._hub.detect(texts)
            ]
        )

    async def _break_sentences(self, request: Request) -> Response:
        if version_of(request) is not Version.V3:
            raise BodyError(404, "/breaksentence is of version 3.0")
        await self._hub.check_key(key_of(request))
        given = Fields(query_of(request)).text("language")
        if given and not self._hub.knows(given):
            raise InvalidRequestError("language", f"{given[:32]!r} is not supported")
        texts = await read_texts(request)
        characters = sum(map(len, texts))
        _check_most(len(texts), characters, "texts", _MAX_CUT)
        count(request, characters)
        guesses = [] if given else await self._hub.detect(texts)
        languages = [given] * len(texts) if given else [each.language for each in guesses]
        lengths = await asyncio.to_thread(lambda: list(map(sentence_lengths, texts, languages)))
        told: list[dict[str, Any]] = [{"sentLen": each} for each in lengths]
        for item, guess in zip(told, guesses, strict=False):
            item["detectedLanguage"] = _guessed(guess.language, guess.confidence)
        return answer(told)

    def _sources(self) -> set[str]:
        return {language(code) for code in self._hub.servers.pairs.sources}

    async def _languages(self, request: Request) -> Response:
        version = version_of(request)
        wanted = [each.strip() for each in request.query_params.get("scope", "").split(",")]
        scopes = [each for each in wanted if each] or _SCOPES[version]
        for scope in scopes:
            if scope not in _SCOPES[version]:
                allowed = ", ".join(_SCOPES[version])
                raise InvalidRequestError("scope", f"{scope[:32]!r} is none; allowed: {allowed}")
        told: dict[str, Any] = {scope: {} for scope in scopes}
        if "models" in scopes:
            told["models"] = []
        if "translation" in scopes:
            told["translation"] = {
                code: described_language(code, version) for code in self._hub.languages
            }
        tag = hashlib.sha256(json.dumps(told).encode()).hexdigest()[:32]
        headers = {"etag": f'"{tag}"'}
        if tag in request.headers.get("if-none-match", ""):
            return answer(None, 304, headers)
        return answer(told, headers=headers)

    async def _not_served(self, why: str, request: Request) -> Response:
        version_of(request)
        raise BodyError(404, f"{request.url.path[-32:]} {why}")


def _described(
    version: Version,
    asked: Asked,
    number: int,
    guess: Detection | None,
    translated: Mapping[tuple[int, str], Translation],
) -> dict[str, Any]:
    """What is answered of a text: the language that it was found to be in, and its translations."""
    each = asked.inputs[number]
    source, item = each.source, dict[str, Any]()
    if guess is not None:
        found = translated[number, each.targets[0]].detected_language
        source = found or asked.suggested_source or FALLBACK
        item["detectedLanguage"] = _guessed(source, guess.confidence if found else 0.0)
    told = [
        described_translation(version, asked, each, target, source, translated[number, target])
        for target in each.targets
    ]
    return {**item, "translations": told}


def _check_size(asked: Asked) -> None:
    """Bound what comes back, since a text goes into as many languages as somebody names.

    Raises:
        BodyError: It would be too much.
    """
    translations = sum(len(each.targets) for each in asked.inputs)
    characters = sum(len(each.text) * len(each.targets) for each in asked.inputs)
    _check_most(translations, characters, "translations", _MAX_TRANSLATED)


def _check_most(number: int, characters: int, what: str, most: tuple[int, int]) -> None:
    if number > most[0] or characters > most[1]:
        raise BodyError(
            413,
            f"{number} {what} of {characters} characters are asked for; "
            f"allowed: {most[0]} of {most[1]}",
        )


def _guessed(language: str, confidence: float) -> dict[str, Any]:
    return {"language": language, "score": round(confidence, 2)}


def _suggested(asked: Asked, detected: Mapping[int, Detection]) -> Asked:
    """What is asked, with the suggested language for texts that are clearly in none."""
    if not asked.suggested_source:
        return asked
    inputs = list(asked.inputs)
    for number, guess in detected.items():
        if not guess.confidence:
            inputs[number] = replace(inputs[number], source=asked.suggested_source)
    return replace(asked, inputs=inputs)
