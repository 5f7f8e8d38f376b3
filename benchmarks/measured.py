"""What a measurement was made with: without it nobody can measure it again."""

import json
import os
import platform
import re
import subprocess
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from translator.models.processor import is_int8_faster
from translator.precision import Precision

__all__ = ["Measured", "resolved", "save"]


@dataclass(frozen=True, slots=True)
class Measured:
    """How a benchmark's figures came about.

    Attributes:
        precision: In which the models ran; "" where none did, or several.
        processor: Its name and how many cores there are.
        commit: Of this checkout, with a plus where files differ from it.
        date: In UTC.
    """

    precision: str
    processor: str
    commit: str
    date: str

    @classmethod
    def now(cls, precision: Precision | None = "auto") -> "Measured":
        """With the models in a precision as it is asked for; None: there are several, or none."""
        return cls(
            precision=resolved(precision) if precision else "",
            processor=f"{_processor()}, {os.cpu_count()} cores",
            commit=_commit(),
            date=datetime.now(UTC).date().isoformat(),
        )

    def __str__(self) -> str:
        return ", ".join(filter(None, asdict(self).values()))


def resolved(precision: Precision) -> Precision:
    """What ``auto`` is for a Marian model on this processor; the others are what they say."""
    if precision != "auto":
        return precision
    return "int8" if is_int8_faster() else "float32"


def save(file: Path, result: Any, measured: Measured) -> None:
    """Write a benchmark's result with what it was measured with, and print that."""
    print(f"\n{measured}")
    whole = {"measured": asdict(measured), "result": result}
    file.write_text(json.dumps(whole, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        text = ""
    found = re.search(r"model name\s*: (.+)", text)
    return found[1] if found else platform.processor() or platform.machine()


def _commit() -> str:
    commit = _git("rev-parse", "--short", "HEAD")
    # What benchmarks write themselves does not count.
    changed = _git("status", "--porcelain", "--untracked-files=no", "--", "translator")
    return f"{commit}+" if changed else commit


def _git(*arguments: str) -> str:
    command = ["git", "-C", str(Path(__file__).parents[1]), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return "unknown"
    return done.stdout.strip() or ("" if done.returncode == 0 else "unknown")
