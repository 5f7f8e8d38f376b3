"""Measures an engine in processes of its own, one thing after another."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from types import TracebackType
from typing import Any, Self

from benchmarks.peers.figures import Figures
from benchmarks.peers.macs import total_macs
from benchmarks.peers.rows import Role, Row
from benchmarks.processes import cpu_s, memory_mb
from translator.eval.data import Sentence
from translator.eval.quality import bleu
from translator.languages.pair import LanguagePair
from translator.models.marian.folder import read_marian_folder

__all__ = ["Direction", "Worker", "ceiling_gmacs", "measure"]

# One thread is one: libraries have more of their own.
_ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "MKL", "OPENBLAS", "RAYON")}


@dataclass(frozen=True, slots=True)
class Direction:
    """What is translated.

    Attributes:
        pair: From what into what.
        folder: Of the model.
        sentences: All of them.
        num_streamed: How many of the first are streamed live.
    """

    pair: LanguagePair
    folder: Path
    sentences: tuple[Sentence, ...]
    num_streamed: int

    @property
    def texts(self) -> list[str]:
        """The sources."""
        return [sentence.source for sentence in self.sentences]


class Worker:
    """A process with one engine; it ends with the context.

    Args:
        engine: Name of its row.
        direction: What it will translate.
        threads: For its engine.
        errors: File for what it writes on standard error.
    """

    def __init__(self, engine: str, direction: Direction, threads: int, errors: Path) -> None:
        self._engine, self._errors = engine, errors
        pair = direction.pair
        command = [engine, str(direction.folder), pair.source, pair.target, str(threads)]
        with errors.open("w") as file:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.peers.worker", *command],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=file,
                encoding="utf-8",
                env=os.environ | _ONE_THREAD,
            )
        self.load_s = float(self.answer()["load_s"])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.communicate()

    @property
    def memory_mb(self) -> float:
        """Resident memory."""
        return memory_mb(self._process.pid)

    @property
    def cpu_s(self) -> float:
        """CPU time so far."""
        return cpu_s(self._process.pid)

    def send(self, what: str, texts: Sequence[str]) -> None:
        """Ask for something; see ``benchmarks.peers.worker``."""
        if self._process.stdin is not None:
            print(json.dumps({what: texts}), file=self._process.stdin, flush=True)

    def answer(self) -> dict[str, Any]:
        """The answer to what was asked first."""
        line = "" if self._process.stdout is None else self._process.stdout.readline()
        if not line:
            # It is about to end by itself, and may still be telling why.
            self._process.communicate()
            raise SystemExit(f"{self._engine} ended early; what it said is in {self._errors}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def ask(self, what: str, texts: Sequence[str]) -> dict[str, Any]:
        """Ask and wait."""
        self.send(what, texts)
        return self.answer()


def measure(name: str, row: Row, direction: Direction, logs: Path) -> Figures:
    """All figures of an engine, once."""
    texts = direction.texts
    streamed = texts[: direction.num_streamed]
    with Worker(name, direction, 1, logs / f"{name}.log") as worker:
        live_ms = worker.ask("live", streamed)["cpu_ms"] / _words(streamed)
        if row.role is Role.BASELINE:
            return Figures(live_ms=live_ms)
        words_per_s, (answer,) = _bulk([worker], texts)
        memory = worker.memory_mb
        one_ms = worker.ask("one", texts)["ms"]
    hyper_parameters = read_marian_folder(direction.folder).hyper_parameters
    return Figures(
        bleu=bleu(answer["texts"], [sentence.reference for sentence in direction.sentences]),
        words_per_s=words_per_s,
        words_per_s_2=max(
            _with_two(name, direction, logs, processes=processes)
            for processes in ((1, 2) if row.has_threads else (2,))
        ),
        p50_ms=median(one_ms),
        p95_ms=quantiles(one_ms, n=20, method="inclusive")[-1],
        live_ms=live_ms,
        memory_mb=memory,
        load_s=worker.load_s,
        macs_per_word=total_macs(hyper_parameters, answer["lengths"]) / _words(texts) or None,
    )


def ceiling_gmacs() -> float:
    """The int8 ceiling of one thread, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.peers.macs"]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _with_two(name: str, direction: Direction, logs: Path, *, processes: int) -> float:
    """Source words a second: two threads of one process, or a thread each of two."""
    with ExitStack() as stack:
        workers = [
            stack.enter_context(
                Worker(name, direction, 2 // processes, logs / f"{name}.{number}.log")
            )
            for number in range(processes)
        ]
        return _bulk(workers, direction.texts)[0]


def _bulk(workers: Sequence[Worker], texts: Sequence[str]) -> tuple[float, list[dict[str, Any]]]:
    """Source words a second of all workers together, and their answers."""
    began = time.perf_counter()
    for number, worker in enumerate(workers):
        worker.send("bulk", texts[number :: len(workers)])
    answers = [worker.answer() for worker in workers]
    return _words(texts) / (time.perf_counter() - began), answers


def _words(texts: Sequence[str]) -> int:
    return sum(len(text.split()) for text in texts)
