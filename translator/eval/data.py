"""Evaluation data: sentences with reference translations, a JSON object a line."""

import json
from pathlib import Path

from translator.errors import ConfigError
from translator.eval.replay import Sentence

__all__ = ["read_sentences"]


def read_sentences(
    file: Path, *, source_field: str = "src", reference_field: str = "ref", limit: int | None = None
) -> list[Sentence]:
    """The first ``limit`` sentences of a file.

    Raises:
        ConfigError: A line has not got both fields as text; the message names file and line.
    """
    sentences: list[Sentence] = []
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: cannot be read: {error}") from None
    for index, line in enumerate(lines[:limit]):
        try:
            row = json.loads(line)
            source, reference = row[source_field], row[reference_field]
        except (ValueError, TypeError, KeyError):
            source = reference = None
        if not isinstance(source, str) or not isinstance(reference, str) or not source.split():
            raise ConfigError(
                f"{file}:{index + 1}: a JSON object with text in {source_field!r} and "
                f"{reference_field!r} is needed"
            )
        sentences.append(Sentence(index, source, reference))
    if not sentences:
        raise ConfigError(f"{file}: has no sentences")
    return sentences
