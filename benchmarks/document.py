"""The parts of documents that benchmarks write."""

import re

__all__ = ["replaced"]


def replaced(text: str, name: str, content: str) -> str:
    """A document with the content between the comments of that name."""
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    found = re.compile(f"{begin}\n.*?{end}", re.DOTALL)
    if not found.search(text):
        raise SystemExit(f"the document has no {begin} … {end}")
    return found.sub(lambda _: f"{begin}\n{content}\n{end}", text)
