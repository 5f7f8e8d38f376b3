"""Jobs: how long a catalogue takes, beside the ways of today and beside live streams.

    python -m benchmarks.batch --data ../shared/data

The catalogue is ``listings/magento_luma_products.csv`` of the data, or that of ``examples/``; the
sentences are those of FLORES-200, or of the talk in ``examples/``. Each way has a fresh process, so
that none knows what another has translated. The live streams are those of ``benchmarks.load``.
Exits 1 when a bar is missed.

How to get the data is in ``benchmarks/__init__.py``.
"""

import argparse
import csv
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from benchmarks.measured import Measured, save
from benchmarks.processes import serving
from benchmarks.speakers import Plan, hear
from benchmarks.table import table
from examples.catalogue import catalogue
from translator.client import TranslatorClient
from translator.config import ServerConfig
from translator.eval.data import read_sentences
from translator.jobs.remote_units import RemoteUnits
from translator.jobs.settings import UnitSettings
from translator.jobs.store import Store, key_of
from translator.jobs.units import Unit
from translator.local import Translator

ROOT = Path(__file__).parents[1]
DEFAULT_RESULT = ROOT / "benchmarks" / "results" / "batch.json"
LUMA = Path("listings", "magento_luma_products.csv")
# Of each: what has to be in the translation as often as in the source.
KEPT = {
    "tags": re.compile(r"<[^>]+>"),
    "numbers": re.compile(r"\d+"),
    "placeholders": re.compile(r"\{\{.*?\}\}|\{\w+\}|%s"),
    "SKUs": re.compile(r"\b[A-Z]{2,}\w*-[\w-]*\d[\w-]*"),
    "lines": re.compile(r"\n"),
}
NUM_STREAMS = 50
THREADS = os.cpu_count() or 1
ENTRIES = 1_000_000


@dataclass(frozen=True, slots=True)
class Bar:
    """Something that has to hold."""

    what: str
    measured: str
    met: bool


def run_job(source: Path, target: Path, store: Path, columns: Sequence[str]) -> float:
    """Seconds of ``translator batch``, from its start to its end."""
    words = [word for column in columns for word in ("--column", column)]
    began = time.perf_counter()
    command = [sys.executable, "-m", "translator", "batch", str(source), str(target), *words]
    subprocess.run([*command, "--store", str(store)], check=True, stderr=subprocess.DEVNULL)
    return time.perf_counter() - began


def cells(file: Path, columns: Sequence[str]) -> list[str]:
    """The texts of a table."""
    with file.open(encoding="utf-8", newline="") as opened:
        return [row[name] for row in csv.DictReader(opened) for name in columns if row[name]]


def kept(sources: Sequence[str], targets: Sequence[str]) -> dict[str, str]:
    """How many cells have all of what they should keep."""
    shares = {}
    for name, pattern in KEPT.items():
        having = [(s, t) for s, t in zip(sources, targets, strict=True) if pattern.search(s)]
        same = sum(Counter(pattern.findall(s)) == Counter(pattern.findall(t)) for s, t in having)
        shares[name] = f"{same}/{len(having)}"
    return shares


def job(data: Path) -> tuple[dict[str, Any], list[Bar]]:
    """A whole catalogue, and the same again."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source, columns = data / LUMA, ("name", "description:html")
        if not source.is_file():
            source, columns = folder / "catalogue.csv", ("title", "body:html")
            source.write_text(catalogue(), encoding="utf-8", newline="")
        named = [column.partition(":")[0] for column in columns]
        store = folder / "store.db"
        first_s = run_job(source, folder / "first.csv", store, columns)
        second_s = run_job(source, folder / "second.csv", store, columns)
        sources = cells(source, named)
        words = sum(len(text.split()) for text in sources)
        result: dict[str, Any] = {
            "file": source.name,
            "texts": len(sources),
            "words": words,
            "first run, s": round(first_s, 1),
            "words/s": round(words / first_s),
            "second run, s": round(second_s, 2),
            "kept": kept(sources, cells(folder / "first.csv", named)),
        }
        same = (folder / "first.csv").read_bytes() == (folder / "second.csv").read_bytes()
    all_kept = all(is_whole(share) for share in result["kept"].values())
    return result, [
        Bar(f"{source.name}: ≤ 30 s", f"{first_s:.1f} s", first_s <= 30),
        Bar(f"{source.name}, second run: ≤ 2 s", f"{second_s:.2f} s", second_s <= 2 and same),
        Bar("all kept", str(result["kept"]), all_kept),
    ]


def is_whole(share: str) -> bool:
    """Whether all of "3/3" is there."""
    some, _, every = share.partition("/")
    return some == every


def ways(texts: Sequence[str]) -> tuple[dict[str, Any], list[Bar]]:
    """The same sentences in this process, in a batch, and in a loop of single calls.

    All may decode in as many threads as there are CPUs; a loop has nothing to share among them.
    """
    words = sum(len(text.split()) for text in texts)

    def timed(translate: Callable[[], int]) -> float:
        began = time.perf_counter()
        done = translate()
        if done != len(texts):
            raise SystemExit(f"{done} of {len(texts)} texts have a translation")
        return words / (time.perf_counter() - began)

    with Translator(ServerConfig(threads=THREADS)) as translator:
        translator.translate("Hello.", source="en", target="pt")
        here = timed(
            lambda: sum(
                result.translation is not None
                for result in translator.translate_all(texts, source="en", target="pt")
            )
        )
    with serving("--threads", str(THREADS)) as (address, _, _):
        units = RemoteUnits([address], UnitSettings("en", "pt"))
        units.fingerprint()
        batch = timed(
            lambda: sum(bool(r.text) for r in units.translate(Unit(text) for text in texts))
        )
    with (
        serving("--threads", str(THREADS)) as (address, _, _),
        TranslatorClient(address) as client,
    ):
        client.translate(["Hello."], source="en", target="pt")
        loop = timed(
            lambda: sum(
                bool(client.translate([text], source="en", target="pt")[0].text) for text in texts
            )
        )
    figures = {"in this process": here, "BatchTranslate": batch, "a call for each text": loop}
    return {name: round(each) for name, each in figures.items()}, [
        Bar("BatchTranslate ≥ 0.9 of in this process", f"{batch / here:.2f}", batch >= 0.9 * here),
        Bar("BatchTranslate ≥ 5 × a call for each text", f"{batch / loop:.1f}", batch >= 5 * loop),
    ]


def endless(texts: Sequence[str]) -> Iterator[Unit]:
    """Texts that nobody has translated yet, without end."""
    chosen = Random(1)  # noqa: S311
    for number in count():
        one, other = chosen.sample(list(texts), 2)
        yield Unit(f"{number}: {one} {other}")


def beside(texts: Sequence[str], seconds: float, data: Path) -> tuple[dict[str, Any], list[Bar]]:
    """How long live words wait, without a batch and beside one."""
    waits, done = {}, 0
    for name in ("alone", "beside a batch"):
        with serving(max_sessions=NUM_STREAMS) as (address, pid, _):
            over = threading.Event()

            def translate(address: str = address, over: threading.Event = over) -> None:
                nonlocal done
                units = RemoteUnits([address], UnitSettings("en", "pt"))
                for result in units.translate(endless(texts)):
                    done += len((result.text or "").split())
                    if over.is_set():
                        return

            thread = threading.Thread(target=translate, daemon=True)
            if name != "alone":
                thread.start()
            heard = hear(Plan(address, pid, NUM_STREAMS, 8.0, seconds, 0, data, False))
            over.set()
            waits[name] = float(np.percentile(heard.waits_ms, 95))
            if name != "alone":
                thread.join(60)
    ratio = waits["beside a batch"] / waits["alone"]
    result = {f"p95 {name}, ms": round(wait) for name, wait in waits.items()}
    result["target words/s of the batch"] = round(done / (seconds + 8.0))
    return result, [Bar("live p95 beside a batch ≤ 1.3 ×", f"{ratio:.2f}", ratio <= 1.3)]


def store() -> tuple[dict[str, Any], list[Bar]]:
    """A store of a million hypotheses of 20 tokens."""
    chosen = Random(2)  # noqa: S311
    with tempfile.TemporaryDirectory() as name:
        path = Path(name, "store.db")
        with Store(path) as opened:
            keys = [key_of("h", str(number)) for number in range(ENTRIES)]
            for first in range(0, ENTRIES, 256):
                opened.put({key: os.urandom(63) for key in keys[first : first + 256]})
        with Store(path) as opened:
            waits = []
            for _ in range(50):
                wanted = chosen.sample(keys, 500)
                began = time.perf_counter()
                found = opened.get(wanted)
                waits.append(1e3 * (time.perf_counter() - began))
                if len(found) != 500:
                    raise SystemExit("the store has lost something")
            size = opened.stats().num_bytes / 1e6
    wait = float(np.median(waits))
    return {"look-up of 500, ms": round(wait, 2), "size, MB": round(size)}, [
        Bar("a million entries: 500 looked up in ≤ 5 ms", f"{wait:.2f} ms", wait <= 5),
        Bar("a million entries: ≤ 150 MB", f"{size:.0f} MB", size <= 150),
    ]


def sentences(data: Path) -> list[str]:
    """Sentences, no two the same."""
    file = data / "parallel" / "flores200-dev.en-pt.jsonl"
    if file.is_file():
        return list(dict.fromkeys(each.source for each in read_sentences(file)))
    talk = (ROOT / "examples" / "talk.en.txt").read_text(encoding="utf-8")
    return list(dict.fromkeys(re.split(r"(?<=[.!?])\s+", talk.strip())))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--seconds", type=float, default=25.0, help="that live streams are heard")
    parser.add_argument("--part", choices=("job", "ways", "beside", "store"), action="append")
    parser.add_argument("--output", type=Path, default=DEFAULT_RESULT)
    arguments = parser.parse_args()
    texts = sentences(arguments.data)
    parts: dict[str, Callable[[], tuple[dict[str, Any], list[Bar]]]] = {
        "job": lambda: job(arguments.data),
        "ways": lambda: ways(texts),
        "beside": lambda: beside(texts, arguments.seconds, arguments.data),
        "store": store,
    }
    figures, bars = {}, []
    for name in arguments.part or parts:
        figures[name], found = parts[name]()
        bars += found
        print(name, figures[name], file=sys.stderr)
    rows = [
        {"bar": bar.what, "measured": bar.measured, "": "met" if bar.met else "NOT MET"}
        for bar in bars
    ]
    print(table(rows))
    result = {"figures": figures, "bars": [asdict(bar) for bar in bars]}
    save(arguments.output, result, Measured.now())
    return 0 if all(bar.met for bar in bars) else 1


if __name__ == "__main__":
    sys.exit(main())
