"""How all units of a job are translated."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from translator.jobs.cells import Kind
from translator.jobs.store import key_of

__all__ = ["MIME_TYPES", "UnitSettings"]

MIME_TYPES = {Kind.TEXT: "", Kind.HTML: "text/html", Kind.MARKDOWN: "text/markdown"}


@dataclass(frozen=True, slots=True)
class UnitSettings:
    """How all units of a job are translated.

    Attributes:
        source: BCP-47; "und": each text is detected.
        target: BCP-47.
        model: Its name; empty: the closest.
        glossary: Source terms to target terms; an empty one keeps the source term.
        preserve_lines: Whether line breaks are borders, and stay.
        glossaries: Glossaries that the servers have, by name.
    """

    source: str
    target: str
    model: str = ""
    glossary: Mapping[str, str] | None = None
    preserve_lines: bool = True
    glossaries: tuple[str, ...] = ()

    def key(self, fingerprint: str) -> bytes:
        """What results depend on, besides their texts."""
        terms = sorted((self.glossary or {}).items())
        return key_of(
            "unit", fingerprint, self.source, self.target, self.model, json.dumps(terms),
            str(self.preserve_lines),
        )  # fmt: skip
