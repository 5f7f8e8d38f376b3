"""What a translator in this process gives back. Positions and lengths are code points."""

from dataclasses import dataclass

from translator.errors import TranslatorError
from translator.session.events import AlignedRange as Alignment
from translator.terms.check import TermUse
from translator.text.integrity import Issue

__all__ = ["Alignment", "BatchResult", "BatchText", "Issue", "TermUse", "Translation", "Update"]


@dataclass(frozen=True, slots=True)
class Translation:
    """The translation of a text.

    Attributes:
        text: The translation.
        model: The name of the model; two names with a plus between them if it went through English,
            "" if the text is in the target language already.
        detected_source: The detected language; "" if the caller named it.
        alternatives: Other translations, the most probable first.
        alignments: Which part of the text each word comes from; empty unless asked for.
        issues: What the translation lacks of the text, even after another try.
        terms: For each place where a glossary entry was found, how it was translated.
    """

    text: str
    model: str
    detected_source: str = ""
    alternatives: tuple[str, ...] = ()
    alignments: tuple[Alignment, ...] = ()
    issues: tuple[Issue, ...] = ()
    terms: tuple[TermUse, ...] = ()


@dataclass(frozen=True, slots=True)
class BatchText:
    """One of many texts.

    Attributes:
        text: Any number of sentences.
        mime_type: "text/plain" (also if empty), "text/html" or "text/markdown".
        templates: Template syntaxes in a page; see docs/markup.md.
    """

    text: str
    mime_type: str = ""
    templates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What became of one of many texts.

    Attributes:
        translation: Its translation; None if there is none.
        error: Why there is none.
        num_decoded: How many requests the engine decoded for it; 0: all was known.
    """

    translation: Translation | None
    error: TranslatorError | None = None
    num_decoded: int = 0


@dataclass(frozen=True, slots=True)
class Update:
    """New text of one target. Show ``text`` to the reader, followed by ``draft``.

    Attributes:
        target: The language, as the stream's ``targets`` named it.
        segment_id: 0, 1, … the same for all targets.
        committed: What this update adds to the segment's text; never taken back.
        draft: Replaces the segment's former draft; may change.
        closed: Whether this is the segment's last update.
        text: The segment's whole committed text, ``committed`` included.
        source_start: Code points of committed source before this segment.
        source_length: Code points of the segment's source that ``text`` covers.
        alignments: Where ``committed`` comes from; empty unless asked for.
    """

    target: str
    segment_id: int
    committed: str
    draft: str
    closed: bool
    text: str
    source_start: int
    source_length: int
    alignments: tuple[Alignment, ...] = ()
