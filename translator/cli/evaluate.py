"""``translator evaluate``: measures how good, how early and how calm a policy's output is."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

from translator.asr import RECOGNISERS
from translator.catalog.catalog import Catalog, Served
from translator.cli.connect import login_options
from translator.cli.figures import save_figures, table_of
from translator.cli.progress import progress_bar
from translator.cli.stream import parse_policy
from translator.client.login import Login
from translator.config import load_config
from translator.errors import ConfigError
from translator.eval.backend import Backend
from translator.eval.data import Sentence, plain, read_sentences
from translator.eval.end import End
from translator.eval.log import Instance
from translator.eval.log import read as read_log
from translator.eval.recording import looks_like_events, read_recording
from translator.eval.run import evaluate_sentences, evaluate_talk, whole_sentences
from translator.eval.summary import Summary, summarize
from translator.eval.talk import Talk, read_references, read_words
from translator.languages.pair import LanguagePair
from translator.policy.registry import POLICIES, Latency, PolicyChoice, resolve

if TYPE_CHECKING:
    from translator.models.base import DescribedModel

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
    "--against",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="The --output of another system on the same DATA: how much better is this one?",
)
@click.option(
    "--address",
    metavar="HOST:PORT",
    help="A running server.  [default: none, translate in this process]",
)
@login_options
@click.option(
    "--model", "models", multiple=True, metavar="PAIR=FOLDER", help="Model to use; repeatable."
)
def command(**options: Any) -> None:
    """Stream DATA through real sessions and measure what comes back.

    DATA is one of these: sentences, one JSON object a line, streamed word by word; a talk, a .tsv
    of words with their times (columns start, end, word); or the messages of a recogniser, one JSON
    message a line. A talk is one session, on a clock that counts computation too, and is scored
    against --references.

    Whatever a log in the output folder already has is not streamed again, so an interrupted
    evaluation can be continued. The logs contain the texts; OmniSTEval can read them too.
    """
    asked = _Asked(**options)
    asked.check()
    rows = asked.evaluate()
    save_figures(rows, asked.output, asked.log.name, ours=tuple(_PRESETS))
    console = Console(highlight=False)
    # Where it is not a terminal it has no width, and names must not be cut.
    console.width = console.width if console.is_terminal else 200
    console.print(table_of(rows))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """The evaluation that the command line asks for: an attribute for each option."""

    data: Path
    source: str
    target: str
    policies: tuple[str, ...]
    source_fields: tuple[str, ...]
    reference_field: str | None
    references: Path | None
    recogniser: str | None
    window: int
    end: str | None
    max_words: int | None
    is_plain: bool
    limit: int | None
    jobs: int
    processes: int
    output: Path
    against: Path | None
    address: str | None
    login: Login
    models: tuple[str, ...]

    @property
    def pair(self) -> LanguagePair:
        return LanguagePair(self.source, self.target)

    @property
    def chosen(self) -> dict[str, Latency | PolicyChoice]:
        """The policies to evaluate, by name."""
        return {name: read_policy(name) for name in self.policies or (_OFFLINE, *_PRESETS)}

    @property
    def log(self) -> Path:
        """The log, without the policy and the ending that are added to its name."""
        stem = self.data.name.removesuffix(self.data.suffix)
        stem = stem if stem.endswith(str(self.pair)) else f"{stem}.{self.pair}"
        return self.output / (f"{stem}.plain" if self.is_plain else stem)

    def check(self) -> None:
        """Refuse what does not go together, before anything is read."""
        if self.address is None and self.login != Login():
            raise click.UsageError("--tls, --ca, --cert, --key and --access-key need --address")
        if self.address is not None and (self.models or self.processes > 1):
            raise click.UsageError(
                "--model and --processes are not for --address: the server has both"
            )
        # A pair or a policy that is none.
        _ = self.pair, self.chosen

    def evaluate(self) -> dict[tuple[str, str], Summary]:
        """Evaluate, and return the figures by source field and policy."""
        talk = self._talk()
        fields = self.source_fields or ("src",)
        by_field = {} if talk else {field: self._sentences(field) for field in fields}
        backend = self._backend()
        self.output.mkdir(parents=True, exist_ok=True)
        if talk is not None:
            return _talk(backend, talk, self.chosen, self.log, self.window, self.against)
        rows: dict[tuple[str, str], Summary] = {}
        offline: list[Instance] = []
        for field, sentences in by_field.items():
            log = self.log.with_name(f"{self.log.name}.{field}") if self.source_fields else self.log
            end = End(self.end or End.NEXT_WORD)
            policies = {_OFFLINE: read_policy(_OFFLINE)} | self.chosen
            done = _sentences(backend, sentences, policies, end, log)
            whole = done[_OFFLINE]
            offline = offline or whole
            for name, instances in done.items():
                other = _of_other(self.against, _file(log, name, end), instances)
                rows[field, name] = summarize(
                    instances, window=self.window, whole=whole, offline=offline, other=other
                )
        return rows

    def _talk(self) -> Talk | None:
        """Read the talk with its references; None if the data has sentences."""
        talk = self._read_talk()
        if talk is None:
            if self.references is not None:
                raise click.UsageError(
                    f"--references are for a talk; {self.data} is taken for sentences: words need "
                    "the ending .tsv, a recogniser's messages --recogniser"
                )
            return None
        if len(self.source_fields) > 1:
            raise click.UsageError("--source-field: for a talk at most one is taken")
        if self.end is not None or self.max_words is not None:
            raise click.UsageError("--end and --max-words are for sentences, not for a talk")
        if self.references is None:
            return talk
        segments = read_references(
            self.references,
            reference_field=self.reference_field or self.target,
            source_field=self.source_fields[0] if self.source_fields else self.source,
        )
        return dataclasses.replace(talk, references=segments)

    def _read_talk(self) -> Talk | None:
        if self.recogniser is None and self.data.suffix == ".tsv":
            return read_words(self.data, without_marks=self.is_plain, limit=self.limit)
        if self.recogniser is None and not looks_like_events(self.data):
            return None
        if self.is_plain:
            raise click.UsageError(
                "--plain is for sentences and words, not for what a recogniser said"
            )
        return read_recording(self.data, self.recogniser or "events", limit=self.limit)

    def _sentences(self, field: str) -> list[Sentence]:
        """Read the sentences, with the source in ``field``."""
        sentences = read_sentences(
            self.data,
            source_field=field,
            reference_field=self.reference_field or "ref",
            limit=self.limit,
            max_words=self.max_words,
        )
        if self.is_plain:
            return [dataclasses.replace(s, source=plain(s.source) or s.source) for s in sentences]
        return sentences

    def _backend(self) -> Backend:
        """The server at the address, or without one this process."""
        # Only now: help and a mistake in the input need no torch.
        if self.address is not None:
            from translator.eval.remote import RemoteBackend

            return RemoteBackend(self.address, self.pair, self.login, jobs=self.jobs)
        from translator.eval.local import LocalBackend

        _, model = _find(self.models, self.pair)
        return LocalBackend(
            partial(_load, self.models, self.pair),
            jobs=self.jobs,
            processes=self.processes,
            fingerprint=model.info.fingerprint,
        )


def _find(models: tuple[str, ...], pair: LanguagePair) -> tuple[LanguagePair, "DescribedModel"]:
    """The model of a pair, with the pair that it has for it."""
    from translator.catalog.describe import describe_models

    config = load_config(overrides={"models": models} if models else {})
    described = describe_models(config)
    choice = Catalog(described).resolve(pair.source, pair.target)
    return choice.pair, next(m for m in described if m.info.name == choice.info.name)


def _load(models: tuple[str, ...], pair: LanguagePair) -> Served:
    own, model = _find(models, pair)
    return Served(model.load(), own, pair.target)


def read_policy(name: str) -> Latency | PolicyChoice:
    """Parse a preset, or a policy as ``NAME:PARAMETER=N,…``."""
    if name in _PRESETS:
        return _PRESETS[name]
    policy = parse_policy(name)
    if policy.name not in POLICIES:
        raise click.BadParameter(
            f"is {policy.name!r}; allowed: {', '.join([*_PRESETS, *sorted(POLICIES)])}",
            param_hint="--policy",
        )
    return resolve(PolicyChoice(policy.name, policy.parameters))


def _slug(name: str) -> str:
    return name.replace(":", "-").replace("=", "").replace(",", "-").replace(" ", "-")


def _file(log: Path, name: str, end: End) -> Path:
    """The log of a policy on sentences."""
    # What is translated whole is not cut where the server would.
    told_by = End.WITH_LAST if name == _OFFLINE else end
    return log.with_name(f"{log.name}.{_slug(name)}.{told_by}.jsonl")


def _of_other(against: Path | None, file: Path, instances: Sequence[Instance]) -> list[Instance]:
    """What another system made of the same, by its log of this name."""
    if against is None:
        return []
    theirs = against / file.name
    found = {(i.index, i.source): i for i in read_log(theirs)}
    if missing := [i for i in instances if (i.index, i.source) not in found]:
        raise ConfigError(
            f"--against: {theirs} has {len(instances) - len(missing)} of {len(instances)} texts; "
            "evaluate the other system on the same data with the same options"
        )
    return [found[i.index, i.source] for i in instances]


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
        file = _file(log, name, end)
        told_by = End.WITH_LAST if name == _OFFLINE else end
        with progress_bar(file.stem, len(sentences)) as told:
            done[name] = evaluate_sentences(file, sentences, policy, told_by, backend, told)
    return done


def _talk(
    backend: Backend,
    talk: Talk,
    policies: Mapping[str, Latency | PolicyChoice],
    log: Path,
    window: int,
    against: Path | None,
) -> dict[tuple[str, str], Summary]:
    summaries: dict[str, Summary] = {}
    whole: list[Instance] = []
    if sentences := whole_sentences(talk):
        offline = {_WHOLE: read_policy(_OFFLINE)}
        whole = _sentences(backend, sentences, offline, End.WITH_LAST, log)[_WHOLE]
        # It waits for the end of each sentence; how many words that is says nothing of a talk.
        other = _of_other(against, _file(log, _WHOLE, End.WITH_LAST), whole)
        summaries[_WHOLE] = dataclasses.replace(
            summarize(whole, window=window, other=other),
            laal_words=None,
            laal_interval=None,
            yaal_words=None,
        )
    for name, policy in policies.items():
        file = log.with_name(f"{log.name}.{_slug(name)}.jsonl")
        with progress_bar(file.stem, len(talk.arrivals)) as told:
            done = evaluate_talk(file, talk, policy, backend, told)
        other = _of_other(against, file, [done])
        summaries[name] = summarize([done], window=window, offline=whole, other=other)
    return {("", name): summary for name, summary in summaries.items()}
