"""What Azure's clients ask: the texts of a request, in either version of the protocol."""

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from starlette.requests import Request

from translator.errors import InvalidRequestError
from translator.fronts.web.fields import Fields, query_of, read_json
from translator.fronts.web.hub import UNDETERMINED

__all__ = ["Asked", "Input", "Version", "read_asked", "read_texts", "told_version", "version_of"]

_IS_HTML = {"": False, "plain": False, "html": True}
# A term, where it stands: <mstrans:dictionary translation="rede">net</mstrans:dictionary>.
_TERM = re.compile(
    r"""<mstrans:dictionary\s+translation=(?:"([^"<>]*)"|'([^'<>]*)')\s*>([^<]*)"""
    r"</mstrans:dictionary>",
    re.IGNORECASE,
)


class Version(StrEnum):
    """A version of the protocol."""

    V3 = "3.0"
    V2026 = "2026-06-06"


@dataclass(frozen=True, slots=True)
class Input:
    """A text, and what it is translated into.

    Attributes:
        text: The text.
        source: BCP-47, or "und".
        targets: BCP-47.
        is_html: Whether it is HTML.
        terms: The terms that are marked in it, each with its translation.
    """

    text: str
    source: str
    targets: Sequence[str]
    is_html: bool
    terms: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to translate.

    Attributes:
        inputs: The texts.
        alignments: Whether to tell which part of a text each part of its translation comes from.
        sentence_lengths: Whether to tell how long each sentence is, and its translation.
        suggested_source: What a text is taken for whose language is not clear; "": English.
    """

    inputs: Sequence[Input]
    alignments: bool = False
    sentence_lengths: bool = False
    suggested_source: str = ""


def version_of(request: Request) -> Version:
    """The version that a request is of: its address has it as a parameter, or else in its path.

    Raises:
        InvalidRequestError: It is not served.
    """
    told = told_version(request)
    try:
        return Version(told)
    except ValueError:
        raise InvalidRequestError(
            "api-version", f"{told[:32]!r} is not served; allowed: {', '.join(Version)}"
        ) from None


def told_version(request: Request) -> str:
    """The same, whether it is served or not."""
    told: str = request.query_params.get("api-version") or request.path_params.get("version", "")
    return told


async def read_asked(request: Request, version: Version) -> Asked:
    """What is to be translated.

    Raises:
        TranslatorError: The body cannot be read, or a value is not allowed.
    """
    if version is Version.V3:
        return await _read_v3(request)
    body = await read_json(request)
    inputs = body.get("inputs") if isinstance(body, dict) else None
    return Asked([_input(item) for item in _objects("inputs", inputs)])


async def _read_v3(request: Request) -> Asked:
    query = Fields(query_of(request))
    _check_options(query)
    targets = query.texts("to")
    if targets is None or not all(targets[0]):
        raise InvalidRequestError("to", "a language is needed")
    source = query.text("from") or UNDETERMINED
    is_html = _is_html(query)
    inputs = []
    for sent in await read_texts(request):
        text, terms = _without_terms(sent, is_html)
        inputs.append(Input(text, source, targets[0], is_html, terms))
    return Asked(
        inputs,
        query.boolean("includeAlignment"),
        query.boolean("includeSentenceLength"),
        query.text("suggestedFrom"),
    )


async def read_texts(request: Request) -> list[str]:
    """The texts of a body of version 3.0.

    Raises:
        BodyError: The body cannot be read.
        InvalidRequestError: It is no array of objects that have one.
    """
    return [_text(item) for item in _objects("body", await read_json(request))]


def _objects(name: str, value: object) -> list[Fields]:
    found = Fields({}, json={name: value}).objects(name)
    if found is None:
        raise InvalidRequestError(name, "an array of objects is needed")
    return found


def _input(item: Fields) -> Input:
    """A text of version 2026-06-06."""
    is_html = _is_html(item)
    text, terms = _without_terms(_text(item), is_html)
    targets = []
    for target in item.objects("targets") or ():
        _check_options(target)
        if not (code := target.text("language")):
            raise InvalidRequestError("to", "a language is needed in each of targets")
        targets.append(code)
    if not targets:
        raise InvalidRequestError("to", "targets: at least one language is needed")
    source = item.text("language") or UNDETERMINED
    return Input(text, source, targets, is_html, terms)


def _text(item: Fields) -> str:
    for name in ("text", "Text"):
        if item.has(name):
            return item.text(name)
    raise InvalidRequestError("text", "a string is needed")


def _is_html(fields: Fields) -> bool:
    kind = fields.text("textType")
    if (found := _IS_HTML.get(kind.lower())) is None:
        raise InvalidRequestError("textType", f"{kind[:32]!r} is not plain or html")
    return found


def _check_options(fields: Fields) -> None:
    """What no model here can do is refused where something else would come back.

    Raises:
        InvalidRequestError: It is asked for.
    """
    for name in ("toScript", "script"):
        if fields.text(name):
            raise InvalidRequestError("toScript", "texts are not transliterated here")
    for name in ("category", "deploymentName"):
        if fields.text(name, "general") != "general" and not fields.boolean("allowFallback", True):
            raise InvalidRequestError("category", "there is no model of one's own, only general")


def _without_terms(text: str, is_html: bool) -> tuple[str, dict[str, str]]:
    """A text without the marks of terms, and these."""
    terms: dict[str, str] = {}

    def take(match: re.Match[str]) -> str:
        written = (match[3], match[1] if match[1] is not None else match[2])
        term, translation = (html.unescape(each) if is_html else each for each in written)
        if term.strip() and translation.strip():
            terms.setdefault(term.strip(), translation.strip())
        return match[3]

    return _TERM.sub(take, text), terms
