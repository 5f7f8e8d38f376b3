"""Short utterances: is what is committed in the end what the whole sentence translates to?

    python -m benchmarks.short --data ../shared/data

The sentences of Tatoeba with at most five words, both directions, word by word, where the end is
told later than the last word: when the next one comes, and by a rest. An interrupted run goes on
where it was. Exits 1 when more than 3 % of the sentences differ from their whole translation, or
one has no translation at all.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.evaluation import Evaluation, options, slug
from benchmarks.measured import Measured, save
from benchmarks.table import table
from translator.cli.evaluate import read_policy
from translator.eval.data import Sentence, read_rows
from translator.eval.end import End
from translator.eval.log import Instance
from translator.eval.summary import summarize
from translator.languages.pair import LanguagePair

DEFAULT_RESULT = Path(__file__).parent / "results" / "short.json"
PAIRS = (LanguagePair("en", "pt"), LanguagePair("pt", "en"))
MAX_WORDS = 5
MAX_DIFFERS = 0.03


def short_sentences(data: Path, pair: LanguagePair) -> list[Sentence]:
    """Sentences with their first reference; of the many that a row may have in a language each."""
    sentences: dict[str, str] = {}
    for _, row in read_rows(data / "parallel" / "tatoeba.en-pt.jsonl"):
        texts = {"en": [row["en"]], "pt": row["pt"]}
        for source in texts[pair.source]:
            if 0 < len(source.split()) <= MAX_WORDS:
                sentences.setdefault(source, texts[pair.target][0])
    return [Sentence(index, *texts) for index, texts in enumerate(sentences.items())]


def print_differences(done: Sequence[Instance], whole: Sequence[Instance], count: int) -> None:
    """Source, committed text and whole translation of the first that differ."""
    pairs = [(a, b) for a, b in zip(done, whole, strict=True) if a.prediction != b.prediction]
    for one, other in pairs[:count]:
        print(f"  {one.source} | {one.prediction} | {other.prediction}")


def main() -> int:
    parser = options(__doc__)
    parser.add_argument("--policy", default="balanced")
    parser.add_argument(
        "--end",
        type=End,
        choices=list(End),
        action="append",
        help="repeatable  [default: next-word and rest]",
    )
    parser.add_argument("--sentences", type=int, help="the first so many only")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--show", type=int, default=0, help="print so many that differ")
    parser.add_argument("--output", type=Path, default=DEFAULT_RESULT)
    told = parser.parse_args()
    rows = []
    for pair in PAIRS:
        evaluation = Evaluation("short", pair, precision=told.precision, processes=told.processes)
        sentences = short_sentences(told.data, pair)[: told.sentences]
        whole = evaluation.whole("tatoeba", sentences)
        for end in told.end or (End.NEXT_WORD, End.REST):
            name = f"tatoeba.{slug(told.policy)}"
            done = evaluation.sentences(name, sentences, read_policy(told.policy), end)
            print_differences(done, whole, told.show)
            summary = summarize(done, whole=whole)
            rows.append(
                {
                    "pair": str(pair),
                    "end": end,
                    "sentences": summary.instances,
                    "differs": f"{summary.differs or 0.0:.1%}",
                    "empty": summary.empty or 0,
                    "loss": round(summary.loss or 0.0, 2),
                    "LAAL": round(summary.laal_words or 0.0, 2),
                    "NE": round(summary.normalized_erasure, 2),
                    "met": (summary.differs or 0.0) <= MAX_DIFFERS and not summary.empty,
                }
            )
    print(table(rows))
    save(told.output, {"policy": told.policy, "rows": rows}, Measured.now(told.precision))
    # With the last word nothing is asked for: it is the baseline.
    return 0 if all(row["met"] for row in rows if row["end"] is not End.WITH_LAST) else 1


if __name__ == "__main__":
    sys.exit(main())
