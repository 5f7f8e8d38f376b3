"""The models of Firefox Translations, as Mozilla publishes them through Remote Settings.

One list has a record for every file of every model: its pair, version, architecture, the products
that may use it, and where to get it, compressed with Zstandard
(https://remote-settings.readthedocs.io, collection ``translations-models-v2``).
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import TypeVar
from urllib.parse import urljoin

from packaging.version import InvalidVersion, Version
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from translator.catalog.offer import Offer, RemoteFile
from translator.catalog.web import Web
from translator.errors import LanguagePairNotSupportedError, ModelFilesError
from translator.languages.pair import LanguagePair
from translator.languages.tags import TOO_FAR, distance

__all__ = ["FIREFOX_URL", "FirefoxSource"]

FIREFOX_URL = "https://firefox.settings.services.mozilla.com/v1"

_RECORDS = "/buckets/main/collections/translations-models-v2/records"
# The records do not say it; Mozilla does: https://github.com/mozilla/translations/issues/1434
_LICENSE = "MPL-2.0"
# The products a record is for, as a filter expression. Other records are for phones or trials.
_FOR_DESKTOPS = frozenset(
    {
        "",
        "env.appinfo.OS != 'Android'",
        "env.appinfo.OS != 'Android' || env.channel != 'release'",
    }
)
_MAX_NEAR = 8
_T = TypeVar("_T", bound=BaseModel)
_SHA256 = "^[0-9a-f]{64}$"


class _Strict(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, frozen=True)


class _Attachment(_Strict):
    hash: str = Field(pattern=_SHA256)
    size: int = Field(ge=0)
    location: str = Field(min_length=1)


class _Record(_Strict):
    name: str
    source_language: str
    target_language: str
    file_type: str
    version: str
    architecture: str = ""
    # Absent where a file is not compressed.
    decompressed_hash: str = Field("", pattern=f"{_SHA256}|^$")
    filter_expression: str | None = Field(None, alias="filter_expression")
    attachment: _Attachment

    @property
    def pair(self) -> LanguagePair:
        return LanguagePair(self.source_language, self.target_language)

    @property
    def rank(self) -> tuple[bool, Version]:
        """A key to rank records by; higher is better."""
        try:
            version = Version(self.version)
        except InvalidVersion:
            version = Version("0")
        return (self.filter_expression or "").strip() in _FOR_DESKTOPS, version


class _Records(_Strict):
    data: list[_Record]


class _Attachments(_Strict):
    base_url: str = Field(alias="base_url")


class _Capabilities(_Strict):
    attachments: _Attachments


class _Server(_Strict):
    capabilities: _Capabilities


class FirefoxSource:
    """Mozilla's server, or a mirror of it.

    Args:
        web: The HTTP client.
        url: The URL of the server, with the version of its API.
    """

    def __init__(self, web: Web, url: str = FIREFOX_URL) -> None:
        self._web = web
        self._url = url.rstrip("/")

    def find(self, pair: LanguagePair) -> Sequence[Offer]:
        """Models for desktops first, then newer versions first; see ``Source``."""
        records = self._records()
        base = self._page(self._url + "/", _Server).capabilities.attachments.base_url
        models: dict[tuple[str, str], list[_Record]] = defaultdict(list)
        for record in records:
            if record.pair == pair:
                models[record.architecture, record.version].append(record)
        found = [files for model in models.values() if (files := _choose(model))]
        if not found:
            raise LanguagePairNotSupportedError(
                f"Firefox has no model for {pair}{_near(pair, {r.pair for r in records})}"
            )
        found.sort(key=lambda files: files[0].rank, reverse=True)
        return [_offer(self._url, files, urljoin(self._url + "/", base)) for files in found]

    def _records(self) -> list[_Record]:
        records: list[_Record] = []
        url = self._url + _RECORDS
        while url:
            body, headers = self._web.read(url)
            records += _parse(url, body, _Records).data
            url = headers.get("Next-Page", "")
        return records

    def _page(self, url: str, kind: type[_T]) -> _T:
        body, _ = self._web.read(url)
        return _parse(url, body, kind)


def _parse(url: str, body: bytes, kind: type[_T]) -> _T:
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the page"
        raise ModelFilesError(
            f"{url}: the list of models has a format that this version does not know "
            f"({where}: {first['msg']}): see whether there is a newer version of translator"
        ) from error


def _choose(model: Sequence[_Record]) -> list[_Record]:
    """Choose network, vocabularies and shortlist, if any; empty if one is missing."""
    best = {r.file_type: r for r in sorted(model, key=lambda r: r.rank)}
    needed = ("model", "vocab") if "vocab" in best else ("model", "srcvocab", "trgvocab")
    if not all(kind in best for kind in needed):
        return []
    return [best[kind] for kind in (*needed, "lex") if kind in best]


def _offer(server: str, files: Sequence[_Record], base: str) -> Offer:
    first = files[0]
    return Offer(
        name=f"firefox-{first.pair}-{first.architecture}".rstrip("-"),
        pair=first.pair,
        origin=f"Firefox Translations {first.version}, {server}",
        license=_LICENSE,
        version=first.version,
        variant=first.architecture,
        files=tuple(
            RemoteFile(
                name=record.name,
                url=urljoin(base, record.attachment.location),
                size=record.attachment.size,
                checksum=f"sha256:{record.attachment.hash}",
                unpacked=record.decompressed_hash and f"sha256:{record.decompressed_hash}",
            )
            for record in files
        ),
    )


def _near(pair: LanguagePair, pairs: set[LanguagePair]) -> str:
    def far(other: LanguagePair) -> int:
        return distance(pair.source, other.source) + distance(pair.target, other.target)

    # Those that share a language at least.
    near = sorted((far(other), other) for other in pairs if far(other) < 2 * TOO_FAR)
    names = ", ".join(str(other) for _, other in near[:_MAX_NEAR])
    return f"; it has {names}" if names else ""
