"""Marks between the turns of a dialogue: are there as many segments as without them?

    python -m benchmarks.marks

Eighteen turns, word by word, with each mark before every turn, in a session with the fake model: it
is about the source alone. Exits 1 where a mark changes the number of segments.
"""

import argparse
import sys
from pathlib import Path

from benchmarks.measured import Measured, save
from benchmarks.table import table
from translator.asr.piece import SourcePiece
from translator.catalog.catalog import Served
from translator.eval.live import LiveReplay
from translator.eval.replay import WORD_S
from translator.eval.talk import Arrival, Talk
from translator.languages.pair import LanguagePair
from translator.policy.registry import PolicyChoice
from translator.testing import FakeModel

DEFAULT_RESULT = Path(__file__).parent / "results" / "marks.json"
TURNS = (
    "Did you sleep well?",
    "Hardly, the street was noisy.",
    "You could ask for another room.",
    "I did, they have none.",
    "What a pity!",
    "Never mind.",
    "Shall we have breakfast?",
    "Gladly, I am hungry.",
    "The bread here is excellent.",
    "So is the coffee.",
    "When does your train leave?",
    "At ten past eleven.",
    "Then we have to hurry.",
    "My bags are packed.",
    "Who pays?",
    "Let me.",
    "Thank you very much!",
    "Until next year, then.",
)
MARKS = ("", ">>", "-", "–", "—", "•", "…", "♪", "\U0001f642", ">>>", "--", "*", "♪♪")


def num_segments(mark: str) -> int:
    """Segments of the dialogue with a mark before each turn."""
    words = " ".join(f"{mark} {turn}" for turn in TURNS).split()
    arrivals = (
        Arrival(WORD_S * place, SourcePiece(word + " "))
        for place, word in enumerate(words, start=1)
    )
    # The marks of English, whatever the fake model makes of it.
    served = Served(FakeModel(), LanguagePair("en", "pt"))
    talk = Talk("dialogue", tuple(arrivals))
    return LiveReplay(served, talk, PolicyChoice("final-only", {})).run().report.segments


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--output", type=Path, default=DEFAULT_RESULT)
    options = parser.parse_args()
    rows = [{"mark": mark or "none", "segments": num_segments(mark)} for mark in MARKS]
    print(table(rows))
    save(options.output, rows, Measured.now(None))
    return 0 if len({row["segments"] for row in rows}) == 1 else 1


if __name__ == "__main__":
    sys.exit(main())
