"""The embedded models in eight bits beside float32: bulk, one sentence, a live stream.

    python -m benchmarks.precisions --data ../shared/data

Each has a process of its own; the two take turns, and what is compared is the CPU time of the
process, so that whatever else the machine does falls on both. ``NUMBA_CPU_NAME`` and
``NUMBA_CPU_FEATURES`` make the processor a lesser one. How to get the data is in
``benchmarks/__init__.py``.
"""

import argparse
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks.evaluation import BUILD
from benchmarks.measured import Measured, save
from benchmarks.peers.measure import Direction, Worker
from benchmarks.peers.rows import FLOAT32
from benchmarks.table import table
from translator.eval.data import read_sentences
from translator.languages.pair import LanguagePair
from translator.models.embedded import embedded_models

DEFAULT_RESULT = Path(__file__).parent / "results" / "precisions.json"
INT8 = "ours int8"
# Sentences of each.
COUNTS = {"bulk": 100, "one": 30, "live": 6}


def compare(direction: Direction, rounds: int) -> list[dict[str, Any]]:
    """The rows of a direction."""
    texts, logs = direction.texts, BUILD / "precisions"
    logs.mkdir(parents=True, exist_ok=True)
    rows = []
    with ExitStack() as stack:
        workers = {
            name: stack.enter_context(Worker(name, direction, 1, logs / f"{name}.log"))
            for name in (FLOAT32, INT8)
        }
        for worker in workers.values():
            worker.ask("one", texts[:5])
        for what, count in COUNTS.items():
            spent_s = dict.fromkeys(workers, 0.0)
            for _ in range(rounds):
                for name, worker in workers.items():
                    began_s = worker.cpu_s
                    worker.ask(what, texts[:count])
                    spent_s[name] += worker.cpu_s - began_s
            rows.append(
                {
                    "pair": str(direction.pair),
                    "what": what,
                    "float32, CPU s": round(spent_s[FLOAT32] / rounds, 2),
                    "int8, CPU s": round(spent_s[INT8] / rounds, 2),
                    "times as fast": round(spent_s[FLOAT32] / spent_s[INT8], 2),
                }
            )
    return rows


def _direction(pair: LanguagePair, folder: Path, data: Path) -> Direction:
    file = data / "parallel" / f"flores200-dev.{pair}.jsonl"
    sentences = tuple(read_sentences(file, limit=max(COUNTS.values())))
    return Direction(pair, folder, sentences, COUNTS["live"])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--output", type=Path, default=DEFAULT_RESULT)
    arguments = parser.parse_args()
    rows = [
        row
        for pair, folder in embedded_models()
        for row in compare(_direction(pair, folder, arguments.data), arguments.rounds)
    ]
    print(table(rows))
    save(arguments.output, rows, Measured.now("int8"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
