"""A web server on this machine with made-up models, which fails when it is told to."""

import hashlib
import json
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import zstandard

from translator.catalog.firefox import FirefoxSource
from translator.catalog.pull import choose, pull
from translator.catalog.store import Store, StoredModel
from translator.catalog.web import Web
from translator.languages.pair import LanguagePair

EN_DE = LanguagePair("en", "de")
MODEL = "/cdn/main/base-3.0/en-de-model.tiny.bin.zst"
VOCABULARY = "/cdn/main/base-3.0/en-de-vocab.tiny.spm.zst"
RECORDS = "/v1/buckets/main/collections/translations-models-v2/records"
ANDROID = "env.appinfo.OS == 'Android' "
NIGHTLY = "env.channel == 'default' || env.channel == 'nightly'"


class Mirror:
    """Serves ``pages``, and tells what it was asked for.

    Attributes:
        pages: Path to content.
        records: What the list of Firefox models has.
        asked: Path and Range of each request.
        sent: Bytes of content that left for each path.
        knows_ranges: Whether a Range is heeded.
        cut_after: Path to the number of bytes after which its next answer breaks off.
        status: Path to the statuses of its next answers.
        next_page: What comes after the list.
        hold: Answers to paths wait until it is set.
    """

    def __init__(self) -> None:
        self.pages: dict[str, bytes] = {}
        self.records: list[dict[str, Any]] = []
        self.asked: list[tuple[str, str]] = []
        self.sent: Counter[str] = Counter()
        self.knows_ranges = True
        self.cut_after: dict[str, int] = {}
        self.status: dict[str, list[int]] = {}
        self.next_page = b""
        self.hold: dict[str, threading.Event] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.origin = f"http://127.0.0.1:{self._server.server_port}"
        self.firefox = f"{self.origin}/v1"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def publish(
        self,
        folder: Path,
        pair: str,
        version: str = "3.0",
        architecture: str = "base",
        filter_expression: str = "",
    ) -> list[str]:
        """Add a Marian folder to the list, as Firefox's has it; the paths of its files."""
        source, target = pair.split("-", 1)
        paths = []
        for file in sorted(folder.iterdir()):
            content = file.read_bytes()
            packed = zstandard.compress(content)
            location = f"main/{architecture}-{version}/{pair}-{file.name}.zst"
            self.pages[f"/cdn/{location}"] = packed
            paths.append(f"/cdn/{location}")
            self.records.append(
                {
                    "name": file.name,
                    "sourceLanguage": source,
                    "targetLanguage": target,
                    "architecture": architecture,
                    "version": version,
                    "fileType": file.name.split(".")[0],
                    "filter_expression": filter_expression,
                    "decompressedSize": len(content),
                    "decompressedHash": hashlib.sha256(content).hexdigest(),
                    "attachment": {
                        "filename": f"{file.name}.zst",
                        "location": location,
                        "hash": hashlib.sha256(packed).hexdigest(),
                        "mimetype": "application/zstd",
                        "size": len(packed),
                    },
                    "id": f"{pair}-{architecture}-{version}-{file.name}",
                    "schema": 1,
                    "last_modified": 1,
                }
            )
        return paths

    def publish_on_hub(self, folder: Path, id_: str, card: str) -> None:
        """Add a Transformers folder as the Hugging Face hub has it; weights are in LFS."""
        commit = hashlib.sha1(id_.encode(), usedforsecurity=False).hexdigest()
        siblings = []
        contents = {file.name: file.read_bytes() for file in folder.iterdir()}
        for name, content in {**contents, "README.md": card.encode()}.items():
            sibling: dict[str, Any] = {"rfilename": name, "size": len(content)}
            blob = f"blob {len(content)}\0".encode() + content
            sibling["blobId"] = hashlib.sha1(blob, usedforsecurity=False).hexdigest()
            if name.endswith(".safetensors"):
                sha256 = hashlib.sha256(content).hexdigest()
                sibling["lfs"] = {"sha256": sha256, "size": len(content), "pointerSize": 134}
            siblings.append(sibling)
            self.pages[f"/{id_}/resolve/{commit}/{name}"] = content
        info = {
            "id": id_,
            "sha": commit,
            "siblings": siblings,
            "cardData": {"license": card.split("license: ")[1].split()[0]},
            "tags": [],
        }
        self.pages[f"/api/models/{id_}"] = json.dumps(info).encode()

    def content(self, path: str) -> bytes | None:
        if path == "/v1/":
            base = {"base_url": f"{self.origin}/cdn/"}
            return json.dumps({"capabilities": {"attachments": base}}).encode()
        if path == RECORDS and path not in self.pages:
            return json.dumps({"data": self.records}).encode()
        if path == "/next" and self.next_page:
            return self.next_page
        return self.pages.get(path)


def _handler(mirror: Mirror) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            range_ = self.headers.get("Range", "")
            mirror.asked.append((path, range_))
            if path in mirror.hold:
                mirror.hold[path].wait(30)
            content = mirror.content(path)
            statuses = mirror.status.get(path)
            if statuses:
                self.send_error(statuses.pop(0))
            elif content is None:
                self.send_response(404)
                # How the hub says that it has no such model.
                self.send_header("X-Error-Code", "RepoNotFound")
                self.send_header("Content-Length", "0")
                self.end_headers()
            else:
                self._send(path, content, range_)

        def _send(self, path: str, content: bytes, range_: str) -> None:
            start = 0
            if range_ and mirror.knows_ranges:
                start = int(range_.removeprefix("bytes=").rstrip("-"))
                self.send_response(206)
                self.send_header(
                    "Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}"
                )
            else:
                self.send_response(200)
            body = content[start:]
            self.send_header("Content-Length", str(len(body)))
            if path == RECORDS and mirror.next_page:
                self.send_header("Next-Page", f"{mirror.origin}/next")
            self.end_headers()
            part = body[: mirror.cut_after.pop(path, len(body))]
            mirror.sent[path] += len(part)
            self.wfile.write(part)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Not to standard error."""

    return Handler


class Told:
    """What a pull told of itself."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.has_waited = threading.Event()

    def waiting(self) -> None:
        self.has_waited.set()

    def downloaded(self, size: int) -> None:
        self.sizes.append(size)


def get(
    mirror: Mirror,
    store: Store,
    pair: LanguagePair = EN_DE,
    *,
    variant: str = "",
    attempts: int = 1,
    told: Told | None = None,
) -> tuple[StoredModel, bool]:
    with Web(attempts=attempts, wait_s=0) as web:
        offer = choose([FirefoxSource(web, mirror.firefox)], pair, variant)
        return pull(offer, store, web, told or Told())


def files_asked(mirror: Mirror) -> list[tuple[str, str]]:
    return [asked for asked in mirror.asked if asked[0].startswith("/cdn/")]
