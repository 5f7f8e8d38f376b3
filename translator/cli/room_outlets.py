"""What ``captions`` sends a room's captions to, and writes them to."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from translator.captions.events import ORIGINAL
from translator.captions.outlets import Recording, RoomOutlet, RoomSink
from translator.captions.requests import parse_language
from translator.captions.sinks.sink import KINDS, SeqStore, make_sink
from translator.cli.outputs import state_folder
from translator.errors import ConfigError, InvalidRequestError

__all__ = ["outlets"]


def outlets(
    room_id: str, sinks: Sequence[str], record: Path | None, pinned: Sequence[str]
) -> list[RoomOutlet]:
    """The destinations of ``--sink`` and the files of ``--record``.

    Raises:
        ConfigError: One of them cannot be used.
    """
    store = SeqStore(state_folder() / "captions.json") if sinks else None
    made: list[RoomOutlet] = []
    for spec in sinks:
        language, colon, where = spec.partition(":")
        try:
            if not colon or "=" in language:
                raise ValueError(
                    f"{spec.partition('=')[0]!r} has no language: LANGUAGE:KIND=WHERE, with one of "
                    f"{', '.join(KINDS)}"
                )
            if language != ORIGINAL:
                parse_language(language, "language")
            made.append(RoomSink(language, make_sink(where, language, store)))
        except (ValueError, InvalidRequestError) as error:
            raise ConfigError(f"sink: {error}") from error
    if record is not None:
        # A restart must not replace what is there.
        began = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
        for language in (ORIGINAL, *pinned):
            path = record / f"{room_id}.{began}.{language}.txt"
            try:
                record.mkdir(parents=True, exist_ok=True)
                made.append(Recording(language, path))
            except OSError as error:
                raise ConfigError(f"record: {path}: {error.strerror}") from error
    return made
