"""Glossaries as DeepL's API has them: of one pair in v2, of several in v3."""

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from translator.errors import InvalidRequestError
from translator.fronts.deepl.glossaries import (
    Dictionary,
    Glossaries,
    Glossary,
    GlossaryNotFoundError,
    read_dictionary,
)
from translator.fronts.web.app import Endpoint
from translator.fronts.web.fields import Fields, read_fields
from translator.fronts.web.hub import Hub
from translator.fronts.web.keys import key_of

__all__ = ["GlossaryEndpoints"]

_TSV = "text/tab-separated-values; charset=utf-8"


class GlossaryEndpoints:
    """Serves the glossaries of each caller to that caller.

    Args:
        hub: The servers, which know whom to let in.
        glossaries: The glossaries.
    """

    def __init__(self, hub: Hub, glossaries: Glossaries) -> None:
        self._hub = hub
        self._glossaries = glossaries

    def endpoints(self) -> Sequence[Endpoint]:
        """See ``Front``."""
        v2, v3 = "/v2/glossaries", "/v3/glossaries"
        one = "/{id:str}"
        return (
            Endpoint("/v2/glossary-language-pairs", self._pairs),
            Endpoint(v2, self._list_v2),
            Endpoint(v2, self._make_v2, ("POST",)),
            Endpoint(v2 + one, self._show_v2),
            Endpoint(v2 + one, self._drop, ("DELETE",)),
            Endpoint(v2 + one + "/entries", self._entries_v2),
            Endpoint(v3, self._list_v3),
            Endpoint(v3, self._make_v3, ("POST",)),
            Endpoint(v3 + one, self._show_v3),
            Endpoint(v3 + one, self._change_v3, ("PATCH",)),
            Endpoint(v3 + one, self._drop, ("DELETE",)),
            Endpoint(v3 + one + "/entries", self._entries_v3),
            Endpoint(v3 + one + "/dictionaries", self._replace, ("PUT",)),
            Endpoint(v3 + one + "/dictionaries", self._drop_dictionary, ("DELETE",)),
        )

    async def _asked(self, request: Request) -> tuple[str, Fields]:
        """The key of a caller whom the servers let in, and the fields."""
        fields = await read_fields(request)
        key = key_of(request, fields, "auth_key")
        await self._hub.check_key(key)
        return key, fields

    async def _named(self, request: Request) -> tuple[Glossary, Fields]:
        key, fields = await self._asked(request)
        return self._glossaries.find(key, request.path_params["id"]), fields

    async def _pairs(self, request: Request) -> Response:
        await self._asked(request)
        pairs = self._hub.servers.pairs
        found = [
            {"source_lang": source, "target_lang": target}
            for source in sorted(pairs.sources)
            for target in sorted(pairs.targets(source))
        ]
        return JSONResponse({"supported_languages": found})

    # Of one pair

    async def _list_v2(self, request: Request) -> Response:
        key, _ = await self._asked(request)
        own = [each for each in self._glossaries.of(key) if len(each.dictionaries) == 1]
        return JSONResponse({"glossaries": [_told_v2(each) for each in own]})

    async def _make_v2(self, request: Request) -> Response:
        key, fields = await self._asked(request)
        dictionary = read_dictionary(fields)
        made = await self._glossaries.make(key, fields.text("name"), [dictionary])
        return JSONResponse(_told_v2(made), 201)

    async def _show_v2(self, request: Request) -> Response:
        glossary, _ = await self._named(request)
        return JSONResponse(_told_v2(glossary))

    async def _entries_v2(self, request: Request) -> Response:
        glossary, _ = await self._named(request)
        return Response(_first(glossary).to_tsv(), media_type=_TSV)

    async def _drop(self, request: Request) -> Response:
        glossary, _ = await self._named(request)
        await self._glossaries.drop(glossary)
        return Response(status_code=204)

    # Of several

    async def _list_v3(self, request: Request) -> Response:
        key, _ = await self._asked(request)
        return JSONResponse({"glossaries": [_told_v3(each) for each in self._glossaries.of(key)]})

    async def _make_v3(self, request: Request) -> Response:
        key, fields = await self._asked(request)
        given = fields.objects("dictionaries")
        if not given:
            raise InvalidRequestError("dictionaries", "is missing")
        dictionaries = [read_dictionary(each) for each in given]
        made = await self._glossaries.make(key, fields.text("name"), dictionaries)
        return JSONResponse(_told_v3(made), 201)

    async def _show_v3(self, request: Request) -> Response:
        glossary, _ = await self._named(request)
        return JSONResponse(_told_v3(glossary))

    async def _change_v3(self, request: Request) -> Response:
        """Give another name, and add entries to dictionaries."""
        glossary, fields = await self._named(request)
        made = Glossary(
            glossary.id,
            glossary.owner,
            fields.text("name", glossary.name),
            glossary.created,
            glossary.dictionaries,
        )
        for each in fields.objects("dictionaries") or ():
            new = read_dictionary(each)
            old = made.find(new.source, new.target)
            entries = {**(old.entries if old is not None else {}), **new.entries}
            made = made.with_dictionary(Dictionary(new.source, new.target, entries))
        await self._glossaries.keep(made)
        return JSONResponse(_told_v3(made))

    async def _entries_v3(self, request: Request) -> Response:
        glossary, fields = await self._named(request)
        found = _dictionary(glossary, fields)
        told = _told_dictionary(found) | {"entries": found.to_tsv(), "entries_format": "tsv"}
        return JSONResponse({"dictionaries": [told]})

    async def _replace(self, request: Request) -> Response:
        glossary, fields = await self._named(request)
        new = read_dictionary(fields)
        await self._glossaries.keep(glossary.with_dictionary(new))
        return JSONResponse(_told_dictionary(new))

    async def _drop_dictionary(self, request: Request) -> Response:
        glossary, fields = await self._named(request)
        gone = _dictionary(glossary, fields)
        left = tuple(each for each in glossary.dictionaries if each is not gone)
        made = Glossary(glossary.id, glossary.owner, glossary.name, glossary.created, left)
        await self._glossaries.keep(made)
        return Response(status_code=204)


def _first(glossary: Glossary) -> Dictionary:
    if not glossary.dictionaries:
        raise GlossaryNotFoundError
    return glossary.dictionaries[0]


def _dictionary(glossary: Glossary, fields: Fields) -> Dictionary:
    """The dictionary that a request names.

    Raises:
        GlossaryNotFoundError: There is none.
    """
    found = glossary.find(fields.text("source_lang"), fields.text("target_lang"))
    if found is None:
        raise GlossaryNotFoundError("Dictionary not found")
    return found


def _told_dictionary(dictionary: Dictionary) -> dict[str, Any]:
    return {
        "source_lang": dictionary.source,
        "target_lang": dictionary.target,
        "entry_count": len(dictionary.entries),
    }


def _told_v2(glossary: Glossary) -> dict[str, Any]:
    return {
        "glossary_id": glossary.id,
        "name": glossary.name,
        "ready": True,
        "creation_time": glossary.created,
        **_told_dictionary(_first(glossary)),
    }


def _told_v3(glossary: Glossary) -> dict[str, Any]:
    return {
        "glossary_id": glossary.id,
        "name": glossary.name,
        "creation_time": glossary.created,
        "dictionaries": [_told_dictionary(each) for each in glossary.dictionaries],
    }
