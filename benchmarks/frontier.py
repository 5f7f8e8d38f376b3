"""The frontier: quality against lag of every policy, both directions of the embedded model.

    python -m benchmarks.frontier --data ../shared/data --processes 2

Word by word through real sessions, float32, in three tables: the presets on all of FLORES-200 dev,
on which they were chosen; every policy on its first sentences; and the presets on NTREX-128, which
chose nothing. Writes the tables of ``docs/policies.md`` and the pictures beside it, and prints the
tables. An interrupted run goes on where it was. Exits 1 when the default policy loses more than 2
BLEU on FLORES in a direction.
"""

import argparse
import dataclasses
import itertools
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.document import replaced
from benchmarks.evaluation import Evaluation
from translator.cli.evaluate import read_policy
from translator.eval.data import Sentence, read_sentences
from translator.eval.picture import draw_frontier
from translator.eval.summary import Summary, summarize
from translator.models.base import LanguagePair
from translator.policy.registry import Latency

ROOT = Path(__file__).parent
DEFAULT_RESULT = ROOT / "results" / "frontier.json"
DOCS = ROOT.parent / "docs"
MAX_LOSS = 2.0

OFFLINE = "final-only"
OURS = tuple(latency.value for latency in Latency)
POLICIES = (
    OFFLINE,
    *OURS,
    # About as early as local agreement with n 2.
    "guarded-agreement:n=2,distance=1,sure=40",
    "local-agreement:n=2",
    "local-agreement:n=3",
    "local-agreement:n=4",
    "local-agreement:n=5",
    "alignatt:f=3",
    "alignatt:f=4",
    "wait-k:k=5",
    "retranslation",
)
PAIRS = (LanguagePair("en", "pt"), LanguagePair("pt", "en"))


@dataclasses.dataclass(frozen=True, slots=True)
class Set:
    """A table of docs/policies.md.

    Attributes:
        name: What marks it there.
        files: For each pair the data, and its fields of source and reference.
        policies: Its rows.
        is_whole: Whether all sentences count, however many are asked for.
    """

    name: str
    files: Mapping[LanguagePair, tuple[str, str, str]]
    policies: tuple[str, ...]
    is_whole: bool = False

    def sentences(self, data: Path, pair: LanguagePair, count: int) -> list[Sentence]:
        """The sentences of a pair."""
        file, source, reference = self.files[pair]
        return read_sentences(
            data / "parallel" / file,
            source_field=source,
            reference_field=reference,
            limit=None if self.is_whole else count,
        )


_FLORES = {pair: (f"flores200-dev.{pair}.jsonl", "src", "ref") for pair in PAIRS}
_NTREX = {
    PAIRS[0]: ("ntrex128.en-pt.jsonl", "en", "pt_br"),
    PAIRS[1]: ("ntrex128.en-pt.jsonl", "pt_br", "en"),
}
SETS = (
    Set("presets", _FLORES, (OFFLINE, *OURS), is_whole=True),
    Set("frontier", _FLORES, POLICIES),
    Set("held-out", _NTREX, (OFFLINE, *OURS, "local-agreement:n=3", "local-agreement:n=4")),
)

Figures = Mapping[LanguagePair, Mapping[str, Summary]]


def described(name: str) -> str:
    """A policy as the table names it."""
    policy, _, parameters = name.partition(":")
    if name in OURS:
        return f"**`LATENCY_{name.upper().replace('-', '_')}`**"
    return f"`{policy}` {parameters.replace('=', ' ').replace(',', ' ')}".strip()


def bleu(summary: Summary) -> float:
    """BLEU; every sentence has a reference."""
    if summary.bleu is None:
        raise ValueError("no references")
    return summary.bleu


def markdown(figures: Figures) -> str:
    """The table of a set of sentences, with what it is about."""
    offline = ", ".join(f"{pair} {bleu(rows[OFFLINE]):.2f}" for pair, rows in figures.items())
    names = next(iter(figures.values()))
    head = " | ".join(f"{pair} loss | lag | NE" for pair in figures)
    count = names[OFFLINE].instances
    lines = [
        f"{count} sentences; BLEU of whole sentences: {offline}.",
        "",
        f"| policy | {head} |",
        "|---" * (1 + 3 * len(figures)) + "|",
    ]
    for name in names:
        if name == OFFLINE:
            continue
        cells = [described(name)]
        for rows in figures.values():
            summary = rows[name]
            loss = bleu(rows[OFFLINE]) - bleu(summary)
            # Not "-0.00".
            loss = round(loss, 2) + 0.0
            cells += [
                f"{loss:.2f}",
                f"{summary.laal_words or 0.0:.2f}",
                f"{summary.normalized_erasure:.2f}",
            ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def rows_of(figures: Mapping[str, Figures]) -> list[dict[str, object]]:
    """All figures, for the result."""
    return [
        {"set": name, "pair": str(pair), "policy": policy, **dataclasses.asdict(summary)}
        for name, pairs in figures.items()
        for pair, rows in pairs.items()
        for policy, summary in rows.items()
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--sentences", type=int, default=100, help="of the sets that are not whole")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--output", type=Path, default=DEFAULT_RESULT)
    parser.add_argument("--docs", type=Path, default=DOCS, help="folder of policies.md")
    options = parser.parse_args(arguments)
    document = options.docs / "policies.md"
    for each in SETS:
        # Before hours of work, not after.
        replaced(document.read_text(encoding="utf-8"), each.name, "")
    figures: dict[str, dict[LanguagePair, dict[str, Summary]]] = {each.name: {} for each in SETS}
    for each, pair in itertools.product(SETS, PAIRS):
        evaluation = Evaluation("frontier", pair, processes=options.processes)
        sentences = each.sentences(options.data, pair, options.sentences)
        corpus = each.files[pair][0].partition(".")[0]
        figures[each.name][pair] = {
            policy: summarize(
                evaluation.sentences(
                    # Sets of one corpus share what they have streamed.
                    f"{corpus}.{policy.replace(':', '-').replace('=', '').replace(',', '-')}",
                    sentences,
                    read_policy(policy),
                )
            )
            for policy in each.policies
        }
    text = document.read_text(encoding="utf-8")
    for name, pairs in figures.items():
        table = markdown(pairs)
        print(f"\n{name}\n\n{table}")
        text = replaced(text, name, table)
    document.write_text(text, encoding="utf-8")
    for pair, rows in figures["frontier"].items():
        title = f"FLORES-200 dev, {pair}, {options.sentences} sentences"
        draw_frontier({title: rows}, options.docs / f"frontier.{pair}.svg", ours=OURS)
    options.output.write_text(json.dumps(rows_of(figures), indent=2) + "\n")
    losses = [
        bleu(rows[OFFLINE]) - bleu(rows[Latency.BALANCED.value])
        for rows in figures["presets"].values()
    ]
    return 0 if max(losses) <= MAX_LOSS else 1


if __name__ == "__main__":
    sys.exit(main())
