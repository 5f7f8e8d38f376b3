"""Evaluation data: sentences with reference translations, one JSON object a line."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from translator.errors import ConfigError

__all__ = ["Sentence", "field", "lines", "plain", "read_rows", "read_sentences"]

_EDGES = re.compile(r"^[\W_]+|[\W_]+$")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A text to stream, with its reference translation."""

    index: int
    source: str
    reference: str


def plain(text: str) -> str:
    """Rewrite ``text`` like a recogniser without punctuation: lower case, no marks around words."""
    words = (_EDGES.sub("", word).lower() for word in text.split())
    return " ".join(filter(None, words))


def lines(file: Path) -> list[str]:
    """Read the lines of a UTF-8 text file.

    Raises:
        ConfigError: It cannot be read.
    """
    try:
        return file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: cannot be read: {error}") from None


def read_rows(file: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Read the JSON objects of a file, one a line, each with its line number.

    Raises:
        ConfigError: A line is not a JSON object; the message names file and line.
    """
    for number, line in enumerate(lines(file), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError:
            row = None
        if not isinstance(row, dict):
            raise ConfigError(f"{file}:{number}: a JSON object is needed, on one line")
        yield number, row


def field(row: Mapping[str, Any], name: str) -> Any:
    """The value of a row's field; None if it has none.

    ``asr.whisper`` is a field inside a field, ``pt.0`` the first item of a list.
    """
    value: Any = row
    for part in name.split("."):
        if isinstance(value, list) and part.isdecimal():
            value = value[int(part)] if int(part) < len(value) else None
        else:
            value = value.get(part) if isinstance(value, Mapping) else None
    return value


def read_sentences(
    file: Path,
    *,
    source_field: str = "src",
    reference_field: str = "ref",
    limit: int | None = None,
    max_words: int | None = None,
) -> list[Sentence]:
    """Read the first ``limit`` sentences of a file.

    Args:
        file: A file with one JSON object a line.
        source_field: The field with the source; see ``field``.
        reference_field: The field with the reference.
        limit: How many sentences to read; None reads all.
        max_words: Longer sources are left out, and do not count for ``limit``.

    Raises:
        ConfigError: A line lacks one of the fields, or it is not text; the message names file and
            line.
    """
    sentences: list[Sentence] = []
    for number, row in read_rows(file):
        if limit is not None and len(sentences) >= limit:
            break
        source, reference = field(row, source_field), field(row, reference_field)
        if not isinstance(source, str) or not isinstance(reference, str) or not source.split():
            raise ConfigError(
                f"{file}:{number}: a JSON object with text in {source_field!r} and "
                f"{reference_field!r} is needed; it has: {', '.join(row) or 'nothing'}"
            )
        if max_words is not None and len(source.split()) > max_words:
            continue
        sentences.append(Sentence(len(sentences), source, reference))
    if not sentences:
        of_length = "" if max_words is None else f" of at most {max_words} words"
        raise ConfigError(f"{file}: has no sentences{of_length}")
    return sentences
