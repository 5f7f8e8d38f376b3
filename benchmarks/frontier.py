"""The frontier: quality against lag of every policy, both directions of the embedded model.

    python -m benchmarks.frontier --data ../shared/data --processes 2

Word by word through real sessions, in the precision that users get, in three tables: the presets on
all of FLORES-200 dev, on which they were chosen, with each way to tell the end of a sentence; every
policy on its first sentences; and the presets on NTREX-128, which chose nothing. With each loss
comes the interval of 1,000 draws of the sentences. Writes the tables of ``docs/policies.md`` and
the pictures beside it, and prints the tables. An interrupted run goes on where it was; ``--table``
and ``--end`` run a part of it, and write that part. Exits 1 when a preset is beyond its bar on all
of FLORES, or commits nothing of a sentence, where the end is told later than the last word.

How to get the data is in ``benchmarks/__init__.py``.
"""

import dataclasses
import itertools
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.document import replaced
from benchmarks.evaluation import Evaluation, options, slug
from benchmarks.measured import Measured, save
from translator.cli.evaluate import read_policy
from translator.eval.data import Sentence, read_sentences
from translator.eval.end import End
from translator.eval.picture import draw_frontier
from translator.eval.summary import Summary, summarize
from translator.languages.pair import LanguagePair
from translator.policy.registry import Latency

ROOT = Path(__file__).parent
DEFAULT_RESULT = ROOT / "results" / "frontier.json"
DOCS = ROOT.parent / "docs"
# At most so much loss and LAAL, in both directions.
BARS = {
    Latency.LOW.value: (2.5, 3.4),
    Latency.BALANCED.value: (1.1, 4.3),
    Latency.HIGH_QUALITY.value: (0.6, 4.9),
}

OFFLINE = "final-only"
OURS = tuple(latency.value for latency in Latency)
POLICIES = (
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
        is_whole: Whether all sentences count, however many are asked for, and with every end.
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
    Set("presets", _FLORES, OURS, is_whole=True),
    Set("frontier", _FLORES, POLICIES),
    Set("held-out", _NTREX, (*OURS, "local-agreement:n=3", "local-agreement:n=4")),
)

# A row of a table: how the end was told, and the policy.
Row = tuple[End, str]
Figures = Mapping[LanguagePair, Mapping[Row, Summary]]


def described(name: str) -> str:
    """A policy as the table names it."""
    policy, _, parameters = name.partition(":")
    if name in OURS:
        return f"**`LATENCY_{name.upper().replace('-', '_')}`**"
    return f"`{policy}` {parameters.replace('=', ' ').replace(',', ' ')}".strip()


def markdown(figures: Figures, measured: Measured) -> str:
    """The table of a set of sentences, with what it is about."""
    rows = next(iter(figures.values()))
    summaries = [summary for rows in figures.values() for summary in rows.values()]
    offline = ", ".join(
        f"{pair} {(s.bleu or 0.0) + (s.loss or 0.0):.2f}"
        for pair, (s, *_) in ((pair, list(rows.values())) for pair, rows in figures.items())
    )
    has_ends = len({end for end, _ in rows}) > 1
    ends = next(iter(rows))[0]
    head = " | ".join(f"{pair} loss | 95 % | lag | NE" for pair in figures)
    empty = sum(summary.empty or 0 for summary in summaries)
    lines = [
        f"{summaries[0].instances} sentences, "
        f"{'' if has_ends else f'their end told {ends}, '}{measured}. BLEU of whole sentences: "
        f"{offline}. Sentences of which nothing was committed: {empty or 'none'}.",
        "",
        f"| policy | {'end | ' if has_ends else ''}{head} |",
        "|---" * (1 + has_ends + 4 * len(figures)) + "|",
    ]
    for end, name in rows:
        cells = [described(name), *([end.value] if has_ends else [])]
        for of_pair in figures.values():
            summary = of_pair[end, name]
            losses = summary.loss_interval
            cells += [
                # Not "-0.00".
                f"{round(summary.loss or 0.0, 2) + 0.0:.2f}",
                "" if losses is None else f"{losses.low:.2f} to {losses.high:.2f}",
                f"{summary.laal_words or 0.0:.2f}",
                f"{summary.normalized_erasure:.2f}",
            ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def rows_of(figures: Mapping[str, Figures], measured: Measured) -> list[dict[str, object]]:
    """All figures, for the result."""
    about = {"commit": measured.commit}
    return [
        {"set": name, "pair": str(pair), "end": end, "policy": policy}
        | dataclasses.asdict(summary)
        | about
        for name, pairs in figures.items()
        for pair, rows in pairs.items()
        for (end, policy), summary in rows.items()
    ]


def _kept(result: Path, figures: Mapping[str, Figures]) -> list[dict[str, object]]:
    """The rows of tables that were not measured now."""
    before = json.loads(result.read_text(encoding="utf-8"))["result"] if result.exists() else []
    return [row for row in before if row["set"] not in figures]


def missed(figures: Figures) -> list[str]:
    """Where a preset is beyond its bar though the end came later than the last word."""
    return [
        f"{pair} {policy}, {end}: {summary.loss:.2f} @ {summary.laal_words:.2f}, "
        f"{summary.empty} empty; at most {BARS[policy][0]} @ {BARS[policy][1]}, none empty"
        for pair, rows in figures.items()
        for (end, policy), summary in rows.items()
        if end is not End.WITH_LAST and policy in BARS
        if summary.empty
        or round(summary.loss or 0.0, 2) > BARS[policy][0]
        or round(summary.laal_words or 0.0, 2) > BARS[policy][1]
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = options(__doc__)
    parser.add_argument("--sentences", type=int, default=100, help="of the sets that are not whole")
    parser.add_argument("--limit", type=int, help="of the whole sets, to try it out")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument(
        "--table", choices=[each.name for each in SETS], action="append", help="repeatable"
    )
    parser.add_argument(
        "--end",
        type=End,
        choices=list(End),
        action="append",
        help="repeatable; other tables than the presets' take the first  [default: all; next-word]",
    )
    parser.add_argument("--output", type=Path, default=DEFAULT_RESULT)
    parser.add_argument("--docs", type=Path, default=DOCS, help="folder of policies.md")
    told = parser.parse_args(arguments)
    document = told.docs / "policies.md"
    sets = [each for each in SETS if not told.table or each.name in told.table]
    for each in sets:
        # Before hours of work, not after.
        replaced(document.read_text(encoding="utf-8"), each.name, "")
    measured = Measured.now(told.precision)
    figures: dict[str, dict[LanguagePair, dict[Row, Summary]]] = {each.name: {} for each in sets}
    offline: dict[LanguagePair, Summary] = {}
    for each, pair in itertools.product(sets, PAIRS):
        evaluation = Evaluation(
            "frontier", pair, precision=told.precision, processes=told.processes
        )
        sentences = each.sentences(told.data, pair, told.sentences)[: told.limit]
        corpus = each.files[pair][0].partition(".")[0]
        whole = evaluation.whole(corpus, sentences)
        offline[pair] = summarize(whole)
        ends = told.end or (list(End) if each.is_whole else [End.NEXT_WORD])
        figures[each.name][pair] = {
            (end, policy): summarize(
                # Sets of one corpus share what they have streamed.
                evaluation.sentences(
                    f"{corpus}.{slug(policy)}", sentences, read_policy(policy), end
                ),
                whole=whole,
            )
            for policy in each.policies
            for end in (ends if each.is_whole else ends[:1])
        }
        if each.name == "frontier":
            title = f"FLORES-200 dev, {pair}, {len(sentences)} sentences"
            drawn = {policy: summary for (_, policy), summary in figures[each.name][pair].items()}
            picture = told.docs / f"frontier.{pair}.svg"
            draw_frontier({title: {OFFLINE: offline[pair], **drawn}}, picture, ours=OURS)
    text = document.read_text(encoding="utf-8")
    for name, pairs in figures.items():
        table = markdown(pairs, measured)
        print(f"\n{name}\n\n{table}")
        text = replaced(text, name, table)
    document.write_text(text, encoding="utf-8")
    save(told.output, [*_kept(told.output, figures), *rows_of(figures, measured)], measured)
    misses = missed(figures.get("presets", {}))
    for miss in misses:
        print(f"NOT MET  {miss}")
    return 1 if misses else 0


if __name__ == "__main__":
    sys.exit(main())
