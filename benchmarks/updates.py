"""What a word update costs, with the former hypothesis verified as a draft and without.

    python -m benchmarks.updates

The talks in ``examples/``, word by word, through a session without a socket, one thread. The
baseline of each ratio is the same policy decoding every hypothesis token by token, in the same run.
"""

import argparse
import json
import sys
from pathlib import Path
from statistics import mean, median

import torch

from benchmarks.replay import replay, table, words_of
from translator.models.loading import embedded_models, load_marian_folder
from translator.policy.registry import Latency, PolicyChoice

ROOT = Path(__file__).parent
DEFAULT_RESULT = ROOT / "results" / "updates.json"
POLICIES: dict[str, Latency | PolicyChoice] = {
    "balanced": Latency.BALANCED,
    "retranslation": PolicyChoice("retranslation", {}),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--words", type=int, default=150)
    parser.add_argument("--output", type=Path, default=DEFAULT_RESULT)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    rows = []
    for pair, folder in embedded_models():
        model = load_marian_folder(folder, pair=pair)
        talk = (ROOT.parent / "examples" / f"talk.{pair.source}.txt").read_text(encoding="utf-8")
        words = words_of(talk)[: arguments.words]
        replay(model, pair, words[:10])
        for name, policy in POLICIES.items():
            verified = replay(model, pair, words, policy=policy)
            scratch = replay(model, pair, words, policy=policy, verify_drafts=False)
            if verified.segments != scratch.segments:
                raise SystemExit(f"{pair} {name}: drafts changed the output")
            rows.append(
                {
                    "pair": str(pair),
                    "policy": name,
                    "steps": round(mean(verified.steps), 2),
                    "steps, no drafts": round(mean(scratch.steps), 2),
                    "median": median(verified.steps),
                    "median, no drafts": median(scratch.steps),
                    "CPU ms/word": round(verified.cpu_ms / len(words), 1),
                    "CPU ms/word, no drafts": round(scratch.cpu_ms / len(words), 1),
                    "ratio": round(verified.cpu_ms / scratch.cpu_ms, 2),
                }
            )
    print(table(rows))
    arguments.output.write_text(json.dumps(rows, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
