"""A sentence is spoken, then there is silence: when is it shown whole, and when committed?

    python -m benchmarks.silence [--data ../shared/data]

Sentences of our own, and the first of FLORES-200 dev where the data is there, each in a session of
its own: a word every 0.4 s, then nothing more, on a clock that counts computation. With their end
marks and without. Times are from the last word; *shown whole* is when committed text and draft
together are what is committed in the end. Exits 1 when the slowest sentence with its mark is beyond
a bar, or any sentence never comes.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.evaluation import load, options
from benchmarks.measured import Measured, save
from benchmarks.table import table
from translator.asr.piece import SourcePiece
from translator.catalog.catalog import Served
from translator.cli.evaluate import read_policy
from translator.cli.progress import progress_bar
from translator.eval.data import read_sentences
from translator.eval.live import LiveReplay
from translator.eval.log import Instance
from translator.eval.replay import WORD_S
from translator.eval.talk import Arrival, Talk
from translator.eval.updates import segments, shown
from translator.languages.pair import LanguagePair
from translator.policy.registry import Latency, PolicyChoice
from translator.text.words import strip_final_punctuation

DEFAULT_RESULT = Path(__file__).parent / "results" / "silence.json"
# Seconds after the last word, of a sentence with its end mark.
SHOWN_S, COMMITTED_S = 1.0, 2.5
# Whoever has committed nothing until then never will.
SILENCE_S = 60.0
SENTENCES = {
    "en": (
        "The ferry to the island costs 45 euros.",
        "My sister lives in Hamburg.",
        "We meet at half past seven.",
        "Please call Doctor Hansen.",
        "Is the museum open on Mondays?",
        "Thank you!",
        "Nobody has seen the blue suitcase.",
        "The lift is out of order, so take the stairs.",
        "He paid with a hundred dollar note.",
        "Turn left after the second bridge.",
        "What did she say about the contract?",
        "The train from Coimbra is twenty minutes late.",
    ),
    "pt": (
        "A balsa para a ilha custa 45 euros.",
        "Minha irmã mora em Hamburgo.",
        "A gente se encontra às sete e meia.",
        "Por favor, ligue para o doutor Hansen.",
        "O museu abre às segundas?",
        "Obrigado!",
        "Ninguém viu a mala azul.",
        "O elevador está quebrado, então suba pela escada.",
        "Ele pagou com uma nota de cem.",
        "Vire à esquerda depois da segunda ponte.",
        "O que ela disse sobre o contrato?",
        "O trem de Coimbra está vinte minutos atrasado.",
    ),
}


@dataclass(frozen=True, slots=True)
class Heard:
    """When the last of a sentence came, in seconds after its last word."""

    shown_s: float
    committed_s: float


def spoken(served: Served, text: str, policy: Latency | PolicyChoice) -> Heard | None:
    """Speak a text and be silent; None: it was not committed before the source ended."""
    arrivals = tuple(
        Arrival(WORD_S * place, SourcePiece(word + " "))
        for place, word in enumerate(text.split(), start=1)
    )
    talk = Talk("sentence", arrivals)
    done = LiveReplay(served, talk, policy, silence_s=SILENCE_S).run()
    end_s = arrivals[-1].at_s
    committed_s = max((u.at_s - end_s for u in done.received if u.closed), default=SILENCE_S)
    if committed_s >= SILENCE_S or not done.prediction:
        return None
    return Heard(_shown_s(done) - end_s, committed_s)


def _shown_s(done: Instance) -> float:
    """When everything that is committed in the end was on the screen, for good."""
    texts: dict[int, str] = {}
    final = {s[0].segment_id: shown(s)[-1].strip() for s in segments(done.received)}
    shown_s = 0.0
    was_whole = False
    committed: dict[int, str] = {}
    for update in done.received:
        committed[update.segment_id] = committed.get(update.segment_id, "") + update.committed
        texts[update.segment_id] = (committed[update.segment_id] + update.draft).strip()
        is_whole = texts == final
        if is_whole and not was_whole:
            shown_s = update.at_s
        was_whole = is_whole
    return shown_s


def row(what: str, heard: Sequence[Heard | None]) -> dict[str, Any]:
    known = [each for each in heard if each is not None]
    figures: dict[str, Any] = {
        "what": what,
        "sentences": len(heard),
        "never": len(heard) - len(known),
    }
    for name, times_s in (
        ("shown", [each.shown_s for each in known]),
        ("committed", [each.committed_s for each in known]),
    ):
        p50, p95, worst = np.percentile(times_s, [50, 95, 100]) if times_s else [np.inf] * 3
        figures |= {
            f"{name} p50 s": round(float(p50), 2),
            f"{name} p95 s": round(float(p95), 2),
            f"{name} worst s": round(float(worst), 2),
        }
    return figures


def texts_of(pair: LanguagePair, data: Path, count: int) -> dict[str, list[str]]:
    """Sentences that end with their mark, by where they are from."""
    texts = {"ours": list(SENTENCES[pair.source])}
    file = data / "parallel" / f"flores200-dev.{pair}.jsonl"
    if count and file.is_file():
        found = [sentence.source for sentence in read_sentences(file, limit=count)]
        texts["FLORES"] = [text for text in found if text.endswith((".", "!", "?"))]
    return texts


def main() -> int:
    parser = options(__doc__)
    parser.add_argument("--policy", default="balanced")
    parser.add_argument("--sentences", type=int, default=100, help="of FLORES")
    parser.add_argument("--output", type=Path, default=DEFAULT_RESULT)
    told = parser.parse_args()
    policy = read_policy(told.policy)
    rows = []
    misses = []
    for pair in (LanguagePair("en", "pt"), LanguagePair("pt", "en")):
        served = load(pair, told.precision)
        for where, texts in texts_of(pair, told.data, told.sentences).items():
            bare = [strip_final_punctuation(text) for text in texts]
            for marks, said in (("with their marks", texts), ("without", bare)):
                name = f"{pair} {where}, {marks}"
                heard = []
                with progress_bar(name, len(said)) as progress:
                    for text in said:
                        heard.append(spoken(served, text, policy))
                        progress(len(heard))
                figures = row(name, heard)
                rows.append(figures)
                if figures["never"] or (
                    said is texts
                    and (
                        figures["shown worst s"] > SHOWN_S
                        or figures["committed worst s"] > COMMITTED_S
                    )
                ):
                    misses.append(name)
    print(table(rows))
    save(told.output, {"policy": told.policy, "rows": rows}, Measured.now(told.precision))
    for name in misses:
        print(f"NOT MET  {name}: shown ≤ {SHOWN_S} s, committed ≤ {COMMITTED_S} s, never: none")
    return 1 if misses else 0


if __name__ == "__main__":
    sys.exit(main())
