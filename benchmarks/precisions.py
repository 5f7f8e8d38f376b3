"""The embedded models in eight bits beside float32: bulk, one sentence, a live stream.

    python -m benchmarks.precisions --data ../shared/data

Each has a process of its own; the two take turns, and what is compared is the CPU time of the
process, so that whatever else the machine does falls on both. ``NUMBA_CPU_NAME`` and
``NUMBA_CPU_FEATURES`` make the processor a lesser one. How to get the data is in
``benchmarks/__init__.py``.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.measured import Measured, save
from benchmarks.peers.rows import FLOAT32
from benchmarks.table import table
from translator.eval.data import read_sentences
from translator.languages.pair import LanguagePair
from translator.models.embedded import embedded_models

DEFAULT_RESULT = Path(__file__).parent / "results" / "precisions.json"
INT8 = "ours int8"
# Sentences of each.
COUNTS = {"bulk": 100, "one": 30, "live": 6}


class Process:
    """A worker of ``benchmarks.peers`` with one of our engines."""

    def __init__(self, name: str, folder: Path, pair: LanguagePair) -> None:
        command = [sys.executable, "-m", "benchmarks.peers.worker", name, str(folder)]
        self._process = subprocess.Popen(
            [*command, pair.source, pair.target, "1"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
        )
        self._answer()

    def cpu_s(self, what: str, texts: list[str]) -> float:
        """CPU seconds that it takes for them."""
        began = self._cpu_s()
        assert self._process.stdin is not None  # noqa: S101
        print(json.dumps({what: texts}), file=self._process.stdin, flush=True)
        self._answer()
        return self._cpu_s() - began

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()

    def _answer(self) -> None:
        assert self._process.stdout is not None  # noqa: S101
        if not self._process.stdout.readline():
            raise SystemExit("a process ended; what it said is above")

    def _cpu_s(self) -> float:
        times = Path(f"/proc/{self._process.pid}/stat").read_text("utf-8").rsplit(")", 1)[1].split()
        return (int(times[11]) + int(times[12])) / os.sysconf("SC_CLK_TCK")


def compare(pair: LanguagePair, folder: Path, data: Path, rounds: int) -> list[dict[str, Any]]:
    """The rows of a direction."""
    file = data / "parallel" / f"flores200-dev.{pair}.jsonl"
    texts = [sentence.source for sentence in read_sentences(file, limit=max(COUNTS.values()))]
    processes = {name: Process(name, folder, pair) for name in (FLOAT32, INT8)}
    rows = []
    try:
        for process in processes.values():
            process.cpu_s("one", texts[:5])
        for what, count in COUNTS.items():
            spent = dict.fromkeys(processes, 0.0)
            for _ in range(rounds):
                for name, process in processes.items():
                    spent[name] += process.cpu_s(what, texts[:count])
            rows.append(
                {
                    "pair": str(pair),
                    "what": what,
                    "float32, CPU s": round(spent[FLOAT32] / rounds, 2),
                    "int8, CPU s": round(spent[INT8] / rounds, 2),
                    "times as fast": round(spent[FLOAT32] / spent[INT8], 2),
                }
            )
    finally:
        for process in processes.values():
            process.close()
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--output", type=Path, default=DEFAULT_RESULT)
    arguments = parser.parse_args()
    rows = [
        row
        for pair, folder in embedded_models()
        for row in compare(pair, folder, arguments.data, arguments.rounds)
    ]
    print(table(rows))
    save(arguments.output, rows, Measured.now("int8"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
