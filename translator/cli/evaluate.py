"""``translator evaluate``: measures how good, how early and how calm a policy's output is."""

import dataclasses
import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from translator.asr import RECOGNISERS
from translator.catalog.catalog import Catalog, Served
from translator.cli.errors import one_sentence
from translator.cli.progress import progress_bar
from translator.cli.stream import parse_policy
from translator.config import load_config
from translator.eval.backend import Backend
from translator.eval.data import Sentence, plain, read_sentences
from translator.eval.end import End
from translator.eval.interval import Interval
from translator.eval.log import Instance
from translator.eval.picture import draw_frontier
from translator.eval.recording import looks_like_events, read_recording
from translator.eval.run import evaluate_sentences, evaluate_talk, whole_sentences
from translator.eval.summary import Summary, summarize
from translator.eval.talk import Talk, read_references, read_words
from translator.languages.pair import LanguagePair
from translator.policy.registry import Latency, PolicyChoice, resolve

__all__ = ["command", "read_policy"]

_PRESETS = {latency.value: latency for latency in Latency}
_OFFLINE = "final-only"
_WHOLE = "whole sentences"


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
@click.option(
    "--source-field",
    "source_fields",
    multiple=True,
    help="The field with the source; a.b is b in a. Repeatable: all losses are against "
    "final-only on the first.  [default: src; in --references the code of --from]",
)
@click.option(
    "--reference-field",
    help="The field with the reference.  [default: ref; in --references the code of --to]",
)
@click.option(
    "--references",
    type=click.Path(path_type=Path),
    help="Reference segments of a talk: one JSON object a line, with start and end.",
)
@click.option(
    "--recogniser",
    type=click.Choice(sorted(RECOGNISERS)),
    help="DATA has the messages of this recogniser.",
)
@click.option(
    "--window",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Score this many sentences as one.",
)
@click.option(
    "--end",
    type=click.Choice([end.value for end in End]),
    help="When a session learns that a sentence has ended: with its last word, with the next, "
    "or never: the source rests.  [default: next-word]",
)
@click.option(
    "--max-words", type=click.IntRange(min=1), help="Leave out sentences with more words."
)
@click.option("--plain", "is_plain", is_flag=True, help="Source without punctuation and case.")
@click.option("--limit", type=click.IntRange(min=1), help="Evaluate only this many lines.")
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=32,
    show_default=True,
    help="Sentences in parallel.",
)
@click.option(
    "--processes",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Processes for sentences; each loads the model.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("evaluation"),
    show_default=True,
    help="Folder for the logs, the figures and the picture.",
)
@click.option(
    "--address",
    metavar="HOST:PORT",
    help="A running server.  [default: none, translate in this process]",
)
@click.option(
    "--model", "models", multiple=True, metavar="PAIR=FOLDER", help="Model to use; repeatable."
)
def command(
    data: Path,
    source: str,
    target: str,
    policies: tuple[str, ...],
    source_fields: tuple[str, ...],
    reference_field: str | None,
    references: Path | None,
    recogniser: str | None,
    window: int,
    end: str | None,
    max_words: int | None,
    is_plain: bool,
    limit: int | None,
    jobs: int,
    processes: int,
    output: Path,
    address: str | None,
    models: tuple[str, ...],
) -> None:
    """Stream DATA through real sessions and measure what comes back.

    DATA is one of these: sentences, one JSON object a line, streamed word by word; a talk, a .tsv
    of words with their times (columns start, end, word); or the messages of a recogniser, one JSON
    message a line. A talk is one session, on a clock that counts computation too, and is scored
    against --references.

    Whatever a log in the output folder already has is not streamed again, so an interrupted
    evaluation can be continued. The logs contain the texts; OmniSTEval can read them too.
    """
    if address is not None and (models or processes > 1):
        raise click.UsageError("--model and --processes are not for --address: the server has both")
    pair = LanguagePair(source, target)
    chosen = {name: read_policy(name) for name in policies or (_OFFLINE, *_PRESETS)}
    stem = data.name.removesuffix(data.suffix)
    stem = stem if stem.endswith(str(pair)) else f"{stem}.{pair}"
    log = output / (f"{stem}.plain" if is_plain else stem)
    rows: dict[tuple[str, str], Summary] = {}
    with one_sentence():
        talk = _read_talk(data, recogniser, is_plain=is_plain, limit=limit)
        if talk is not None:
            if len(source_fields) > 1:
                raise click.UsageError("--source-field: for a talk at most one is taken")
            if end is not None or max_words is not None:
                raise click.UsageError("--end and --max-words are for sentences, not for a talk")
            if references is not None:
                segments = read_references(
                    references,
                    reference_field=reference_field or target,
                    source_field=source_fields[0] if source_fields else source,
                )
                talk = dataclasses.replace(talk, references=segments)
        elif references is not None:
            raise click.UsageError(
                f"--references are for a talk; {data} is taken for sentences: words need the "
                "ending .tsv, a recogniser's messages --recogniser"
            )
        sources = {
            field: _read_sentences(
                data, field, reference_field or "ref", limit, max_words, is_plain=is_plain
            )
            for field in (source_fields or ("src",) if talk is None else ())
        }
        backend = _backend(address, models, pair, jobs=jobs, processes=processes)
        output.mkdir(parents=True, exist_ok=True)
        if talk is not None:
            rows = _talk(backend, talk, chosen, log, window)
        offline: list[Instance] = []
        for field, sentences in sources.items():
            file = log.with_name(f"{log.name}.{field}") if source_fields else log
            done = _sentences(
                backend,
                sentences,
                {_OFFLINE: read_policy(_OFFLINE)} | chosen,
                End(end or End.NEXT_WORD),
                file,
            )
            whole = done[_OFFLINE]
            offline = offline or whole
            for name, instances in done.items():
                rows[field, name] = summarize(
                    instances, window=window, whole=whole, offline=offline
                )
    _save(rows, output, log.name)
    console = Console(highlight=False)
    # Where it is not a terminal it has no width, and names must not be cut.
    console.width = console.width if console.is_terminal else 140
    console.print(_table(rows))


def _read_talk(
    data: Path, recogniser: str | None, *, is_plain: bool, limit: int | None
) -> Talk | None:
    """Read the talk in a file; None if it has sentences."""
    if recogniser is None and data.suffix == ".tsv":
        return read_words(data, without_marks=is_plain, limit=limit)
    if recogniser is None and not looks_like_events(data):
        return None
    if is_plain:
        raise click.UsageError("--plain is for sentences and words, not for what a recogniser said")
    return read_recording(data, recogniser or "events", limit=limit)


def _read_sentences(
    data: Path,
    field: str,
    reference_field: str,
    limit: int | None,
    max_words: int | None,
    *,
    is_plain: bool,
) -> list[Sentence]:
    """Read the sentences in a file, with the source in ``field``."""
    sentences = read_sentences(
        data,
        source_field=field,
        reference_field=reference_field,
        limit=limit,
        max_words=max_words,
    )
    if is_plain:
        return [dataclasses.replace(s, source=plain(s.source) or s.source) for s in sentences]
    return sentences


def _backend(
    address: str | None, models: tuple[str, ...], pair: LanguagePair, *, jobs: int, processes: int
) -> Backend:
    """The server at an address, or without one this process."""
    # Only now: help and a mistake in the input need no torch.
    if address is not None:
        from translator.eval.remote import RemoteBackend

        return RemoteBackend(address, pair, jobs=jobs)
    from translator.eval.local import LocalBackend

    return LocalBackend(partial(_load, models, pair), jobs=jobs, processes=processes)


def _load(models: tuple[str, ...], pair: LanguagePair) -> Served:
    from translator.catalog.describe import describe_models

    config = load_config(overrides={"models": models} if models else {})
    described = describe_models(config)
    choice = Catalog(described).resolve(pair.source, pair.target)
    model = next(m for m in described if m.info.name == choice.info.name)
    return Served(model.load(), choice.pair)


def read_policy(name: str) -> Latency | PolicyChoice:
    """Parse a preset, or a policy as ``NAME:PARAMETER=N,…``."""
    if name in _PRESETS:
        return _PRESETS[name]
    policy = parse_policy(name)
    return resolve(PolicyChoice(policy.name, policy.parameters))


def _slug(name: str) -> str:
    return name.replace(":", "-").replace("=", "").replace(",", "-").replace(" ", "-")


def _sentences(
    backend: Backend,
    sentences: list[Sentence],
    policies: Mapping[str, Latency | PolicyChoice],
    end: End,
    log: Path,
) -> dict[str, list[Instance]]:
    """Evaluate each policy on the sentences; instances are in their order."""
    done: dict[str, list[Instance]] = {}
    for name, policy in policies.items():
        # What is translated whole is not cut where the server would.
        told_by = End.WITH_LAST if name == _OFFLINE else end
        file = log.with_name(f"{log.name}.{_slug(name)}.{told_by}.jsonl")
        with progress_bar(file.stem, len(sentences)) as told:
            done[name] = evaluate_sentences(file, sentences, policy, told_by, backend, told)
    return done


def _talk(
    backend: Backend,
    talk: Talk,
    policies: Mapping[str, Latency | PolicyChoice],
    log: Path,
    window: int,
) -> dict[tuple[str, str], Summary]:
    summaries: dict[str, Summary] = {}
    whole: list[Instance] = []
    if sentences := whole_sentences(talk):
        offline = {_WHOLE: read_policy(_OFFLINE)}
        whole = _sentences(backend, sentences, offline, End.WITH_LAST, log)[_WHOLE]
        # It waits for the end of each sentence; how many words that is says nothing of a talk.
        summaries[_WHOLE] = dataclasses.replace(
            summarize(whole, window=window),
            laal_words=None,
            laal_interval=None,
            yaal_words=None,
        )
    for name, policy in policies.items():
        file = log.with_name(f"{log.name}.{_slug(name)}.jsonl")
        with progress_bar(file.stem, len(talk.arrivals)) as told:
            done = evaluate_talk(file, talk, policy, backend, told)
        summaries[name] = summarize([done], window=window, offline=whole)
    return {("", name): summary for name, summary in summaries.items()}


def _save(rows: Mapping[tuple[str, str], Summary], output: Path, stem: str) -> None:
    """Save the figures, and a picture of those with a quality."""
    figures = [
        {"source": field, "policy": name, **dataclasses.asdict(summary)}
        for (field, name), summary in rows.items()
    ]
    (output / f"{stem}.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    panels: dict[str, dict[str, Summary]] = {}
    for (field, name), summary in rows.items():
        if summary.bleu is not None:
            title = f"{stem} {field}" if field not in {"", "src"} else stem
            panels.setdefault(title, {})[name] = summary
    if panels:
        draw_frontier(panels, output / f"{stem}.svg", ours=tuple(_PRESETS))


def _table(rows: Mapping[tuple[str, str], Summary]) -> Table:
    """Print a table of the figures that exist."""
    fields = list(dict.fromkeys(field for field, _ in rows))
    summaries = list(rows.values())

    def number(value: float | None, digits: int = 2) -> str:
        return "" if value is None else f"{value:.{digits}f}"

    def of(interval: Interval | None) -> str:
        return "" if interval is None else f"{interval.low:.2f} to {interval.high:.2f}"

    columns = {
        "source": [field if len(fields) > 1 else "" for field, _ in rows],
        "policy": [name for _, name in rows],
        "BLEU": [number(s.bleu) for s in summaries],
        "loss": [number(s.loss) for s in summaries],
        "95 %": [of(s.loss_interval) for s in summaries],
        "chrF": [number(s.chrf) for s in summaries],
        "differs": ["" if s.differs is None else f"{s.differs:.1%}" for s in summaries],
        "empty": ["" if s.empty is None else str(s.empty) for s in summaries],
        "LAAL": [number(s.laal_words) for s in summaries],
        "YAAL": [number(s.yaal_words) for s in summaries],
        "LongYAAL ms": [number(s.long_yaal_ms, 0) for s in summaries],
        "LongYAAL CA ms": [number(s.long_yaal_ca_ms, 0) for s in summaries],
        "median lag s": [number(s.median_lag_s) for s in summaries],
        "erasure": [number(s.normalized_erasure) for s in summaries],
        "steps": [number(s.steps_per_update) for s in summaries],
        "saved": [f"{s.steps_saved:.0%}" for s in summaries],
        "CPU ms": [number(s.cpu_ms_per_update, 1) for s in summaries],
    }
    columns = {name: cells for name, cells in columns.items() if any(cells)}
    table = Table(*columns, box=None)
    for cells in zip(*columns.values(), strict=True):
        table.add_row(*cells)
    return table
