"""The fields of a request, from its address and its body: JSON, a form, or one with files."""

import asyncio
import json
import logging
import re
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

# Starlette reads forms with it, and would say only then that it is missing.
import python_multipart  # noqa: F401
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from translator.errors import ClientError, InvalidRequestError

__all__ = [
    "MAX_FILE_BYTES",
    "BodyError",
    "Fields",
    "SentFile",
    "query_of",
    "read_fields",
    "read_json",
]

# It tells which characters it did not expect.
logging.getLogger("python_multipart").setLevel(logging.CRITICAL)

# Far more than the texts of a request may have.
_MAX_BYTES = 4 << 20
MAX_FILE_BYTES = 32 << 20
_MAX_FIELDS = 4096
# Values and names in JSON, and commas in its strings: a million take a third of a second to parse,
# which nobody else can use.
_MAX_MARKS = 200_000
_MAX_PASSED = 256 << 20
# However slowly a body comes.
_BODY_S, _FILE_S = 30.0, 300.0


class BodyError(ClientError):
    """A body cannot be read.

    Attributes:
        code: The HTTP status for it.
    """

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file of a form: its name and its bytes."""

    name: str
    contents: bytes = field(repr=False)


class Fields:
    """Values by name. What is missing, null, or an empty string in a form, has its default.

    Args:
        query: Names and values of the address; they go before those of the body.
        form: The same of a form.
        json: An object.
        files: What was uploaded.
    """

    def __init__(
        self,
        query: Mapping[str, list[str]],
        form: Mapping[str, list[str]] | None = None,
        json: Mapping[str, Any] | None = None,
        files: Mapping[str, SentFile] | None = None,
    ) -> None:
        self._query = query
        self._form = form or {}
        self._json = json or {}
        self.files = files or {}

    def _value(self, name: str) -> Any:
        for strings in (self._query, self._form):
            if name in strings:
                return strings[name]
        return self._json.get(name)

    def _first(self, name: str) -> Any:
        """The value, the first if there are several; an array of JSON is one."""
        for strings in (self._query, self._form):
            if name in strings:
                return strings[name][0]
        return self._json.get(name)

    def has(self, name: str) -> bool:
        """Whether there is such a field."""
        return self._value(name) is not None

    def is_array(self, name: str) -> bool:
        """Whether a field of JSON is an array."""
        return isinstance(self._json.get(name), list)

    def object(self, name: str) -> "Fields | None":
        """An object; None if there is no such field.

        Raises:
            InvalidRequestError: It is none.
        """
        value = self._json.get(name)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise InvalidRequestError(name, "an object is needed")
        return Fields({}, json=value)

    def texts(self, name: str) -> tuple[list[str], bool] | None:
        """Strings, and whether they came as an array; None if there is no such field.

        Raises:
            InvalidRequestError: It is neither a string nor an array of strings.
        """
        value = self._value(name)
        if value is None:
            return None
        is_array = isinstance(value, list) and (value is self._json.get(name) or len(value) > 1)
        texts = value if isinstance(value, list) else [value]
        for text in texts:
            _check_string(name, text, "a string, or an array of strings")
        return texts, is_array

    def text(self, name: str, default: str = "") -> str:
        """A string, the first if there are several.

        Raises:
            InvalidRequestError: It is none.
        """
        value = self._first(name)
        if value is None:
            return default
        _check_string(name, value, "a string")
        return value or default

    def boolean(self, name: str, default: bool = False) -> bool:
        """A truth value: of JSON, or 0, 1, true or false.

        Raises:
            InvalidRequestError: It is none.
        """
        value = self._first(name)
        if value in (None, ""):
            return default
        known = {"0": False, "1": True, "false": False, "true": True}
        if (found := known.get(str(value).lower())) is None:
            raise InvalidRequestError(name, "true or false is needed")
        return found

    def number(self, name: str, default: int, most: int) -> int:
        """A whole number from 0 to ``most``.

        Raises:
            InvalidRequestError: It is none.
        """
        value = self._first(name)
        if value in (None, ""):
            return default
        text = str(value)
        is_number = not isinstance(value, bool) and text.isascii() and text.isdigit()
        if not is_number or len(text) > 9 or int(text) > most:
            raise InvalidRequestError(name, f"a whole number from 0 to {most} is needed")
        return int(text)

    def objects(self, name: str) -> list["Fields"] | None:
        """Objects in an array, in a form as ``name[0].field``; None if there is no such field.

        Raises:
            InvalidRequestError: It is no array of objects.
        """
        value = self._json.get(name)
        if value is not None:
            if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
                raise InvalidRequestError(name, "an array of objects is needed")
            return [Fields({}, json=each) for each in value]
        found: dict[int, dict[str, list[str]]] = {}
        for key, strings in self._form.items():
            if match := re.fullmatch(rf"{re.escape(name)}\[(\d{{1,4}})\]\.(\w+)", key):
                found.setdefault(int(match[1]), {})[match[2]] = strings
        return [Fields({}, form=found[number]) for number in sorted(found)] or None


def _check_string(name: str, value: Any, needed: str) -> None:
    if not isinstance(value, str):
        raise InvalidRequestError(name, f"{needed} is needed")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise InvalidRequestError(name, "has half of a surrogate pair") from None


async def read_fields(request: Request, *, files: bool = False) -> Fields:
    """The fields of a request.

    Args:
        request: The request.
        files: Whether it may have files.

    Raises:
        BodyError: It is too large or too slow, or is not what its content type says.
    """
    query = query_of(request)
    kind = _kind(request)
    if files:
        body = await _read(request, MAX_FILE_BYTES, _FILE_S)
    else:
        body = await _read(request, _MAX_BYTES, _BODY_S)
    if not body.strip():
        return Fields(query)
    if kind == "multipart/form-data":
        return await _multipart(request, body, query)
    if _is_json(kind):
        value = _json(body)
        if not isinstance(value, dict):
            raise BodyError(400, "the body is no JSON object")
        return Fields(query, json=value)
    if kind == "application/x-www-form-urlencoded":
        return Fields(query, form=_form(body))
    raise _wrong_kind(kind, "application/x-www-form-urlencoded", "multipart/form-data")


async def read_json(request: Request, *, any_type: bool = False) -> Any:
    """The body of a request that has to be JSON, be it an object or an array.

    Args:
        request: The request.
        any_type: Whether it need not say so.

    Raises:
        BodyError: It is too large or too slow, or is not JSON.
    """
    body = await _read(request, _MAX_BYTES, _BODY_S)
    if not any_type and not _is_json(kind := _kind(request)):
        raise _wrong_kind(kind)
    return _json(body)


def query_of(request: Request) -> dict[str, list[str]]:
    """The values in the address, by name."""
    return _grouped(list(request.query_params.multi_items()))


def _kind(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _is_json(kind: str) -> bool:
    return kind == "application/json" or kind.endswith("+json")


def _wrong_kind(kind: str, *allowed: str) -> BodyError:
    return BodyError(
        415,
        f"content type {kind[:64] or 'of nothing'!r} is not served; allowed: "
        + ", ".join(("application/json", *allowed)),
    )


async def _read(request: Request, limit: int, timeout_s: float) -> bytes:
    try:
        async with asyncio.timeout(timeout_s):
            await _check_length(request, limit)
            return await _body(request, limit)
    except TimeoutError:
        raise BodyError(408, "the body took too long") from None


async def _body(request: Request, limit: int) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            await _refuse(request, limit)
    return bytes(body)


async def _check_length(request: Request, limit: int) -> None:
    length = request.headers.get("content-length", "")
    if length.isascii() and length.isdigit() and int(length) > limit:
        await _refuse(request, limit)


async def _refuse(request: Request, limit: int) -> None:
    """Say that a body is too large. Who still sends does not listen, so most of it is let by.

    Raises:
        BodyError: Always.
    """
    passed = 0
    async for chunk in request.stream():
        passed += len(chunk)
        if passed > _MAX_PASSED:
            break
    raise BodyError(413, f"the request is too large; allowed: {limit >> 20} MiB")


def _json(body: bytes) -> Any:
    if sum(map(body.count, (b",", b":", b"[", b"{"))) > _MAX_MARKS:
        raise BodyError(413, f"the body has more than {_MAX_MARKS} values and commas")
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise BodyError(400, "the body is not valid JSON") from None


def _form(body: bytes) -> Mapping[str, list[str]]:
    try:
        pairs = parse_qsl(
            body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_MAX_FIELDS
        )
    except ValueError:
        raise BodyError(400, f"the form has more than {_MAX_FIELDS} fields") from None
    return _grouped(pairs)


async def _multipart(request: Request, body: bytes, query: Mapping[str, list[str]]) -> Fields:
    async def whole() -> AsyncGenerator[bytes, None]:
        yield body

    parser = MultiPartParser(
        request.headers, whole(), max_files=1, max_fields=64, max_part_size=_MAX_BYTES
    )
    try:
        form = await parser.parse()
    except (MultiPartException, ValueError, KeyError):
        raise BodyError(400, "the form cannot be read") from None
    try:
        texts = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
        files = {
            name: SentFile(value.filename or "", await value.read())
            for name, value in form.items()
            if isinstance(value, UploadFile)
        }
    finally:
        await form.close()
    return Fields(query, form=_grouped(texts), files=files)


def _grouped(pairs: list[tuple[str, str]]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for name, value in pairs:
        grouped.setdefault(name, []).append(value)
    return grouped
