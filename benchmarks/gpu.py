"""All that there is to know of a CUDA device, in ten minutes: tests, bulk, one sentence, streams.

    python -m benchmarks.gpu [--device cuda] [--minutes 10]

First the tests that need a device. Then, in each precision, the embedded model, and the counting
model of the tests grown to NLLB-600M: words a second in bulk, one sentence alone, a step of the
decoder, and how much of it the device computes: the rest is what a CUDA graph of the step could
win at most. Then live streams (``benchmarks.load``). What time is left for is measured; the rest is
told. ``--device cpu --small`` runs the same on little, to see that it runs.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

import torch

from benchmarks.eight_bits import FOLDER, PAIR, Ours, numbers
from benchmarks.grown import NLLB_600M, Size, load_grown
from benchmarks.measured import Measured, save
from benchmarks.table import table
from translator.models.base import Seq2SeqModel
from translator.models.embedded import embedded_models
from translator.models.marian.loading import load_marian_folder
from translator.precision import Precision

ROOT = Path(__file__).parents[1]
DEFAULT_RESULT = ROOT / "benchmarks" / "results" / "gpu.json"
PRECISIONS: tuple[Precision, ...] = ("float32", "float16", "bfloat16")
SMALL = Size(hidden=128, feed_forward=256, heads=4, layers=3, vocabulary=512)
WORDS = 12


class _Time:
    """What is left of some minutes."""

    def __init__(self, minutes: float) -> None:
        self._end = time.monotonic() + 60 * minutes

    @property
    def left_s(self) -> float:
        return self._end - time.monotonic()


def took_s(call: Callable[[], object], device: str) -> float:
    """Seconds until the device is through."""
    began = time.perf_counter()
    call()
    if device != "cpu":
        torch.cuda.synchronize()
    return time.perf_counter() - began


def busy_ms(call: Callable[[], object]) -> float:
    """Milliseconds that a CUDA device computes."""
    activities = [torch.profiler.ProfilerActivity.CUDA]
    with torch.profiler.profile(activities=activities) as profile:
        call()
        torch.cuda.synchronize()
    return float(sum(event.self_device_time_total for event in profile.key_averages())) / 1e3


def step_of(model: Seq2SeqModel, rows: int) -> Callable[[], object]:
    """A step of the decoder for as many rows, in the middle of a sentence."""
    tokenizer = model.tokenizer(PAIR)
    (text,) = numbers(1, WORDS, Random(5))  # noqa: S311
    states = model.encode([tokenizer.encode_source(text).tokens])
    target = (*tokenizer.target_start, *tokenizer.encode_target("um dois três"))
    prefill, batch = model.prefill(states, [target]), model.new_batch()
    for row in range(rows):
        batch.load(row, states[0], prefill, 0, len(target))
    tokens = torch.full((rows,), target[-1], device=model.device)

    def step() -> object:
        return model.predict(batch.step(tokens).hidden, probable=False)

    return step


@torch.inference_mode()
def measure(model: Seq2SeqModel, count: int, device: str) -> dict[str, Any]:
    """A row of the table."""
    ours, random = Ours(model), Random(3)  # noqa: S311
    ours.bulk(numbers(count, WORDS, random))
    bulk = numbers(count, WORDS, random)
    figures: dict[str, Any] = {
        "words/s": round(count * WORDS / took_s(lambda: ours.bulk(bulk), device)),
        "one sentence, ms": round(
            1e3
            * median(took_s(lambda t=t: ours.one(t), device) for t in numbers(8, WORDS, random)),  # type: ignore[misc]
            1,
        ),
    }
    for rows in (1, 64):
        step = step_of(model, rows)
        step()
        whole = 1e3 * median(took_s(step, device) for _ in range(8))
        figures[f"step of {rows}, ms"] = round(whole, 2)
        if device != "cpu":
            figures[f"of {rows}, computing"] = round(busy_ms(step), 2)
    if device != "cpu":
        figures["GB"] = round(torch.cuda.max_memory_allocated() / 1e9, 2)
        torch.cuda.reset_peak_memory_stats()
    return figures


def tests() -> str:
    """The last line of what the tests say."""
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", "tests/models/test_gpu.py"]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    return done.stdout.strip().splitlines()[-1] if done.stdout.strip() else done.stderr[-200:]


def streams(device: str, numbers_of: str, seconds: int) -> Any:
    """What ``benchmarks.load`` measures with a server whose models are on the device."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        page = folder / "page.md"
        page.write_text("<!-- load -->\n<!-- /load -->\n", encoding="utf-8")
        command = [sys.executable, "-m", "benchmarks.load", "--streams", numbers_of]
        command += ["--seconds", str(seconds), "--warm-up", "4", "--precision", "float32"]
        command += ["--output", str(folder / "load.json"), "--page", str(page)]
        command += ["--picture", str(folder / "load.svg")]
        environment = os.environ | {"TRANSLATOR_DEVICE": device}
        # It exits 1 where a bar is missed.
        subprocess.run(command, cwd=ROOT, check=False, env=environment)
        file = folder / "load.json"
        return json.loads(file.read_text(encoding="utf-8"))["result"] if file.exists() else None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--small", action="store_true", help="little of everything")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--output", type=Path, default=DEFAULT_RESULT)
    arguments = parser.parse_args()
    device, small = str(arguments.device), bool(arguments.small)
    clock = _Time(arguments.minutes)
    torch.set_num_threads(1)
    result: dict[str, Any] = {"device": device, "tests": tests(), "left out": []}
    if device != "cpu":
        result["device"] = torch.cuda.get_device_name()
    print(f"tests: {result['tests']}", flush=True)
    folder, size = dict(embedded_models())[PAIR], SMALL if small else NLLB_600M
    makers: dict[str, Callable[[Precision], Seq2SeqModel]] = {
        "embedded": lambda p: load_marian_folder(folder, pair=PAIR, device=device, precision=p),
        "grown": lambda p: load_grown(FOLDER, size, device=device, dtype=getattr(torch, p)),
    }
    rows: list[dict[str, Any]] = []
    for name, make in makers.items():
        for precision in PRECISIONS[:1] if small else PRECISIONS:
            # The streams take about two minutes.
            if clock.left_s < 180 and not small:
                result["left out"].append(f"{name}, {precision}")
                continue
            row = {"model": name, "precision": precision}
            row |= measure(make(precision), 8 if small else 512, device)
            print(row, flush=True)
            rows.append(row)
    print(table(rows))
    result["rows"] = rows
    if small or clock.left_s > 120:
        result["streams"] = streams(device, "1,4" if small else "50,200,400,800", 2 if small else 8)
    else:
        result["left out"].append("streams")
    print(f"left out: {', '.join(result['left out']) or 'nothing'}")
    save(arguments.output, result, Measured.now(None))
    return 0


if __name__ == "__main__":
    sys.exit(main())
