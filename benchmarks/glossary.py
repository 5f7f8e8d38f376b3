"""What a glossary of 500 terms costs: CPU for each live word, decoder passes of whole texts.

    python -m benchmarks.glossary --data ../shared/data

English to Portuguese, one process: each sentence is translated without and with the glossary, by
turns; live in two streams that stay open, as a speaker's does. The glossary has the terms of
TICO-19 and of shops. Sentences of FLORES-200 dev have few of them; of TICO-19, those that have any
are taken. *Natural* terms are those whose form the reference has too, as a glossary's owner would
write them. Exits 1 when a bar is missed: 1.10 times the CPU of a live word, 1.06 times the passes
of whole texts with natural terms.

How to get the data is in ``benchmarks/__init__.py``.
"""

import argparse
import itertools
import json
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import torch

from benchmarks.kept import has_word, tico
from benchmarks.measured import Measured, save
from benchmarks.table import table
from translator.cli.progress import progress_bar
from translator.engine.request import Outcome, Request
from translator.eval.data import read_sentences
from translator.eval.interval import ratio_interval
from translator.local import Stream, Translator

DEFAULT_RESULT = Path(__file__).parent / "results" / "glossary.json"
MAX_LIVE = 1.10
MAX_PASSES = 1.06
ENTRIES = 500
Terms = dict[str, str]


class Passes:
    """Counts the decoder passes of a translator's requests."""

    def __init__(self, translator: Translator) -> None:
        self.count = 0
        # No part of the contract tells it for whole texts.
        engines = translator._engines
        self._submit = engines.submit
        engines.submit = self._counted  # type: ignore[method-assign]

    def _counted(self, requests: Sequence[Request], on_outcome: Callable[[Outcome], None]) -> None:
        def counting(outcome: Outcome) -> None:
            self.count += outcome.timing.steps_run
            on_outcome(outcome)

        self._submit(requests, counting)


def five_hundred(data: Path) -> Terms:
    """So many terms, each with one form."""
    terms: Terms = {}
    for name in ("terms", "ecommerce_ui_terms"):
        file = data / "terminology" / f"{name}.en-ptbr.jsonl"
        for line in file.read_text("utf-8").splitlines():
            row = json.loads(line)
            form = row.get("pt") or row.get("pt_br")
            if row["en"] and form:
                terms.setdefault(row["en"], form)
    return dict(itertools.islice(terms.items(), ENTRIES))


def opened(translator: Translator, terms: Terms | None) -> tuple[Stream, float]:
    """A stream, and the CPU seconds that it took to open it."""
    began = time.process_time()
    stream = translator.stream(source="en", targets=["pt"], glossary=terms)
    return stream, time.process_time() - began


def live(stream: Stream, text: str) -> float:
    """CPU seconds of a sentence that comes word by word, its end after its last word."""
    began = time.process_time()
    for word in text.split():
        stream.send(f"{word} ")
    stream.flush()
    return time.process_time() - began


def live_row(
    name: str, translator: Translator, texts: Sequence[str], terms: Terms
) -> dict[str, Any]:
    """A row: what a live word costs."""
    spent: tuple[list[float], list[float]] = ([], [])
    (without, _), (with_terms, opening_s) = (opened(translator, each) for each in (None, terms))
    streams = (without, with_terms)
    with progress_bar(f"live, {name}", len(texts)) as told:
        for number, text in enumerate(texts):
            for which in (0, 1) if number % 2 else (1, 0):
                spent[which].append(live(streams[which], text))
            told(number + 1)
    for stream in streams:
        stream.end()
    words = sum(len(text.split()) for text in texts)
    interval = ratio_interval(spent[1], spent[0])
    return {
        "what": f"live, {name}: CPU ms/word",
        "texts": len(texts),
        "without": round(1e3 * sum(spent[0]) / words, 2),
        "with": round(1e3 * sum(spent[1]) / words, 2),
        "ratio": round(sum(spent[1]) / sum(spent[0]), 3),
        "95 %": "" if interval is None else f"{interval.low:.3f} to {interval.high:.3f}",
        "at most": MAX_LIVE,
        "opening, ms": round(1e3 * opening_s, 1),
    }


def passes_row(
    name: str,
    translator: Translator,
    passes: Passes,
    given: Iterable[tuple[str, Terms]],
    bar: float | None,
) -> dict[str, Any]:
    """A row: the decoder passes of whole texts."""
    spent: tuple[list[float], list[float]] = ([], [])
    for text, terms in given:
        for which in (0, 1):
            before = passes.count
            translator.translate(text, source="en", target="pt", glossary=terms if which else None)
            spent[which].append(passes.count - before)
    interval = ratio_interval(spent[1], spent[0])
    return {
        "what": f"whole, {name}: passes",
        "texts": len(spent[0]),
        "without": sum(spent[0]),
        "with": sum(spent[1]),
        "ratio": round(sum(spent[1]) / sum(spent[0]), 3),
        "95 %": "" if interval is None else f"{interval.low:.3f} to {interval.high:.3f}",
        "at most": bar,
        "opening, ms": None,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--sentences", type=int, default=60, help="of each set, live")
    parser.add_argument("--output", type=Path, default=DEFAULT_RESULT)
    told = parser.parse_args()
    torch.set_num_threads(1)
    terms = five_hundred(told.data)
    flores = told.data / "parallel" / "flores200-dev.en-pt.jsonl"
    few = [sentence.source for sentence in read_sentences(flores, limit=told.sentences)]
    own = list(tico(told.data))
    natural = [
        (source, found)
        for source, reference, known in own
        if (found := {t: form for t, form in known.items() if has_word(reference, form)})
    ]
    many = [source for source, _, _ in own][: told.sentences]
    with Translator() as translator:
        passes = Passes(translator)
        # The first runs of a process are slower.
        stream, _ = opened(translator, terms)
        for text in few[:3]:
            live(stream, text)
        rows = [
            live_row("FLORES", translator, few, terms),
            live_row("TICO-19", translator, many, terms),
            passes_row("natural terms", translator, passes, natural, MAX_PASSES),
            passes_row("the 500 terms", translator, passes, ((t, terms) for t in many), None),
        ]
    print(table(rows))
    save(told.output, rows, Measured.now("auto"))
    return 0 if all(row["at most"] is None or row["ratio"] <= row["at most"] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
