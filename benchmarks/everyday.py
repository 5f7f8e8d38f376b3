"""Everyday phrases that nothing was trained on: how many are wrong in meaning?

    python -m benchmarks.everyday
    python -m benchmarks.everyday --model en-pt=models/shop

``everyday.tsv`` has a hundred phrases with a translation each, ``everyday.day.tsv`` a hundred that
average days bring. Those who wrote the models' phrases have seen neither. Whether a meaning is
right, only a reader can say: ``everyday.read.tsv`` has what readers said of translations so far.
The run prints the translations that nobody has read yet; add a line for each. Exits 1 when more
than 10 of a set are wrong, or one is not read.
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.measured import Measured, save
from benchmarks.table import table
from translator.config import load_config
from translator.eval.quality import chrf, chrf_interval
from translator.local import Translator

__all__ = ["Phrase", "read_phrases", "read_verdicts"]

HERE = Path(__file__).parent
DEFAULT_RESULT = HERE / "results" / "everyday.json"
LANGUAGES = ("en", "pt")
SETS = {"phrases": "everyday.tsv", "days": "everyday.day.tsv"}
MAX_WRONG = 10
WRONG, RIGHT = "wrong", "right"


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase in one language, and how it could be said in the other."""

    language: str
    text: str
    reference: str


def read_phrases(name: str) -> list[Phrase]:
    """The hundred phrases of a set."""
    lines = (HERE / SETS[name]).read_text(encoding="utf-8").splitlines()
    return [Phrase(*line.split("\t")) for line in lines]


def read_verdicts() -> dict[tuple[str, str], str]:
    """What readers said, by phrase and translation."""
    lines = (HERE / "everyday.read.tsv").read_text(encoding="utf-8").splitlines()
    return {(text, said): verdict for text, said, verdict in (each.split("\t") for each in lines)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--model", action="append", default=[], help="as of `translator serve`")
    parser.add_argument("--output", type=Path, default=DEFAULT_RESULT)
    told = parser.parse_args()
    settings = load_config(overrides={"models": tuple(told.model)} if told.model else {})
    verdicts = read_verdicts()
    rows: list[dict[str, Any]] = []
    with Translator(settings) as translator:
        for name in SETS:
            for source, target in (LANGUAGES, LANGUAGES[::-1]):
                phrases = [phrase for phrase in read_phrases(name) if phrase.language == source]
                said = [
                    translator.translate(p.text, source=source, target=target).text for p in phrases
                ]
                found = [verdicts.get((p.text, s), "") for p, s in zip(phrases, said, strict=True)]
                for phrase, text, verdict in zip(phrases, said, found, strict=True):
                    if verdict != RIGHT:
                        print(
                            f"{verdict or 'not read'}: {phrase.text} | {text} | {phrase.reference}"
                        )
                references = [phrase.reference for phrase in phrases]
                likely = chrf_interval(said, references)
                rows.append(
                    {
                        "set": name,
                        "pair": f"{source}-{target}",
                        "phrases": len(phrases),
                        "wrong": found.count(WRONG),
                        "not read": found.count(""),
                        "chrF": round(chrf(said, references), 1),
                        "95 %": f"{likely.low:.1f} to {likely.high:.1f}",
                    }
                )
    print(table(rows))
    save(told.output, rows, Measured.now("auto"))
    wrong = [sum(row["wrong"] for row in rows if row["set"] == name) for name in SETS]
    return 0 if max(wrong) <= MAX_WRONG and not any(row["not read"] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
