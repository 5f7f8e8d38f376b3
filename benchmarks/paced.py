"""What a word costs a whole server at the pace of speech, beside engines without one.

    python -m benchmarks.paced --data ../shared/data

Streams that each say a word every 0.4 s, half of them in each direction: our server over gRPC, and
for each engine on PyPI one process that translates what each stream has said so far anew. What the
engines get is the text alone: no connection, no session, nothing that is committed. So the ratio is
what all of that costs besides. One after another in one run; CPU time. Needs ``pip install
'.[bench]'``; how to get the data is in ``benchmarks/__init__.py``.
"""

import argparse
import heapq
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.load import measure
from benchmarks.measured import Measured, save
from benchmarks.peers.engines import Engine, prefixes
from benchmarks.peers.rows import ROWS, Role, build
from benchmarks.table import table
from translator.eval.data import read_sentences
from translator.languages.pair import LanguagePair
from translator.models.embedded import embedded_models

DEFAULT_RESULT = Path(__file__).parent / "results" / "paced.json"
WORD_S = 0.4


def _said(texts: list[str], seed: int) -> Iterator[str]:
    """What a stream has said of its sentence after each word, for ever."""
    chosen = Random(seed)  # noqa: S311
    while True:
        yield from prefixes(chosen.choice(texts))


def stream(name: str, streams: int, seconds: float, data: Path) -> float:
    """CPU ms of an engine for each word of so many streams."""
    engines: dict[LanguagePair, Engine] = {}
    texts: dict[LanguagePair, list[str]] = {}
    for pair, folder in embedded_models():
        engines[pair] = build(name, folder, pair.source, pair.target, 1)
        file = data / "parallel" / f"flores200-dev.{pair}.jsonl"
        texts[pair] = [sentence.source for sentence in read_sentences(file, limit=300)]
        engines[pair].one(texts[pair][0])
    pairs = list(engines)
    said = [_said(texts[pairs[i % len(pairs)]], i) for i in range(streams)]
    due = [(WORD_S * i / streams, i) for i in range(streams)]
    heapq.heapify(due)
    began, cpu_s, words = time.monotonic(), time.process_time(), 0
    while due[0][0] < seconds:
        at, i = heapq.heappop(due)
        time.sleep(max(0.0, at - (time.monotonic() - began)))
        engines[pairs[i % len(pairs)]].one(next(said[i]))
        words += 1
        heapq.heappush(due, (at + WORD_S, i))
    return 1e3 * (time.process_time() - cpu_s) / words


def _in_own_process(name: str, streams: int, arguments: argparse.Namespace) -> float:
    command = [sys.executable, "-m", "benchmarks.paced", "--engine", name]
    command += ["--streams", str(streams)]
    command += ["--seconds", str(arguments.seconds), "--data", str(arguments.data)]
    ran = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    # Engines print what they like before it.
    told: float = json.loads(ran.stdout.splitlines()[-1])
    return told


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--streams", default="1,50", help="numbers, rows each")
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--warm-up", type=float, default=5.0, help="of the server")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--engine", help="only this one, whose figure is printed")
    parser.add_argument("--output", type=Path, default=DEFAULT_RESULT)
    arguments = parser.parse_args()
    if arguments.engine:
        print(json.dumps(stream(arguments.engine, int(arguments.streams), arguments.seconds,
                                arguments.data)))  # fmt: skip
        return 0
    arguments.workers, arguments.precision, arguments.fake_model = 1, "auto", False
    rows: list[dict[str, Any]] = []
    for streams in map(int, arguments.streams.split(",")):
        ours = measure(streams, arguments)[0].cpu_ms_per_word
        rows.append({"streams": streams, "what": "our server", "CPU ms/word": ours, "ratio": 1.0})
        for name, row in ROWS.items():
            if row.role is Role.PEER:
                theirs = _in_own_process(name, streams, arguments)
                rows.append(
                    {
                        "streams": streams,
                        "what": name,
                        "CPU ms/word": round(theirs, 2),
                        "ratio": round(ours / theirs, 2),
                    }
                )
    print(table(rows))
    save(arguments.output, rows, Measured.now("int8"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
