"""Transformers models in eight bits beside float32: bulk and one sentence, by turns in one run.

    python -m benchmarks.eight_bits

The model is the small one of the tests that counts in four languages, grown to the size of Opus-MT:
it says the same and costs as much. One thread.
"""

import argparse
import sys
import time
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

import torch

from benchmarks.grown import OPUS_MT, load_grown
from benchmarks.measured import Measured, save
from benchmarks.table import table
from translator.engine.engine import Engine
from translator.engine.request import Priority, Request
from translator.languages.pair import LanguagePair
from translator.models.huggingface.model import TransformersModel

ROOT = Path(__file__).parents[1]
DEFAULT_RESULT = ROOT / "benchmarks" / "results" / "eight_bits.json"
FOLDER = ROOT / "tests" / "models" / "counting" / "many"
PAIR = LanguagePair("en", "pt")
DIGITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
NUM_BULK, NUM_ALONE = 64, 8


def numbers(count: int, random: Random) -> list[str]:
    """Sentences of five digits."""
    return [" ".join(random.choices(DIGITS[1:], k=5)) + "." for _ in range(count)]


def decode(model: TransformersModel, texts: list[str], priority: Priority) -> list[tuple[int, ...]]:
    """The tokens of each translation; all texts wait from the beginning."""
    engine, tokenizer = Engine({model.info.name: model}), model.tokenizer(PAIR)
    for index, text in enumerate(texts):
        source = tokenizer.encode_source(text).tokens
        key = (str(index), "pt")
        engine.submit(
            Request(key, index, model.info.name, source, tokenizer.target_start, priority=priority)
        )
    found = {outcome.request.version: outcome.hypothesis for outcome in engine.run()}
    return [hypothesis.tokens if (hypothesis := found[n]) else () for n in range(len(texts))]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--output", type=Path, default=DEFAULT_RESULT)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    models = {
        name: load_grown(FOLDER, OPUS_MT, eight_bits=name == "int8") for name in ("float32", "int8")
    }
    random = Random(3)  # noqa: S311
    took: dict[tuple[str, str], list[float]] = {}
    same = every = 0
    for number in range(arguments.rounds + 1):
        bulk, alone = numbers(NUM_BULK, random), numbers(NUM_ALONE, random)
        said = {}
        for name, model in models.items():
            began = time.perf_counter()
            said[name] = decode(model, bulk, Priority.BATCH)
            bulk_s = time.perf_counter() - began
            began = time.perf_counter()
            for text in alone:
                decode(model, [text], Priority.UNARY)
            alone_s = (time.perf_counter() - began) / NUM_ALONE
            # The first round warms up.
            if number:
                took.setdefault((name, "bulk"), []).append(bulk_s)
                took.setdefault((name, "one sentence"), []).append(alone_s)
        same += sum(a == b for a, b in zip(said["float32"], said["int8"], strict=True))
        every += len(bulk)
    rows: list[dict[str, Any]] = []
    for what in ("bulk", "one sentence"):
        exact, eight = (median(took[name, what]) for name in models)
        rows.append(
            {
                "what": what,
                "float32, ms": round(1e3 * exact, 1),
                "int8, ms": round(1e3 * eight, 1),
                "ratio": round(exact / eight, 2),
            }
        )
    print(table(rows))
    print(f"\nthe same tokens: {same} of {every}")
    save(arguments.output, {"rows": rows, "same": same, "of": every}, Measured.now(None))
    return 0


if __name__ == "__main__":
    sys.exit(main())
