"""What Azure's clients are answered, in either version of the protocol."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from starlette.responses import Response

from translator.client import Translation
from translator.fronts.azure.inputs import Asked, Input, Version
from translator.fronts.azure.sentences import translated_lengths, units
from translator.languages.names import english_name
from translator.languages.tags import language

__all__ = ["answer", "described_language", "described_translation"]

_RIGHT_TO_LEFT = frozenset({"ar", "dv", "fa", "he", "ku", "ps", "sd", "ug", "ur", "yi"})


def described_translation(
    version: Version, asked: Asked, each: Input, target: str, source: str, result: Translation
) -> dict[str, Any]:
    """A translation of a text.

    Args:
        version: The version.
        asked: The request; version 3.0 has alignments and lengths of sentences.
        each: The text.
        target: What it is translated into, as the client calls it.
        source: Its language, as the client calls it or as it was detected.
        result: The translation.
    """
    if version is Version.V2026:
        return {"language": target, "text": result.text, "sourceCharacters": len(each.text)}
    told: dict[str, Any] = {"text": result.text, "to": target}
    if asked.alignments:
        told["alignment"] = {"proj": _projection(each.text, result)}
    if asked.sentence_lengths and not each.is_html:
        of_source, of_target = translated_lengths(each.text, source, result)
        told["sentLen"] = {"srcSentLen": of_source, "transSentLen": of_target}
    return told


def _projection(text: str, result: Translation) -> str:
    """The alignments as Azure writes them: of UTF-16, and with the last unit of each range."""
    source, target = units(text), units(result.text)
    return " ".join(
        f"{source[each.source_start]}:{source[each.source_end] - 1}"
        f"-{target[each.target_start]}:{target[each.target_end] - 1}"
        for each in result.alignments
        if each.source_end > each.source_start and each.target_end > each.target_start
    )


def described_language(code: str, version: Version) -> dict[str, Any]:
    """A language; its name is in English wherever it stands."""
    name = english_name(code)
    direction = "rtl" if language(code) in _RIGHT_TO_LEFT else "ltr"
    told: dict[str, Any] = {"name": name, "nativeName": name, "dir": direction}
    return told | ({"models": []} if version is Version.V2026 else {})


def answer(body: object, code: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """JSON, under an id of its own; None: nothing."""
    raw = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
    given = {"x-requestid": str(uuid4()), **(headers or {})}
    return Response(raw, code, given, media_type="application/json")
