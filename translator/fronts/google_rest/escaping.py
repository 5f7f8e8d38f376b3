"""HTML with quotes and ampersands of its texts written as references, as Google answers it."""

import re

__all__ = ["escaped"]

# A whole tag without the first angle bracket: its name, and its attributes to the end.
_TAG = re.compile(r"""/?([a-z][^\s/>"'<]*)(?:"[^"]*"|'[^']*'|[^'">])*+>""", re.IGNORECASE)
_QUOTES = {'"': "&quot;", "'": "&#39;"}
# An ampersand that begins no reference, or a quote.
_UNESCAPED = re.compile(r"""&(?!#\d+;|#x[0-9a-f]+;|[a-z][a-z0-9]*;)|["']""", re.IGNORECASE)
# What stands in these is no text with references.
_RAW = frozenset({"script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes"})


def escaped(page: str) -> str:
    """A page or part of one. What is not certainly text stays as it is.

    It means the same to whoever reads HTML.
    """
    first, *rest = page.split("<")
    done = [_text(first)]
    raw = ""
    for piece in rest:
        tag = _TAG.match(piece)
        name = tag[1].lower() if tag is not None else ""
        if raw:
            raw = "" if piece.startswith("/") and name == raw else raw
        elif name in _RAW and not piece.startswith("/"):
            raw = name
        if tag is None or raw:
            done.append(piece)
        else:
            done.append(piece[: tag.end()] + _text(piece[tag.end() :]))
    return "<".join(done)


def _text(text: str) -> str:
    return _UNESCAPED.sub(lambda match: _QUOTES.get(match[0], "&amp;"), text)
