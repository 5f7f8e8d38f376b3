"""Downloads files: retries, continues where it broke off, checks."""

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx2
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_exponential

from translator import __version__
from translator.catalog.offer import RemoteFile
from translator.errors import ModelFilesError

__all__ = ["Web", "checksum_of"]

_TIMEOUT_S = 30.0
# Another try can help: too many requests, or trouble in the server.
_PASSING = frozenset({408, 429, 500, 502, 503, 504})


class _BrokenOffError(Exception):
    """The server sent less than it was asked for, or something else."""


class Web:
    """An HTTP client.

    Args:
        attempts: How many times a request is tried.
        wait_s: Seconds before the second attempt; doubles each time.
    """

    def __init__(self, *, attempts: int = 4, wait_s: float = 0.5) -> None:
        self._client = httpx2.Client(
            follow_redirects=True,
            timeout=_TIMEOUT_S,
            headers={"User-Agent": f"translator/{__version__}"},
        )
        self._retrying = Retrying(
            retry=retry_if_exception(_may_pass),
            stop=stop_after_attempt(attempts),
            wait=wait_exponential(multiplier=wait_s, max=10),
            reraise=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._client.close()

    def read(self, url: str) -> tuple[bytes, Mapping[str, str]]:
        """Get the body and the headers of a page.

        Raises:
            ModelFilesError: The page cannot be read.
        """
        try:
            response = self._retrying(self._read, url)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise ModelFilesError(_sentence(url, error)) from error
        return response.content, response.headers

    def _read(self, url: str) -> httpx2.Response:
        return self._client.get(url).raise_for_status()

    def download(
        self,
        file: RemoteFile,
        path: Path,
        headers: Mapping[str, str],
        report: Callable[[int], None],
    ) -> None:
        """Download a file to ``path``, continuing what an earlier download left there.

        Args:
            file: What to download.
            path: Where to put it. If it exists, it is the beginning of the same file. It is kept if
                the download breaks off.
            headers: Headers of the request.
            report: Called with the number of bytes that are there.

        Raises:
            ModelFilesError: The file cannot be downloaded, or is not the one that was promised;
                then ``path`` is removed.
            OSError: It cannot be written.
        """
        try:
            self._retrying(self._go_on, file, path, headers, report)
        except (httpx2.HTTPError, httpx2.InvalidURL, _BrokenOffError) as error:
            raise ModelFilesError(_sentence(file.url, error)) from error
        if (found := checksum_of(path, file.checksum)) != file.checksum:
            path.unlink()
            raise ModelFilesError(
                f"{file.url}: its checksum is {found}, expected {file.checksum}; it was "
                "deleted: pull again; if this happens again, the file at the source is damaged"
            )

    def _go_on(
        self,
        file: RemoteFile,
        path: Path,
        headers: Mapping[str, str],
        report: Callable[[int], None],
    ) -> None:
        path.touch()
        have = path.stat().st_size
        if have < file.size:
            # Offsets would be different in a compressed transfer.
            asked = {**headers, "Accept-Encoding": "identity"}
            if have:
                asked["Range"] = f"bytes={have}-"
            with self._client.stream("GET", file.url, headers=asked) as response:
                response.raise_for_status()
                # A server without range requests sends all of it.
                have = have if _starts_at(response, have) else 0
                with path.open("ab") as out:
                    out.truncate(have)
                    for chunk in response.iter_raw():
                        out.write(chunk)
                        have += len(chunk)
                        report(have)
        if have > file.size:
            path.unlink()
            raise ModelFilesError(
                f"{file.url}: it has more than {file.size} bytes, so it was deleted: "
                "the file is not the one that the source announced"
            )
        if have < file.size:
            raise _BrokenOffError(f"it broke off after {have} of {file.size} bytes")
        report(have)


def checksum_of(path: Path, like: str) -> str:
    """The checksum of a file, of the same kind as ``like``."""
    kind = like.partition(":")[0]
    if kind == "git":
        digest = hashlib.sha1(f"blob {path.stat().st_size}\0".encode(), usedforsecurity=False)
    else:
        digest = hashlib.new(kind)
    with path.open("rb") as file:
        hashlib.file_digest(file, lambda: digest)
    return f"{kind}:{digest.hexdigest()}"


def _starts_at(response: httpx2.Response, offset: int) -> bool:
    range_ = response.headers.get("Content-Range", "")
    return response.status_code == 206 and range_.startswith(f"bytes {offset}-")


def _may_pass(error: BaseException) -> bool:
    if isinstance(error, httpx2.HTTPStatusError):
        return error.response.status_code in _PASSING
    return isinstance(
        error,
        httpx2.TimeoutException
        | httpx2.NetworkError
        | httpx2.RemoteProtocolError
        | _BrokenOffError,
    )


def _sentence(url: str, error: Exception) -> str:
    if isinstance(error, httpx2.HTTPStatusError):
        answer = error.response
        what = "try again later" if answer.status_code in _PASSING else "it is gone, or not public"
        return f"{url}: the server answers {answer.status_code} {answer.reason_phrase}: {what}"
    if isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.ProxyError):
        return f"{url}: cannot be reached ({error}): pull again where there is a network"
    if isinstance(error, httpx2.TransportError | _BrokenOffError):
        why = str(error) or type(error).__name__
        return f"{url}: {why}: pull again, it goes on where it broke off"
    return f"{url}: cannot be read ({error}): check the address"
