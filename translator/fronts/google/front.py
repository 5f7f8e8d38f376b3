"""What Google's Cloud Translation answers, version 3, from this server's models.

The protocol: https://cloud.google.com/translate/docs/reference/rpc/google.cloud.translation.v3.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from translator.errors import InvalidRequestError, UnsupportedFeatureError
from translator.fronts.rpc.descriptors import service_in
from translator.fronts.rpc.front import RpcFront
from translator.languages.names import english_name
from translator.service.requests import TextResult, TextsRequest

__all__ = ["Google"]

_UNDETERMINED = "und"
_MIME_TYPES = {"": "text/html", "text/html": "text/html", "text/plain": ""}
# Models of Google's own, each of which stands for the closest one here.
_GENERAL = "general/"


class Google(RpcFront):
    """A front: ``google.cloud.translation.v3.TranslationService``."""

    name = "google"
    descriptor = service_in(Path(__file__).with_name("messages.binpb"))
    fields: ClassVar[Mapping[str, str]] = {
        "texts": "contents",
        "text": "content",
        "glossaries": "glossary_config.glossary",
    }
    key_headers = ("x-goog-api-key",)
    elsewhere = (
        "TranslateText, DetectLanguage and GetSupportedLanguages are. Files are translated by "
        "`translator batch`, and glossaries are files of the server"
    )

    async def TranslateText(self, request: Any, context: Any) -> dict[str, Any]:  # noqa: N802
        if request.transliteration_config.enable_transliteration:
            raise UnsupportedFeatureError("transliteration_config: nothing is transliterated here")
        asked = TextsRequest(
            source=request.source_language_code or _UNDETERMINED,
            target=request.target_language_code,
            texts=tuple(request.contents),
            model=_model(request.model),
            mime_type=_mime_type(request.mime_type),
        )

        def translation(found: TextResult) -> dict[str, Any]:
            is_open = not request.source_language_code
            return {
                "translated_text": found.text,
                "model": request.model,
                "detected_language_code": (found.detected_source or _UNDETERMINED) * is_open,
            }

        if not request.HasField("glossary_config"):
            found = await self.translated(asked, context)
            return {"translations": map(translation, found)}
        config = request.glossary_config
        name = config.glossary.rpartition("/")[2]
        with_terms = await self.translated(replace(asked, glossaries=(name,)), context)
        # What the models have just said of a segment is known: this takes no time.
        found = await self.translated(asked, context)
        return {
            "translations": map(translation, found),
            "glossary_translations": [
                translation(each) | {"glossary_config": config} for each in with_terms
            ],
        }

    async def DetectLanguage(self, request: Any, context: Any) -> dict[str, Any]:  # noqa: N802
        if not request.content:
            raise InvalidRequestError("content", "is empty; a text is needed")
        mime_type = _mime_type(request.mime_type)
        self._metrics.characters(len(request.content))
        found = await self._service.detect(request.content, mime_type, self.visitor(context))
        language, confidence = (
            (_UNDETERMINED, 0.0) if found is None else (found.language, found.confidence)
        )
        return {"languages": [{"language_code": language, "confidence": confidence}]}

    async def GetSupportedLanguages(  # noqa: N802
        self, request: Any, context: Any
    ) -> dict[str, Any]:
        models = self.offered(_model(request.model), context)
        sources = {pair.source for each in models for pair in each.info.pairs}
        targets = {pair.target for each in models for pair in each.info.pairs}
        return {
            "languages": [
                {
                    "language_code": code,
                    "display_name": english_name(code) if request.display_language_code else "",
                    "support_source": code in sources,
                    "support_target": code in targets,
                }
                for code in sorted(sources | targets)
            ]
        }


def _mime_type(given: str) -> str:
    """What the service calls a type.

    Raises:
        InvalidRequestError: It is not served.
    """
    if given not in _MIME_TYPES:
        raise InvalidRequestError(
            "mime_type",
            f'is {given[:40]!r}; allowed: "text/plain", "text/html", or none, which is the latter',
        )
    return _MIME_TYPES[given]


def _model(given: str) -> str:
    """The name of a model; "": the closest one."""
    name = given.rpartition("/models/")[2]
    return "" if name.startswith(_GENERAL) else name
