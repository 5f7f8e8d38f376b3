"""BLEU of text streamed word by word, against translating the same sentences whole.

    python -m benchmarks.quality --data ../shared/data --sentences 50

FLORES-200 dev, float32, both directions, every preset and ``final-only``, which has to be
identical. Lag is LAAL in source words with the hypothesis' own length; erasure is that of what is
shown.
"""

import argparse
import json
import sys
from pathlib import Path
from statistics import mean

import sacrebleu
import torch
from rich.console import Console
from rich.progress import track

from benchmarks.replay import replay, table, words_of
from translator.models.loading import embedded_models, load_marian_folder
from translator.policy.registry import Latency, PolicyChoice

DEFAULT_RESULT = Path(__file__).parent / "results" / "quality.json"
MAX_LOSS = 2.0


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
    for pair, folder in embedded_models():
        file = arguments.data / "parallel" / f"flores200-dev.{pair}.jsonl"
        with file.open(encoding="utf-8") as lines:
            sample = [
                json.loads(x) for x, _ in zip(lines, range(arguments.sentences), strict=False)
            ]
        model = load_marian_folder(folder, pair=pair)
        final = PolicyChoice("final-only", {})
        references = [row["ref"] for row in sample]
        whole = [
            replay(model, pair, [row["src"]], policy=final, one_segment=True).segments
            for row in sample
        ]
        offline = sacrebleu.corpus_bleu([" ".join(s) for s in whole], [references]).score
        for policy in (final, *Latency):
            name = policy.value if isinstance(policy, Latency) else policy.name
            done = [
                replay(model, pair, words_of(row["src"]), policy=policy, one_segment=True)
                for row in track(sample, f"{pair} {name}", console=progress, transient=True)
            ]
            outputs = [" ".join(result.segments) for result in done]
            bleu = sacrebleu.corpus_bleu(outputs, [references]).score
            identical = sum(result.segments == w for result, w in zip(done, whole, strict=True))
            rows.append(
                {
                    "pair": str(pair),
                    "policy": name,
                    "BLEU": round(bleu, 2),
                    "loss": round(offline - bleu, 2),
                    "identical": f"{identical}/{len(done)}",
                    "lag, words": round(mean(r.report.mean_lag_words for r in done), 2),
                    "erasure": round(
                        sum(r.report.normalized_erasure * r.report.target_words for r in done)
                        / sum(r.report.target_words for r in done),
                        2,
                    ),
                    "steps": round(mean(s for r in done for s in r.steps), 2),
                }
            )
            if policy is final:
                holds &= identical == len(done)
            if policy is Latency.BALANCED:
                holds &= offline - bleu <= MAX_LOSS
    print(table(rows))
    arguments.output.write_text(json.dumps(rows, indent=2) + "\n")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
