"""BLEU of text streamed word by word, against translating the same sentences whole.

    python -m benchmarks.quality --data ../shared/data --sentences 50

FLORES-200 dev, float32, both directions, every preset, and ``final-only``, which has to be
identical to the whole translation. Exits 1 when it is not, or when the default policy loses more
than 2 BLEU.
"""

import argparse
import dataclasses
import json
import sys
from pathlib import Path

import torch
from rich.console import Console
from rich.progress import track

from benchmarks.table import table
from translator.engine.engine import Engine
from translator.eval.data import read_sentences
from translator.eval.replay import replay
from translator.eval.summary import summarize
from translator.models.base import LanguagePair, Seq2SeqModel
from translator.models.loading import embedded_models, load_marian_folder
from translator.policy.registry import Latency, PolicyChoice, resolve
from translator.session.events import Binding
from translator.session.text import TextTranslation
from translator.text.segmenter import Segmenter, SegmentLimits

DEFAULT_RESULT = Path(__file__).parent / "results" / "quality.json"
MAX_LOSS = 2.0


def whole(model: Seq2SeqModel, pair: LanguagePair, source: str) -> str:
    """A sentence as Translate translates it, in one segment, without the white space around it."""
    segmenter = Segmenter(pair.source, SegmentLimits(10_000, 100_000), find_sentences=False)
    binding = Binding(pair.target, model.info, model.tokenizer(pair))
    text = TextTranslation("whole", binding, segmenter, source)
    engine = Engine({model.info.name: model})
    for request in text.requests:
        engine.submit(request)
    for outcome in engine.run():
        text.accept(outcome)
    return text.result(alignments=False)[0].strip()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--sentences", type=int, default=50)
    parser.add_argument("--output", type=Path, default=DEFAULT_RESULT)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    progress = Console(stderr=True)
    rows = []
    holds = True
    final = PolicyChoice("final-only", {})
    for pair, folder in embedded_models():
        file = arguments.data / "parallel" / f"flores200-dev.{pair}.jsonl"
        sentences = read_sentences(file, limit=arguments.sentences)
        model = load_marian_folder(folder, pair=pair)
        wholes = [whole(model, pair, sentence.source) for sentence in sentences]
        offline = 0.0
        for name, policy in {"final-only": final, **{p.value: resolve(p) for p in Latency}}.items():
            streamed = replay(model, pair, sentences, policy)
            done = list(
                track(
                    streamed,
                    f"{pair} {name}",
                    total=len(sentences),
                    console=progress,
                    transient=True,
                )
            )
            summary = summarize(done)
            same = sum(i.prediction == w for i, w in zip(done, wholes, strict=True))
            if policy is final:
                offline = summary.bleu
                holds &= same == len(done)
            if name == Latency.BALANCED.value:
                holds &= offline - summary.bleu <= MAX_LOSS
            figures = {
                key: round(value, 2) if isinstance(value, float) else value
                for key, value in dataclasses.asdict(summary).items()
            }
            loss = round(offline - summary.bleu, 2)
            parameters = ", ".join(f"{k} {v:g}" for k, v in policy.parameters.items())
            described = f"{name}: {policy.name} {parameters}".strip()
            rows.append(
                {"pair": str(pair), "policy": described, "loss": loss, "as whole": same, **figures}
            )
    print(table(rows))
    arguments.output.write_text(json.dumps(rows, indent=2) + "\n")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
