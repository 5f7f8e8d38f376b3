"""Talks live against translating their sentences whole, and what a recogniser's errors cost.

    python -m benchmarks.talks --data ../shared/data

The lectures (talks_3b1b) word by word at the times of their words, each one session, scored against
the human translation in windows of 8 sentences. Then sentences as recognisers heard them
(talks_acl6060, covost2_pt_en): the loss against the clean source, streamed and translated whole.
An interrupted run goes on where it was. Exits 1 when all lectures together lose more than 1.5 BLEU.
"""

import argparse
import dataclasses
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.evaluation import Evaluation
from benchmarks.table import table
from translator.cli.evaluate import read_policy
from translator.eval import log
from translator.eval.data import Sentence, read_sentences
from translator.eval.latency import source_lags_s
from translator.eval.longform import resegmented
from translator.eval.quality import bleu
from translator.eval.run import whole_sentences
from translator.eval.summary import Summary, summarize
from translator.eval.talk import joined, read_references, read_words, windows
from translator.models.base import LanguagePair

DEFAULT_RESULT = Path(__file__).parent / "results" / "talks.json"
WINDOW = 8
MAX_LOSS = 1.5
OFFLINE = "final-only"
ENGLISH = LanguagePair("en", "pt")
PORTUGUESE = LanguagePair("pt", "en")


@dataclass(frozen=True, slots=True)
class Lecture:
    """One lecture, live and with its sentences translated whole."""

    name: str
    live: log.Instance
    whole: Sequence[log.Instance]

    @property
    def references(self) -> list[str]:
        """Of the windows."""
        return [reference.text for reference in windows(self.live.references, WINDOW)]

    @property
    def live_texts(self) -> list[str]:
        """Live output of the windows."""
        segments = resegmented(self.live, windows(self.live.references, WINDOW))
        return [segment.prediction for segment in segments]

    @property
    def whole_texts(self) -> list[str]:
        """Offline output of the windows."""
        return joined([instance.prediction for instance in self.whole], WINDOW)


def lectures(
    data: Path, policy: str, name: str, limit: int | None, *, is_plain: bool
) -> list[Lecture]:
    evaluation = Evaluation("talks", ENGLISH)
    done: list[Lecture] = []
    for folder in sorted((data / "talks_3b1b").iterdir())[:limit]:
        talk = read_words(folder / "en.words.tsv", without_marks=is_plain)
        references = read_references(
            folder / "segments.jsonl", reference_field="pt_human", source_field="en"
        )
        talk = dataclasses.replace(talk, references=references)
        whole = evaluation.sentences(
            f"{folder.name}.whole", whole_sentences(talk), read_policy(OFFLINE)
        )
        stem = f"{folder.name}.{'plain.' if is_plain else ''}{name}"
        live = evaluation.talk(stem, talk, read_policy(policy))
        done.append(Lecture(folder.name, live, whole))
    return done


def lecture_row(name: str, some: Sequence[Lecture]) -> dict[str, Any]:
    references = [text for lecture in some for text in lecture.references]
    live = bleu([text for lecture in some for text in lecture.live_texts], references)
    whole = bleu([text for lecture in some for text in lecture.whole_texts], references)
    summary = summarize([lecture.live for lecture in some], window=WINDOW)
    lags_s = [s for each in some for s in source_lags_s(each.live.sent, each.live.received)]
    return {
        "talk": name,
        "BLEU live": round(live, 2),
        "BLEU whole": round(whole, 2),
        "loss": round(whole - live, 2),
        "LongYAAL ms": round(summary.long_yaal_ms or 0.0),
        "LongYAAL CA ms": round(summary.long_yaal_ca_ms or 0.0),
        "median lag s": round(median(lags_s), 2),
        "NE": round(summary.normalized_erasure, 2),
        "updates": summary.requests,
        "CPU ms": round(summary.cpu_ms_per_update or 0.0, 1),
        "segments": sum(lecture.live.report.segments for lecture in some),
        "warnings": sum(len(lecture.live.warnings) for lecture in some),
    }


def recognised_rows(data: Path, policy: str, name: str, limit: int | None) -> list[dict[str, Any]]:
    """The loss of each recogniser's source against the clean one, live and whole."""
    rows: list[dict[str, Any]] = []
    acl = sorted((data / "talks_acl6060").glob("*/segments.jsonl"))
    covost = [data / "covost2_pt_en" / "pt-en.jsonl"]
    for pair, corpus, files, clean, reference, recognisers in (
        (ENGLISH, "acl6060", acl, "en", "pt", ("whisper", "canary", "owsm")),
        (PORTUGUESE, "covost2", covost, "src", "ref", ("whisper", "owsm")),
    ):
        evaluation = Evaluation("talks", pair)
        scores: dict[str, tuple[Summary, Summary]] = {}
        for field in (clean, *(f"asr.{recogniser}" for recogniser in recognisers)):
            sentences = numbered(
                sentence
                for file in files
                for sentence in read_sentences(
                    file, source_field=field, reference_field=reference, limit=limit
                )
            )
            scores[field] = (
                summarize(
                    evaluation.sentences(f"{corpus}.{field}.whole", sentences, read_policy(OFFLINE))
                ),
                summarize(
                    evaluation.sentences(f"{corpus}.{field}.{name}", sentences, read_policy(policy))
                ),
            )
        clean_whole, clean_live = (summary.bleu or 0.0 for summary in scores[clean])
        for field, (whole, live) in scores.items():
            rows.append(
                {
                    "corpus": corpus,
                    "source": field,
                    "sentences": live.instances,
                    "BLEU live": round(live.bleu or 0.0, 2),
                    "BLEU whole": round(whole.bleu or 0.0, 2),
                    "ASR loss live": round(clean_live - (live.bleu or 0.0), 2),
                    "ASR loss whole": round(clean_whole - (whole.bleu or 0.0), 2),
                    "LAAL": round(live.laal_words or 0.0, 2),
                    "NE": round(live.normalized_erasure, 2),
                }
            )
    return rows


def numbered(sentences: Any) -> list[Sentence]:
    return [dataclasses.replace(s, index=index) for index, s in enumerate(sentences)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--policy", default="balanced")
    parser.add_argument("--talks", type=int, help="the first so many lectures only")
    parser.add_argument("--sentences", type=int, help="the first so many of each file only")
    parser.add_argument("--plain", action="store_true", help="lectures without punctuation")
    parser.add_argument("--output", type=Path, default=DEFAULT_RESULT)
    options = parser.parse_args()
    name = options.policy.replace(":", "-").replace("=", "")
    done = lectures(options.data, options.policy, name, options.talks, is_plain=options.plain)
    rows = [lecture_row(lecture.name, [lecture]) for lecture in done]
    rows.append(lecture_row("all", done))
    print(table(rows))
    recognised = recognised_rows(options.data, options.policy, name, options.sentences)
    print()
    print(table(recognised))
    result = {"policy": options.policy, "talks": rows, "recognised": recognised}
    options.output.write_text(json.dumps(result, indent=2) + "\n")
    return 0 if rows[-1]["loss"] <= MAX_LOSS else 1


if __name__ == "__main__":
    sys.exit(main())
