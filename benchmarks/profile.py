"""Where the time goes, in a streaming update and in bulk, beside what its products cost at least.

    python -m benchmarks.profile --data ../shared/data

The embedded English to Portuguese model, one thread, FLORES dev. The model's calls
are timed from outside; the rest is the engine, and in a stream the session, the policy and the
tokeniser. No server: ``benchmarks.server`` has what that adds.

How to get the data is in ``benchmarks/__init__.py``.
"""

import argparse
import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from benchmarks.document import replaced
from benchmarks.measured import Measured, save
from benchmarks.peers.macs import int8_ceiling_gmacs, sentence_macs
from benchmarks.table import markdown, table
from translator.catalog.catalog import Served
from translator.engine.engine import Engine
from translator.engine.request import Priority, Request
from translator.eval.data import Sentence
from translator.eval.end import End
from translator.eval.replay import replay
from translator.models.base import FusedModel, Seq2SeqModel
from translator.models.embedded import embedded_models
from translator.models.marian.folder import read_marian_folder
from translator.models.marian.loading import load_marian_folder
from translator.policy.registry import Latency
from translator.precision import PRECISIONS

ROOT = Path(__file__).parent
DEFAULT_RESULT = ROOT / "results" / "profile.json"
DEFAULT_PAGE = ROOT.parent / "docs" / "performance.md"
FUSED = ("encode", "open_targets", "advance")
UNFUSED = ("encode", "prefill", "step", "predict")
OF_BATCH = frozenset(["advance", "step"])


class Stopwatch:
    """Seconds and calls of a model's methods, by name; it changes the model."""

    def __init__(self, model: Any) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.calls: Counter[str] = Counter()
        self.stages = FUSED if isinstance(model, FusedModel) else UNFUSED
        for name in self.stages:
            if name not in OF_BATCH:
                setattr(model, name, self._timed(name, getattr(model, name)))
        new_batch = model.new_batch

        def timed_batch() -> Any:
            batch = new_batch()
            for name in OF_BATCH.intersection(self.stages):
                setattr(batch, name, self._timed(name, getattr(batch, name)))
            return batch

        model.new_batch = timed_batch

    def _timed(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            began = time.perf_counter()
            try:
                return method(*args, **kwargs)
            finally:
                self.seconds[name] += time.perf_counter() - began
                self.calls[name] += 1

        return call

    def clear(self) -> None:
        """From zero."""
        self.seconds.clear()
        self.calls.clear()


def rows(watch: Stopwatch, total: float, units: int, unit: str) -> list[dict[str, Any]]:
    """What each stage takes of ``total`` seconds, for each of ``units``."""
    rest = total - sum(watch.seconds.values())
    parts = [(stage, watch.seconds[stage], watch.calls[stage]) for stage in watch.stages]
    return [
        {
            "where": name,
            f"ms/{unit}": round(1e3 * seconds / units, 3),
            "share, %": round(100 * seconds / total),
            f"calls/{unit}": round(calls / units, 2) if calls else "",
        }
        for name, seconds, calls in [*parts, ("the rest", rest, 0), ("all", total, 0)]
    ]


def live(served: Served, watch: Stopwatch, texts: list[str], end: End) -> list[dict[str, Any]]:
    """One stream, word by word, with the default policy."""
    sentences = [Sentence(index, text, "") for index, text in enumerate(texts)]
    list(replay(served, sentences[:2], Latency.BALANCED, jobs=1))
    watch.clear()
    began = time.perf_counter()
    instances = list(replay(served, sentences, Latency.BALANCED, end=end, jobs=1))
    total = time.perf_counter() - began
    words = sum(int(i.source_length) for i in instances)
    return rows(watch, total, words, "word")


def bulk(
    served: Served, watch: Stopwatch, texts: list[str]
) -> tuple[list[dict[str, Any]], list[tuple[int, int]]]:
    """All sentences wait from the beginning. Also returns their source and target tokens."""
    engine = Engine({served.model.info.name: served.model})
    lengths = []
    watch.clear()
    began = time.perf_counter()
    for index, text in enumerate(texts):
        source = served.tokenizer.encode_source(text).tokens
        name = served.model.info.name
        engine.submit(Request((str(index), ""), index, name, source, priority=Priority.BATCH))
    for outcome in engine.run():
        if outcome.hypothesis is None:
            raise SystemExit(f"a sentence failed: {outcome.error}")
        lengths.append((len(outcome.request.source), len(outcome.hypothesis.tokens) + 1))
    total = time.perf_counter() - began
    return rows(watch, total, sum(len(text.split()) for text in texts), "word"), lengths


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--sentences", type=int, default=300, help="in bulk")
    parser.add_argument("--stream-sentences", type=int, default=40)
    parser.add_argument("--precision", choices=PRECISIONS, default="auto")
    parser.add_argument("--end", type=End, choices=list(End), default=End.NEXT_WORD)
    parser.add_argument("--output", type=Path, default=DEFAULT_RESULT)
    parser.add_argument("--page", type=Path, default=DEFAULT_PAGE)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    ((pair, folder), *_) = embedded_models()
    file = arguments.data / "parallel" / f"flores200-dev.{pair}.jsonl"
    with file.open(encoding="utf-8") as lines:
        texts = [json.loads(line)["src"] for line, _ in zip(lines, range(997), strict=False)]
    model: Seq2SeqModel = load_marian_folder(folder, pair=pair, precision=arguments.precision)
    served, watch = Served(model, pair), Stopwatch(model)
    streamed = live(served, watch, texts[: arguments.stream_sentences], arguments.end)
    bulk(served, watch, texts[:20])
    whole, lengths = bulk(served, watch, texts[: arguments.sentences])
    ceiling = int8_ceiling_gmacs()
    hp = read_marian_folder(folder).hyper_parameters
    macs = sum(sentence_macs(hp, source, target) for source, target in lengths)
    words = sum(len(text.split()) for text in texts[: arguments.sentences])
    reached = macs / words / (1e6 * whole[-1]["ms/word"])
    summary = (
        f"{macs / words / 1e6:.1f} million products a word; {reached:.0f} GMAC/s in bulk, "
        f"{100 * reached / ceiling:.0f} % of the {ceiling:.0f} that `torch._int_mm` reaches here."
    )
    print(f"one stream, a word\n{table(streamed)}\n\nbulk, a word\n{table(whole)}\n\n{summary}")
    result = {"live": streamed, "bulk": whole, "ceiling": ceiling, "reached": reached}
    measured = Measured.now(arguments.precision)
    save(arguments.output, result, measured)
    content = (
        f"{measured}. One stream, for each word:\n\n{markdown(streamed)}\n\n"
        f"Bulk, for each source word:\n\n{markdown(whole)}\n\n{summary}"
    )
    page = arguments.page.read_text(encoding="utf-8")
    arguments.page.write_text(replaced(page, "profile", content), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
