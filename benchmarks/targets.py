"""What four targets of one stream cost beside four streams with a target each.

    python -m benchmarks.targets

A model of several languages whose source is the same for all encodes it once and decodes into all
targets in one batch. The streams it is compared with run one after another, each as if it were
alone. The text is numbers, word by word: English into the languages of the counting model of the
tests, and of the same model grown to the size of M2M-100 (see ``grown.py``). Exits 1 when the bar
is missed, or when a target comes out differently beside others.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import torch

from benchmarks.document import replaced
from benchmarks.grown import M2M100_418M, load_grown
from benchmarks.measured import Measured, save
from benchmarks.table import markdown, table
from translator.engine.engine import Engine
from translator.languages.pair import LanguagePair
from translator.local.driver import settle
from translator.models.base import Seq2SeqModel
from translator.models.loading import load_model
from translator.policy.registry import Latency, resolve
from translator.session.events import Binding, SessionConfig, SessionLimits, SourceUpdate
from translator.session.session import Session
from translator.text.segmenter import Segmenter

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "tests" / "models" / "counting" / "many"
DEFAULT_RESULT = ROOT / "benchmarks" / "results" / "targets.json"
DEFAULT_PAGE = ROOT / "docs" / "performance.md"
TARGETS = ("es", "fr", "it", "pt")
MAX_SHARE = 0.6
SENTENCES = (
    "seven, two hundred and forty one thousand six hundred and five, nineteen.",
    "thirty three thousand and eight, ninety nine, four hundred and twelve thousand.",
    "six hundred and seventy, one, eighty four thousand three hundred and twenty.",
    "fifty two, nine thousand nine hundred, twelve, one hundred and one thousand and one.",
)


def stream(
    model: Seq2SeqModel, targets: Sequence[str], sentences: Sequence[str]
) -> tuple[dict[str, str], float]:
    """Translate word by word.

    Returns:
        Committed text of each target, and CPU seconds for it all.
    """
    bindings = tuple(
        Binding(target, model.info, model.tokenizer(LanguagePair("en", target)))
        for target in targets
    )
    config = SessionConfig(bindings, resolve(Latency.BALANCED), Segmenter("en"))
    engine = Engine({model.info.name: model})
    texts = dict.fromkeys(targets, "")
    began = time.process_time()
    session = Session("s", "stream", config, SessionLimits(), time.monotonic)
    for number, word in enumerate(" ".join(sentences).split()):
        session.update_source(SourceUpdate(number + 1, word + " "))
        settle(engine, [session])
    session.end_source()
    settle(engine, [session])
    for target in targets:
        texts[target] = "".join(event.committed for _, event in session.outboxes[target].take())
    return texts, time.process_time() - began


def measure(name: str, model: Seq2SeqModel, sentences: Sequence[str]) -> dict[str, object]:
    """A row of the table."""
    # The first run of a process is slower.
    stream(model, TARGETS, sentences[:1])
    words = sum(len(sentence.split()) for sentence in sentences)
    together, together_s = stream(model, TARGETS, sentences)
    alone_s = 0.0
    for target in TARGETS:
        texts, seconds = stream(model, [target], sentences)
        alone_s += seconds
        if texts[target] != together[target]:
            raise SystemExit(f"{name}: {target} comes out differently beside other targets")
    return {
        "model": name,
        "one stream, CPU ms/word": round(1e3 * together_s / words, 1),
        "four streams, CPU ms/word": round(1e3 * alone_s / words, 1),
        "ratio": round(together_s / alone_s, 2),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--output", type=Path, default=DEFAULT_RESULT)
    parser.add_argument("--page", type=Path, default=DEFAULT_PAGE)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    rows = [
        measure("counting, 1 million parameters", load_model(f"all={FOLDER}"), SENTENCES),
        measure("the same, grown to M2M-100 418M", load_grown(FOLDER, M2M100_418M), SENTENCES[:1]),
    ]
    print(table(rows))
    # A Transformers model has no eight bits.
    measured = Measured.now("float32")
    save(arguments.output, rows, measured)
    page = arguments.page.read_text(encoding="utf-8")
    arguments.page.write_text(
        replaced(page, "targets", f"{measured}:\n\n{markdown(rows)}"), encoding="utf-8"
    )
    return int(any(float(str(row["ratio"])) > MAX_SHARE for row in rows))


if __name__ == "__main__":
    sys.exit(main())
