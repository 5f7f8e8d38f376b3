"""What somebody's own translations are worth: `translator models adapt`, and a datastore.

    python -m benchmarks.datastore --data ../shared/data

Half of PrestaShop's parallel set is given to the model and the other half translated, and the other
way round, in both directions, parted in four ways. Of Magento's labels and messages 200, 924 and
all but 400 are given, and these 400 translated. Beside it 250 sentences of FLORES, which should
stay as they are, and the time of a batch with the datastore against that without, by turns: of
texts of its kind, and of FLORES. p is by the paired bootstrap.

How to get the data is in ``benchmarks/__init__.py``.
"""

import argparse
import csv
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.measured import Measured, save
from benchmarks.table import table
from translator.cli import main as command_line
from translator.eval.quality import bleu, bleu_difference, chrf, chrf_difference
from translator.local import Translator
from translator.models.loading import describe_model

DEFAULT_RESULT = Path(__file__).parent / "results" / "datastore.json"
PAIRS = (("en", "pt"), ("pt", "en"))
GIVEN = (200, 924)
SPLITS = 4
NUM_SCORED, NUM_GENERAL, NUM_TIMED, ROUNDS = 400, 250, 200, 5

# Source and translation.
Pairs = Sequence[tuple[str, str]]


def read(file: Path, names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Some fields of each object of a file of JSON lines."""
    for line in file.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        yield tuple(row[name] for name in names)


def magento(data: Path) -> list[tuple[str, str]]:
    """Labels and messages, each source once, in an order that is drawn."""
    found: dict[str, tuple[str, str]] = {}
    for name in ("terms", "strings_with_placeholders"):
        file = data / "terminology" / f"ecommerce_ui_{name}.en-ptbr.jsonl"
        for source, target, origin in read(file, ("en", "pt", "src")):
            if origin.startswith("magento"):
                found.setdefault(source.casefold(), (source, target))
    pairs = list(found.values())
    random.Random(1).shuffle(pairs)  # noqa: S311
    return pairs


def adapted(pair: tuple[str, str], given: Pairs, folder: Path) -> tuple[Translator, float]:
    """A translator with the model that is adapted to translations, and how long that took."""
    file, out = folder / "given.csv", folder / "adapted"
    with file.open("w", newline="", encoding="utf-8") as opened:
        csv.writer(opened).writerows([pair, *given])
    arguments = ["models", "adapt", "-".join(pair), str(file), "--output", str(out)]
    start = time.perf_counter()
    command_line.main(arguments, standalone_mode=False)
    taken = time.perf_counter() - start
    return Translator(models=[describe_model(f"{'-'.join(pair)}={out}", precision="auto")]), taken


def said(translator: Translator, pair: tuple[str, str], texts: Sequence[str]) -> list[str]:
    """Their translations, in a batch."""
    source, target = pair
    results = translator.translate_all(texts, source=source, target=target)
    return [result.translation.text if result.translation else "" for result in results]


def figures(before: Sequence[str], now: Sequence[str], references: Sequence[str]) -> dict[str, str]:
    """Scores before and now."""
    shown = {}
    for name, figure, difference in (
        ("chrF", chrf, chrf_difference),
        ("BLEU", bleu, bleu_difference),
    ):
        p = difference(now, before, references).p
        old, new = figure(before, references), figure(now, references)
        shown[name] = f"{old:.2f} to {new:.2f} ({new - old:+.2f}, p {p:.3f})"
    return shown


def quality(data: Path) -> list[dict[str, object]]:
    """A row for each set: what is scored, and FLORES beside it."""
    rows = []
    records = list(read(data / "listings" / "prestashop_parallel_en_ptbr.jsonl", ("en", "pt_br")))
    strings = magento(data)
    sets: list[tuple[str, tuple[str, str], list[tuple[Pairs, Pairs]]]] = []
    for pair in PAIRS:
        for split in range(SPLITS):
            shop = [(s, t) if pair[0] == "en" else (t, s) for s, t in records]
            random.Random(split).shuffle(shop)  # noqa: S311
            halves = shop[: len(shop) // 2], shop[len(shop) // 2 :]
            folds: list[tuple[Pairs, Pairs]] = [(halves[0], halves[1]), (halves[1], halves[0])]
            sets.append((f"PrestaShop's halves, {split}", pair, folds))
    for count in (*GIVEN, len(strings) - NUM_SCORED):
        given = strings[NUM_SCORED:][:count]
        sets.append((f"Magento, {count} given", PAIRS[0], [(given, strings[:NUM_SCORED])]))
    with Translator() as plain:
        for name, pair, folds in sets:
            rows.append({"set": name, "pair": "-".join(pair)} | scored(plain, data, pair, folds))
            print(rows[-1], flush=True)
    return rows


def scored(
    plain: Translator, data: Path, pair: tuple[str, str], folds: Sequence[tuple[Pairs, Pairs]]
) -> dict[str, object]:
    """The figures of one set, and of FLORES with what the first fold is given."""
    name = f"flores200-dev.{'-'.join(pair)}.jsonl"
    general = list(read(data / "parallel" / name, ("src", "ref")))[:NUM_GENERAL]
    sources, references = [s for s, _ in general], [r for _, r in general]
    same = said(plain, pair, sources)
    before, now, expected, times, elsewhere = [], [], [], [], list[str]()
    for given, asked in folds:
        with tempfile.TemporaryDirectory() as folder:
            translator, taken = adapted(pair, given, Path(folder))
            with translator:
                before += said(plain, pair, [s for s, _ in asked])
                now += said(translator, pair, [s for s, _ in asked])
                elsewhere = elsewhere or said(translator, pair, sources)
        expected += [target for _, target in asked]
        times.append(taken)
    changed = sum(a != b for a, b in zip(same, elsewhere, strict=True))
    return {
        **figures(before, now, expected),
        "FLORES, BLEU": figures(same, elsewhere, references)["BLEU"],
        "FLORES changed": f"{changed} of {len(general)}",
        "s": round(statistics.mean(times), 1),
    }


def speed(data: Path) -> dict[str, float]:
    """How many times as long a batch takes with a datastore: the median of several turns."""
    strings, pair = magento(data), PAIRS[0]
    file = data / "parallel" / "flores200-dev.en-pt.jsonl"
    asked: Mapping[str, list[str]] = {
        "texts of its kind": [source for source, _ in strings[:NUM_TIMED]],
        "FLORES": [source for source, _ in read(file, ("src", "ref"))][:NUM_TIMED],
    }
    ratios: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder, Translator() as plain:
        translator, _ = adapted(pair, strings[NUM_SCORED:], Path(folder))
        with translator:
            for name, texts in asked.items():
                found = []
                for turn in range(ROUNDS + 1):
                    times = []
                    for each in (plain, translator):
                        start = time.perf_counter()
                        said(each, pair, texts)
                        times.append(time.perf_counter() - start)
                    if turn:
                        found.append(times[1] / times[0])
                ratios[name] = round(statistics.median(found), 2)
    return ratios


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--output", type=Path, default=DEFAULT_RESULT)
    options = parser.parse_args()
    rows = quality(options.data)
    ratios = speed(options.data)
    print(table(rows))
    print("a batch takes, times as long:", ratios)
    result: dict[str, Any] = {"quality": rows, "times as long": ratios}
    save(options.output, result, Measured.now())
    return 0


if __name__ == "__main__":
    sys.exit(main())
