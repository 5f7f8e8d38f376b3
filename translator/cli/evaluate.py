"""``translator evaluate``: how good, how early and how calm a policy's output is."""

import dataclasses
import json
from pathlib import Path

import click
from rich.console import Console
from rich.progress import track
from rich.table import Table

from translator.cli.errors import one_sentence
from translator.cli.stream import parse_policy
from translator.config import load_config
from translator.eval import log
from translator.eval.data import read_sentences
from translator.eval.picture import draw_frontier
from translator.eval.replay import Sentence, replay
from translator.eval.summary import Summary, summarize
from translator.models.catalog import Catalog, Served
from translator.policy.registry import Latency, PolicyChoice, resolve
from translator.server.app import load_models

__all__ = ["command"]


@click.command("evaluate")
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--from", "source", default="en", show_default=True, help="Language of the source.")
@click.option("--to", "target", default="pt", show_default=True, help="Language to translate into.")
@click.option(
    "--policy",
    "policies",
    multiple=True,
    metavar="NAME[:PARAMETER=N]",
    help="A preset or a policy; repeatable.  [default: final-only and the presets]",
)
@click.option("--source-field", default="src", show_default=True)
@click.option("--reference-field", default="ref", show_default=True)
@click.option("--limit", type=click.IntRange(min=1), help="The first so many sentences only.")
@click.option(
    "--jobs", type=click.IntRange(min=1), default=32, show_default=True, help="Side by side."
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("evaluation"),
    show_default=True,
    help="Folder of the logs, the figures and the picture.",
)
@click.option("--model", "models", multiple=True, metavar="PAIR=FOLDER", help="Repeatable.")
def command(
    data: Path,
    source: str,
    target: str,
    policies: tuple[str, ...],
    source_field: str,
    reference_field: str,
    limit: int | None,
    jobs: int,
    output: Path,
    models: tuple[str, ...],
) -> None:
    """Stream each sentence of DATA word by word and measure what comes back.

    DATA has a JSON object a line, with a source and a reference. Sentences that a log in the output
    folder has already are not streamed again, so an evaluation that was interrupted goes on. The
    logs hold the texts; OmniSTEval reads them too.
    """
    names = policies or ("final-only", *(latency.value for latency in Latency))
    with one_sentence():
        chosen = {name: _resolve(name) for name in names}
        sentences = read_sentences(
            data, source_field=source_field, reference_field=reference_field, limit=limit
        )
        config = load_config(overrides={"models": models} if models else {})
        served = Catalog(load_models(config)).resolve(source, target)
        output.mkdir(parents=True, exist_ok=True)
        pair = f"{source}-{target}"
        stem = data.stem if data.stem.endswith(pair) else f"{data.stem}.{pair}"
        summaries = {
            name: _evaluate(served, sentences, policy, output / f"{stem}.{_slug(name)}.jsonl", jobs)
            for name, policy in chosen.items()
        }
    figures = {name: dataclasses.asdict(summary) for name, summary in summaries.items()}
    (output / f"{stem}.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    draw_frontier(summaries, output / f"{stem}.svg", title=f"{stem}, {len(sentences)} sentences")
    console = Console(highlight=False)
    # Where it is not a terminal it has no width, and names must not be cut.
    console.width = console.width if console.is_terminal else 120
    console.print(_table(summaries))


def _resolve(name: str) -> PolicyChoice:
    presets = {latency.value: latency for latency in Latency}
    if name in presets:
        return resolve(presets[name])
    policy = parse_policy(name)
    return resolve(PolicyChoice(policy.name, policy.parameters))


def _slug(name: str) -> str:
    return name.replace(":", "-").replace("=", "").replace(",", "-")


def _evaluate(
    served: Served, sentences: list[Sentence], policy: PolicyChoice, file: Path, jobs: int
) -> Summary:
    """Stream what the log has not got yet, and sum up the log."""
    wanted = {sentence.index: sentence.source for sentence in sentences}
    known = {i.index: i for i in log.read(file) if wanted.get(i.index) == i.source}
    missing = [sentence for sentence in sentences if sentence.index not in known]
    # Of a like length, so that few wait for the longest.
    missing.sort(key=lambda sentence: len(sentence.source.split()))
    progress = track(
        replay(served.model, served.pair, missing, policy, jobs=jobs),
        description=file.stem,
        total=len(missing),
        console=Console(stderr=True),
        transient=True,
    )
    for instance in progress:
        log.append(file, instance)
        known[instance.index] = instance
    return summarize([known[index] for index in sorted(known)])


def _table(summaries: dict[str, Summary]) -> Table:
    offline = summaries.get("final-only")
    table = Table(
        "policy", "BLEU", "loss", "chrF", "LAAL", "YAAL", "erasure", "steps", "saved", "CPU ms",
        box=None,
    )  # fmt: skip
    for name, s in summaries.items():
        table.add_row(
            name,
            f"{s.bleu:.2f}",
            f"{offline.bleu - s.bleu:.2f}" if offline else "",
            f"{s.chrf:.2f}",
            f"{s.laal_source_words:.2f}",
            "" if s.yaal_source_words is None else f"{s.yaal_source_words:.2f}",
            f"{s.normalized_erasure:.2f}",
            f"{s.steps_per_update:.2f}",
            f"{s.steps_saved:.0%}",
            f"{s.cpu_ms_per_update:.1f}",
        )
    return table
