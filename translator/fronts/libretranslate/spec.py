"""The protocol in OpenAPI, for whoever asks at ``/spec``."""

from typing import Any

from translator import __version__

__all__ = ["specification"]

_ERRORS = {
    "400": "What is asked is not valid, or not served.",
    "403": "The key is missing or not known.",
    "413": "The request is too large.",
    "415": "The body is of another type.",
    "429": "Too much; Retry-After says when to try again.",
    "503": "No server can be reached.",
}
_STRINGS = {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
_STRING = {"type": "string"}
_DETECTION = {
    "type": "object",
    "properties": {"confidence": {"type": "number"}, "language": _STRING},
}


def specification(url: str) -> dict[str, Any]:
    """The document.

    Args:
        url: Where the front is.
    """
    return {
        "openapi": "3.0.3",
        "info": {"title": "LibreTranslate", "version": __version__},
        "servers": [{"url": url}],
        "paths": {
            "/translate": _post(
                "Translate text, or an array of texts.",
                {
                    "q": _STRINGS,
                    "source": {**_STRING, "description": 'A language, or "auto".'},
                    "target": _STRING,
                    "format": {**_STRING, "enum": ["text", "html"], "default": "text"},
                    "alternatives": {"type": "integer", "default": 0},
                },
                ["q", "source", "target"],
                {
                    "translatedText": _STRINGS,
                    "detectedLanguage": {"oneOf": [_DETECTION, _array(_DETECTION)]},
                    "alternatives": {"type": "array", "items": {}},
                },
            ),
            "/detect": {
                "post": {
                    "summary": "Detect the language of a text.",
                    "requestBody": _body({"q": _STRING}, ["q"], "application/json"),
                    "responses": _responses(_array(_DETECTION)),
                }
            },
            "/translate_file": {
                "post": {
                    "summary": "Translate a file.",
                    "requestBody": _body(
                        {
                            "file": {"type": "string", "format": "binary"},
                            "source": _STRING,
                            "target": _STRING,
                        },
                        ["file", "source", "target"],
                        "multipart/form-data",
                    ),
                    "responses": _responses(_object({"translatedFileUrl": _STRING})),
                }
            },
            "/languages": _get(
                "The languages, and what each is translated into.",
                _array(_object({"code": _STRING, "name": _STRING, "targets": _array(_STRING)})),
            ),
            "/frontend/settings": _get("What a page needs to know.", _object({})),
            "/health": _get("Whether a server answers.", _object({"status": _STRING})),
        },
    }


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def _array(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _responses(schema: dict[str, Any]) -> dict[str, Any]:
    error = {"application/json": {"schema": _object({"error": _STRING})}}
    answers: dict[str, Any] = {
        "200": {"description": "Done.", "content": {"application/json": {"schema": schema}}}
    }
    for code, sentence in _ERRORS.items():
        answers[code] = {"description": sentence, "content": error}
    return answers


def _get(summary: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"get": {"summary": summary, "responses": _responses(schema)}}


def _body(properties: dict[str, Any], required: list[str], *kinds: str) -> dict[str, Any]:
    schema = {
        **_object({**properties, "api_key": _STRING}),
        "required": required,
    }
    return {"required": True, "content": {kind: {"schema": schema} for kind in kinds}}


def _post(
    summary: str, properties: dict[str, Any], required: list[str], answer: dict[str, Any]
) -> dict[str, Any]:
    kinds = ("application/json", "application/x-www-form-urlencoded", "multipart/form-data")
    return {
        "post": {
            "summary": summary,
            "requestBody": _body(properties, required, *kinds),
            "responses": _responses(_object(answer)),
        }
    }
