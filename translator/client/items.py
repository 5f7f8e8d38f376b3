"""What goes into a batch, and what comes out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypedDict

from translator.arguments import check_strings
from translator.client.results import Translation
from translator.errors import TranslatorError

__all__ = ["BatchConfig", "BatchItem", "BatchOptions", "BatchReport", "BatchResult"]


@dataclass(frozen=True, slots=True)
class BatchItem:
    """A text to translate.

    Attributes:
        text: The text.
        id: The caller's name for it, for any purpose of theirs.
        max_length: Longest translation that fits, in code points; 0: any. The result of one that is
            longer has a ``TooLongError``, and the translation.
        mime_type: "text/plain" or "text/html"; "" for the batch's.
    """

    text: str
    id: str = ""
    max_length: int = 0
    mime_type: str = ""


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What became of an item.

    Attributes:
        item: The item.
        index: Its place in the input, from 0.
        translation: Its translation, with what went wrong with it.
        origin: Where the translation comes from: "engine", "cache", "memory", or "source" where
            there was nothing to translate; "" if there is none. Another in a later version.
        too_long: Whether it is longer than the item's ``max_length``.
    """

    item: BatchItem
    index: int
    translation: Translation
    origin: str = ""
    too_long: bool = False

    @property
    def text(self) -> str:
        """The translated text; "" if there is none."""
        return self.translation.text

    @property
    def error(self) -> TranslatorError | None:
        """What went wrong with this item alone, or None.

        With a ``NotKeptError`` there is a text nevertheless: it is too long, lacks a term, or is
        the source, as the markup could not be kept.
        """
        return self.translation.error


@dataclass(frozen=True, slots=True)
class BatchReport:
    """What a batch has done so far.

    Attributes:
        items: Items that have a result.
        failed: Those with an error.
        source_words: Words of the texts that were translated, split at white space.
        target_words: Words of their translations.
        origins: How many came from where.
    """

    items: int
    failed: int
    source_words: int
    target_words: int
    origins: Mapping[str, int]


class BatchOptions(TypedDict, total=False):
    """The keyword arguments of ``batch()``; see ``BatchConfig``."""

    model: str
    mime_type: str
    glossary: Mapping[str, str]
    glossaries: Sequence[str]
    alignments: bool
    num_alternatives: int
    possible_sources: Sequence[str]
    preserve_lines: bool
    markup: Sequence[str]
    heartbeat_interval_s: float | None


@dataclass(frozen=True, slots=True)
class BatchConfig:
    """How the items of a batch are translated.

    Attributes:
        source: Language of the texts, BCP-47; "und" has it detected, for each by itself.
        target: Language to translate into, BCP-47.
        model: Name of a model; "" takes the best for the pair.
        mime_type: Type of items that do not say theirs: "text/plain", or "" for the same, or
            "text/html".
        glossary: Source terms to target terms; an empty one keeps the source term.
        glossaries: Names of glossaries that the server has; ``glossary`` goes before them.
        alignments: Whether translations say where each word comes from.
        num_alternatives: How many further translations to return for each text.
        possible_sources: The languages to choose from in detection; if empty, all that the server
            translates from, and the target.
        preserve_lines: Whether line breaks, tabs and runs of spaces end what is translated
            together, and stay as they are.
        markup: Template syntaxes in the texts, which are kept.
        heartbeat_interval_s: Longest silence of the server, in seconds; None takes the server's
            setting, 0 means any. After three times as long the batch goes on over another
            connection.
    """

    source: str
    target: str
    model: str = ""
    mime_type: str = ""
    glossary: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    glossaries: Sequence[str] = ()
    alignments: bool = False
    num_alternatives: int = 0
    possible_sources: Sequence[str] = ()
    preserve_lines: bool = True
    markup: Sequence[str] = ()
    heartbeat_interval_s: float | None = None

    def __post_init__(self) -> None:
        for name in ("possible_sources", "markup", "glossaries"):
            object.__setattr__(self, name, check_strings(name, getattr(self, name)))
