"""A process with one engine in it: requests on standard input, answers on standard output.

    python -m benchmarks.peers.worker ENGINE FOLDER SOURCE TARGET THREADS

One JSON object a line. The first answer says that the engine is ready, and after how many seconds.
``{"bulk": texts}`` is answered with ``texts`` and ``lengths``, ``{"one": texts}`` with the ``ms``
of each, and ``{"live": texts}`` with ``cpu_ms``, user and system, of the process.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any, TextIO

from benchmarks.peers.engines import Engine
from benchmarks.peers.rows import build

# The first runs of a process are slower.
_WARM_UP = ["One, two, three.", "A, B, C, D, E and F.", "0 1 2 3 4 5 6 7 8 9"]


def main() -> None:
    name, folder, source, target, threads = sys.argv[1:]
    # What an engine prints must not get between the answers.
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answers:
        os.dup2(2, 1)
        began = time.perf_counter()
        engine = build(name, Path(folder), source, target, int(threads))
        engine.one(_WARM_UP[0])
        _answer(answers, load_s=time.perf_counter() - began)
        engine.bulk(_WARM_UP)
        engine.live(_WARM_UP[:1])
        for line in sys.stdin:
            ((what, texts),) = json.loads(line).items()
            _answer(answers, **_DO[what](engine, texts))


def _answer(answers: TextIO, **values: Any) -> None:
    print(json.dumps(values), file=answers, flush=True)


def _bulk(engine: Engine, texts: list[str]) -> dict[str, Any]:
    return {"texts": engine.bulk(texts), "lengths": engine.lengths}


def _one(engine: Engine, texts: list[str]) -> dict[str, Any]:
    ms = []
    for text in texts:
        began = time.perf_counter()
        engine.one(text)
        ms.append(1e3 * (time.perf_counter() - began))
    return {"ms": ms}


def _live(engine: Engine, texts: list[str]) -> dict[str, Any]:
    began = time.process_time()
    engine.live(texts)
    return {"cpu_ms": 1e3 * (time.process_time() - began)}


_DO = {"bulk": _bulk, "one": _one, "live": _live}

if __name__ == "__main__":
    main()
