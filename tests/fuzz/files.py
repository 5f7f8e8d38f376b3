"""Files that somebody else has written: each reader either reads them or says what is wrong."""

import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePath

from tests.models.tiny import tiny_model, train_vocabulary
from tests.unit.jobs.formats.helpers import untouched
from translator.access.rules import parse_rules
from translator.captions import requests
from translator.catalog.store import Store
from translator.client import convert
from translator.client.options import StreamConfig
from translator.client.session import ClientSession
from translator.client.target import StreamMismatchError
from translator.config import load_config
from translator.documents import html, markdown
from translator.errors import ClientError, ConfigError, ModelFilesError, TranslatorError
from translator.jobs.cells import FormatOptions, InputFileError, Rule
from translator.jobs.formats.registry import file_format
from translator.models.inspection import inspect_folder
from translator.models.untrusted import read_yaml
from translator.terms import files as glossary_files
from translator.terms.table import GlossaryFileError
from translator.v1.streaming_pb2 import (
    SessionStarted,
    StartedTarget,
    StreamingTranslateResponse,
    TargetUpdate,
)

__all__ = ["FILES", "FileTarget"]


@dataclass(frozen=True, slots=True)
class FileTarget:
    """A reader of bytes.

    Attributes:
        read: Reads them; whatever it raises is a bug.
        seeds: Right ones, which are changed.
        cases: How many are tried in ``make test``.
    """

    read: Callable[[bytes], None]
    seeds: tuple[bytes, ...]
    cases: int


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape").encode("utf-8", "replace").decode()


def _in_file(data: bytes, read: Callable[[Path], object], name: str) -> None:
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as at:  # noqa: S108
        path = Path(at) / name
        path.write_bytes(data)
        read(path)


def _access(data: bytes) -> None:
    with suppress(ConfigError):
        parse_rules(_text(data), "access.toml")


def _config(data: bytes) -> None:
    with suppress(ConfigError):
        _in_file(data, load_config, "translator.toml")


def _glossary(data: bytes) -> None:
    with suppress(GlossaryFileError):
        table = glossary_files.parse(data, "glossary")
        for pair in table.pairs[:4]:
            list(table.terms(*pair))


def _html(data: bytes) -> None:
    page = html.parse(_text(data))
    assert page.render([None] * len(page.texts)) == _text(data)


def _markdown(data: bytes) -> None:
    page = markdown.parse(_text(data))
    assert page.render([None] * len(page.texts)) == _text(data)


def _job(suffix: str, **rules: Rule) -> Callable[[bytes], None]:
    options = FormatOptions("en", "pt", rules=rules)

    def read(data: bytes) -> None:
        with suppress(InputFileError):
            whole = untouched(file_format(PurePath(f"file{suffix}")), data, options)
            # XLIFF gets the target language where it names none.
            assert whole == data or suffix == ".xliff"

    return read


def _marian(data: bytes) -> None:
    def read(path: Path) -> None:
        (path.parent / "vocab.spm").write_bytes(_VOCABULARY)
        inspect_folder(path.parent)

    with suppress(ModelFilesError):
        _in_file(data, read, "model.tiny.bin")


def _vocabulary(data: bytes) -> None:
    def read(path: Path) -> None:
        (path.parent / "model.tiny.bin").write_bytes(_MODEL)
        inspect_folder(path.parent)

    with suppress(ModelFilesError):
        _in_file(data, read, "vocab.spm")


def _model_config(data: bytes) -> None:
    def read(path: Path) -> None:
        (path.parent / "model.safetensors").write_bytes(b"")
        inspect_folder(path.parent)

    with suppress(ModelFilesError):
        _in_file(data, read, "config.json")


def _manifest(data: bytes) -> None:
    def read(path: Path) -> None:
        for model in Store(path.parents[1]).models():
            _ = model.is_complete
            with suppress(ModelFilesError):
                model.check()

    def place(path: Path) -> None:
        (path.parent / "en-de").mkdir()
        read(path.rename(path.parent / "en-de" / path.name))

    with suppress(ModelFilesError):
        _in_file(data, place, "manifest.json")


def _yaml(data: bytes) -> None:
    with suppress(ValueError):
        read_yaml(data)


def _captions(data: bytes) -> None:
    for parse in (requests.parse_publish, requests.parse_create_room):
        with suppress(ClientError):
            parse(data)


def _answers(data: bytes) -> None:
    """What a server might say to a client, as messages one after the other."""
    session = ClientSession(StreamConfig("xx", ("yy",)))
    session.opening()
    session.source("one two three. ")
    session.receive(_STARTED)
    while data:
        size, data = data[0], data[1:]
        with suppress(StreamMismatchError, TranslatorError, ValueError, OverflowError):
            # What gRPC cannot read never comes here.
            try:
                answer = StreamingTranslateResponse.FromString(data[:size])
            except Exception:
                return
            session.receive(answer)
        data = data[size:]


_VOCABULARY = train_vocabulary(40)
_MODEL = tiny_model(_VOCABULARY).to_bytes()
_STARTED = StreamingTranslateResponse(
    started=SessionStarted(session_id="s", targets=[StartedTarget(target_language_code="yy")])
)
_UPDATE = StreamingTranslateResponse(
    target=TargetUpdate(
        target_language_code="yy",
        revision=1,
        committed="ONE",
        committed_length=3,
        source_committed_length=3,
        start_offset=convert.duration(1.5),
    )
).SerializeToString()
_CLOSED = StreamingTranslateResponse(
    target=TargetUpdate(
        target_language_code="yy", revision=2, committed_length=3, segment_closed=True
    )
).SerializeToString()
_MANIFEST = b"""{"pair": "en-de", "origin": "here", "license": "MIT", "version": "1.0",
"variant": "tiny", "pulled": "2026-01-02", "fingerprint": "f",
"files": [{"name": "model.bin", "size": 3, "sha256": "00"}]}"""
_ACCESS = b"""[[keys]]
name = "desk"
sha256 = "0000000000000000000000000000000000000000000000000000000000000000"
roles = ["stream", "translate"]
expires = 2030-12-31
sessions = 20
characters_per_day = 5_000_000
[[certificates]]
name = "gateway"
subject = "gateway.example"
[tokens]
issuer = "https://id.example"
audience = "translator"
jwks = "https://id.example/keys"
leeway_s = 5.0
"""
_TBX = b"""<?xml version="1.0"?><martif><text><body><termEntry>
<langSet xml:lang="en"><tig><term>cart</term></tig></langSet>
<langSet xml:lang="pt"><tig><term>cesta</term></tig></langSet></termEntry></body></text>
</martif>"""
_TMX = b"""<tmx version="1.4"><header srclang="en"/><body><tu><tuv xml:lang="en"><seg>a <bpt i="1"/>
</seg></tuv><tuv xml:lang="pt"><seg>c</seg></tuv></tu></body></tmx>"""
_XLIFF = b"""<xliff version="1.2"><file source-language="en" target-language="pt"><body>
<trans-unit id="1"><source>Good <g id="1">morning</g> &amp; <x id="2"/></source><target/>
</trans-unit></body></file></xliff>"""
_XLIFF_2 = b"""<xliff version="2.0" srcLang="en" trgLang="pt"><file id="f"><unit id="u"><segment>
<source>A <pc id="1">warm</pc> coat <ph id="2"/></source></segment></unit></file></xliff>"""
_PO = b"""msgid ""
msgstr "Content-Type: text/plain; charset=UTF-8\\nPlural-Forms: nplurals=2; plural=(n != 1);\\n"

#, c-format
msgctxt "shop"
msgid "%d coat\\n"
msgid_plural "%d coats\\n"
msgstr[0] ""
msgstr[1] ""
"""
_SRT = b"1\r\n00:00:01,000 --> 00:00:02,500\r\n<i>Good morning,</i>\r\nall of you.\r\n\r\n2\r\n"
_SRT += b"00:00:03,000 --> 00:00:04,000\r\n- Yes.\r\n- No.\r\n"
_VTT = b"WEBVTT - x\n\nSTYLE\n::cue {}\n\nNOTE n\n\n1\n00:01.000 --> 00:02.000 align:start\n"
_VTT += b"<v Ann>Good <c.x>morning</c> &amp; all\n"
_HTML = b"""<!doctype html><p title="one two">Good <b>morning</b>, <a href=x>all</a>&nbsp;of <i>you
<ul><li>one<li>two</ul><script>x()</script><pre> a  b</pre><table><td>{{x}}</table><svg><title>t"""
_MD = b"""# Good morning *all* of `you`

| a | b |
|---|--:|
| **c** | [d](e "f") |

1. one
   - two ![g](h)

> quote<b>x</b> ~~gone~~[^1]

[^1]: note
[ref]: <u> 't'
```
code
```
"""
_YAML = b"models: [a, b]\nvocabs:\n  - vocab.spm\nmini-batch: 16\nx: {y: !!float 1, z: ~}\n"
_JSON = b'{"a": ["Good morning", {"b": "x\\u00e9\\n"}], "c": 1e5, "@@locale": "en", "d": null}'
_CSV = b'sku,title,body\r\n1,"A ""warm"" coat","two\r\nlines"\r\n2,,x\r\n'
_CAPTIONS = (
    b'{"opening": {"name": "Ann", "settings": {"sourceLanguageCode": "en"}, "position": "5"}}',
    b'{"source": {"committed": "Good morning. ", "startOffset": "1.5s", "speaker": "A"}}',
    b'{"title": "Talk", "pinnedLanguageCodes": ["pt", "en-GB"]}',
)

FILES: Mapping[str, FileTarget] = {
    "access": FileTarget(_access, (_ACCESS,), 2400),
    "answers": FileTarget(
        _answers, (b"".join(bytes([len(m)]) + m for m in (_UPDATE, _CLOSED)),), 3000
    ),
    "captions": FileTarget(_captions, _CAPTIONS, 4000),
    "config": FileTarget(
        _config, (b'port = 1\nmodels = ["en-de=/x"]\n[limits]\nmax_sessions = 2\n',), 50
    ),
    "csv": FileTarget(_job(".csv", title=Rule(), body=Rule()), (_CSV,), 1000),
    "glossary": FileTarget(
        _glossary, (b"en,pt\ncart,cesta|cestas\n", b"cart\tcesta\n", _TBX, _TMX), 2000
    ),
    "html": FileTarget(_html, (_HTML,), 300),
    "html file": FileTarget(_job(".html"), (_HTML,), 100),
    "json": FileTarget(_job(".json", **{"*": Rule()}), (_JSON,), 1000),
    "jsonl": FileTarget(
        _job(".jsonl", a=Rule(), b=Rule()),
        (_JSON + b'\n\n{"a": "x \\"y\\"", "sku": 12}\r\n{"b": "caf\xc3\xa9"}\n',),
        400,
    ),
    "lines": FileTarget(_job(".txt"), (b"one\r\ntwo\n\nthree",), 1000),
    "manifest": FileTarget(_manifest, (_MANIFEST,), 300),
    "marian": FileTarget(_marian, (_MODEL,), 100),
    "markdown": FileTarget(_markdown, (_MD,), 100),
    "markdown file": FileTarget(_job(".md"), (_MD,), 50),
    "model config": FileTarget(
        _model_config, (b'{"model_type": "marian", "alignment_heads": []}',), 500
    ),
    "po": FileTarget(_job(".po"), (_PO,), 1000),
    "srt": FileTarget(_job(".srt"), (_SRT,), 400),
    "vocabulary": FileTarget(_vocabulary, (_VOCABULARY,), 40),
    "vtt": FileTarget(_job(".vtt"), (_VTT,), 600),
    "xliff": FileTarget(_job(".xliff"), (_XLIFF, _XLIFF_2), 600),
    "yaml": FileTarget(_yaml, (_YAML,), 400),
}
