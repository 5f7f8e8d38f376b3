"""Parses ``--from``: a language, or several to choose from."""

__all__ = ["parse_source"]


def parse_source(text: str) -> tuple[str, tuple[str, ...]]:
    """``en`` is a language; ``en,pt`` is a source to be detected as one of these."""
    codes = tuple(code.strip() for code in text.split(",") if code.strip())
    return (text, ()) if len(codes) < 2 else ("und", codes)
