"""The files of pages for browsers, with what keeps others out of them."""

from pathlib import Path

from starlette.responses import Response

__all__ = ["Pages"]

_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors {ancestors}"
)
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


class Pages:
    """The pages of a folder, and what they load. All files are kept in memory.

    Args:
        folders: The folders; of two files of one name the first is served.
    """

    def __init__(self, *folders: Path) -> None:
        self._files = {
            path.name: path.read_bytes()
            for folder in reversed(folders)
            for path in folder.iterdir()
            if path.suffix in _TYPES
        }

    def page(self, name: str, ancestors: str = "'none'") -> Response:
        """A page.

        Args:
            name: Its file.
            ancestors: Who may show it in a frame, as CSP has it.
        """
        return Response(
            self._files[name],
            media_type=_TYPES[Path(name).suffix],
            headers={
                "content-security-policy": _CSP.format(ancestors=ancestors),
                "referrer-policy": "no-referrer",
                "x-content-type-options": "nosniff",
                "cache-control": "no-cache",
            },
        )

    def file(self, name: str) -> Response:
        """What a page loads."""
        if name not in self._files or name.endswith(".html"):
            return Response("not found\n", 404, media_type="text/plain")
        return self.page(name)
