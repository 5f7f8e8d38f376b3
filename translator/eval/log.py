"""The log of an evaluation: a JSON object a line, one for each text that was streamed.

The fields ``source, prediction, delays, elapsed, source_length`` are those that OmniSTEval and
SimulEval read, so their tools score the same file.
"""

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path

from translator.errors import ConfigError

__all__ = ["Instance", "append", "read"]


@dataclasses.dataclass(frozen=True, slots=True)
class Instance:
    """One text that was streamed, and what came back.

    Attributes:
        index: Its place in the data, from 0.
        source: The source text.
        reference: The reference translation.
        prediction: All committed text.
        delays: For each word of the prediction the source words that had been sent when it was
            committed.
        elapsed: The same as ``delays``: source words have no time of their own.
        source_length: Source words.
        shown: What a reader saw after each update: committed text and draft.
        requests: Requests decoded.
        steps_run: Decoder passes one after another.
        steps_saved: Passes that decoding token by token would have added.
        cpu_ms: CPU time, an equal share of what was streamed together with it.
    """

    index: int
    source: str
    reference: str
    prediction: str
    delays: tuple[int, ...]
    elapsed: tuple[int, ...]
    source_length: int
    shown: tuple[str, ...]
    requests: int
    steps_run: int
    steps_saved: int
    cpu_ms: float


def append(file: Path, instance: Instance) -> None:
    """Add an instance to a log."""
    with file.open("a", encoding="utf-8") as log:
        log.write(json.dumps(dataclasses.asdict(instance), ensure_ascii=False) + "\n")


def read(file: Path) -> Iterator[Instance]:
    """The instances of a log, in its order; nothing when there is no such file.

    Raises:
        ConfigError: A line is not an instance; the message names file and line.
    """
    if not file.exists():
        return
    with file.open(encoding="utf-8") as log:
        for number, line in enumerate(log, start=1):
            try:
                fields = json.loads(line)
                for name in ("delays", "elapsed", "shown"):
                    fields[name] = tuple(fields[name])
                yield Instance(**fields)
            except (ValueError, TypeError, KeyError) as error:
                raise ConfigError(
                    f"{file}:{number}: not an instance of an evaluation log ({error})"
                ) from None
