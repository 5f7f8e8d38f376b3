"""What a word update costs, with the former hypothesis verified as a draft and without.

    python -m benchmarks.updates

The sentences of the talks in ``examples/``, word by word, one at a time and one thread. The
baseline of each ratio is the same policy decoding every hypothesis token by token, in the same run;
the two have to commit the same text.
"""

import argparse
import sys
from functools import partial
from pathlib import Path

import torch

from benchmarks.measured import Measured, save
from benchmarks.table import table
from translator.catalog.catalog import Served
from translator.eval.data import Sentence
from translator.eval.end import End
from translator.eval.log import Instance
from translator.eval.replay import replay
from translator.eval.summary import summarize
from translator.models.embedded import embedded_models
from translator.models.marian.loading import load_marian_folder
from translator.policy.registry import Latency, PolicyChoice
from translator.precision import PRECISIONS
from translator.text.segmenter import Segmenter

ROOT = Path(__file__).parent
DEFAULT_RESULT = ROOT / "results" / "updates.json"
POLICIES: dict[str, Latency | PolicyChoice] = {
    "balanced": Latency.BALANCED,
    "retranslation": PolicyChoice("retranslation", {}),
}


def sentences_of(language: str, limit: int) -> list[Sentence]:
    """The first sentences of the talk in a language; there is no reference."""
    text = (ROOT.parent / "examples" / f"talk.{language}.txt").read_text(encoding="utf-8")
    parts = [text[start:end].strip() for start, end in Segmenter(language).split(text)]
    return [Sentence(index, part, "") for index, part in enumerate(parts[:limit])]


def cpu_ms_per_word(instances: list[Instance]) -> float:
    """CPU time of all of them for each of their source words."""
    return sum(i.computation.cpu_ms or 0.0 for i in instances) / sum(
        i.source_length for i in instances
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--sentences", type=int, default=12)
    parser.add_argument("--precision", choices=PRECISIONS, default="auto")
    parser.add_argument("--end", type=End, choices=list(End), default=End.NEXT_WORD)
    parser.add_argument("--output", type=Path, default=DEFAULT_RESULT)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    rows = []
    for pair, folder in embedded_models():
        served = Served(load_marian_folder(folder, pair=pair, precision=arguments.precision), pair)
        sentences = sentences_of(pair.source, arguments.sentences)
        # The first run of a process is slower.
        list(replay(served, sentences[:1], Latency.BALANCED, jobs=1))
        for name, policy in POLICIES.items():
            told = partial(replay, served, sentences, policy, end=arguments.end, jobs=1)
            verified, scratch = list(told()), list(told(verify_drafts=False))
            if [i.prediction for i in verified] != [i.prediction for i in scratch]:
                raise SystemExit(f"{pair} {name}: drafts changed the output")
            ms, scratch_ms = cpu_ms_per_word(verified), cpu_ms_per_word(scratch)
            rows.append(
                {
                    "pair": str(pair),
                    "policy": name,
                    "steps": round(summarize(verified).steps_per_update, 2),
                    "steps, no drafts": round(summarize(scratch).steps_per_update, 2),
                    "CPU ms/word": round(ms, 1),
                    "CPU ms/word, no drafts": round(scratch_ms, 1),
                    "ratio": round(ms / scratch_ms, 2),
                }
            )
    print(table(rows))
    save(arguments.output, rows, Measured.now(arguments.precision))
    return 0


if __name__ == "__main__":
    sys.exit(main())
