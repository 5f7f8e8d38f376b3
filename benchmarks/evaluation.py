"""What the benchmarks on evaluation data share: models, logs that are gone on with, progress."""

import argparse
import hashlib
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import torch

import translator
from benchmarks.measured import resolved
from translator.catalog.catalog import Served
from translator.cli.progress import progress_bar
from translator.errors import ConfigError
from translator.eval import log
from translator.eval.data import Sentence
from translator.eval.end import End
from translator.eval.local import LocalBackend
from translator.eval.run import evaluate_sentences, evaluate_talk
from translator.eval.talk import Talk
from translator.languages.pair import LanguagePair
from translator.models.embedded import embedded_models
from translator.models.marian.loading import load_marian_folder
from translator.policy.registry import Latency, PolicyChoice
from translator.precision import PRECISIONS, Precision

__all__ = ["OFFLINE", "Evaluation", "load", "options", "slug"]

BUILD = Path("build")
# What translates sentences whole.
OFFLINE = PolicyChoice("final-only", {})
# What the output of a session depends on, in the package: code, and the open ends among the models.
_CODE = ("engine", "models", "policy", "session", "text")
_SUFFIXES = (".py", ".npy")


def options(description: str | None) -> argparse.ArgumentParser:
    """What all benchmarks on evaluation data are told on the command line."""
    parser = argparse.ArgumentParser(description=description.splitlines()[0] if description else "")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument(
        "--precision", choices=PRECISIONS, default="auto", help="auto is what users get"
    )
    return parser


def slug(policy: str) -> str:
    """A policy as a part of a file's name."""
    return policy.replace(":", "-").replace("=", "").replace(",", "-")


def load(pair: LanguagePair, precision: Precision = "auto") -> Served:
    """The embedded model of a pair, on one thread."""
    torch.set_num_threads(1)
    for known, folder in embedded_models():
        if known == pair:
            return Served(load_marian_folder(folder, pair=pair, precision=precision), pair)
    raise ConfigError(f"no embedded model translates {pair}")


class Evaluation:
    """One benchmark's evaluations, with its logs in ``build``.

    The logs are those of the code as it is now, in one precision: with others they are others, in
    another folder.

    Args:
        name: Of the benchmark.
        pair: What is translated into what.
        precision: Of the models.
        jobs: Sentences side by side.
        processes: For sentences.
    """

    def __init__(
        self,
        name: str,
        pair: LanguagePair,
        *,
        precision: Precision = "auto",
        jobs: int = 32,
        processes: int = 1,
    ) -> None:
        precision = resolved(precision)
        self._folder = BUILD / name / f"{_fingerprint()}.{precision}" / str(pair)
        self._folder.mkdir(parents=True, exist_ok=True)
        self.backend = LocalBackend(partial(load, pair, precision), jobs=jobs, processes=processes)

    def sentences(
        self, name: str, sentences: Sequence[Sentence], policy: Latency | PolicyChoice, end: End
    ) -> list[log.Instance]:
        """Stream what the log of this name and end has not got."""
        file = self._folder / f"{name}.{end}.jsonl"
        with progress_bar(f"{self._folder.name} {file.stem}", len(sentences)) as told:
            return evaluate_sentences(file, sentences, policy, end, self.backend, told)

    def whole(self, name: str, sentences: Sequence[Sentence]) -> list[log.Instance]:
        """The sentences translated whole; how their ends are told makes no difference to it."""
        return self.sentences(f"{name}.whole", sentences, OFFLINE, End.WITH_LAST)

    def talk(self, name: str, talk: Talk, policy: Latency | PolicyChoice) -> log.Instance:
        """Stream a talk unless the log of this name has it."""
        file = self._folder / f"{name}.jsonl"
        with progress_bar(f"{self._folder.name} {name}", len(talk.arrivals)) as told:
            return evaluate_talk(file, talk, policy, self.backend, told)


def _fingerprint() -> str:
    root = Path(translator.__file__).parent
    digest = hashlib.sha256()
    files = (file for part in _CODE for file in (root / part).rglob("*"))
    for file in sorted(file for file in files if file.suffix in _SUFFIXES):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:10]
