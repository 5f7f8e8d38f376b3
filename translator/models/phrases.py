"""The phrases that a model need not translate, in a file beside it or, of the embedded ones, here.

A file has a phrase and its translation in each line, with a tab between. A "#" in both stands for a
number.
"""

from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path

from translator.errors import ModelFilesError
from translator.languages.pair import LanguagePair
from translator.models.embedded import is_embedded
from translator.text.phrases import NO_PHRASES, SLOT, Phrase, Phrases

__all__ = ["PHRASES", "find_phrases", "own_phrases", "save_phrases"]

# Its name in a model's folder.
PHRASES = "phrases.tsv"
_MAX_BYTES = 16 * 2**20


def find_phrases(folder: Path, pair: LanguagePair, own: Path | None = None) -> Phrases:
    """The phrases of a model; none if it has no such file.

    Args:
        folder: The model's folder.
        pair: What it translates.
        own: The folder of its adapter, whose phrases go before those of the model.

    Raises:
        ModelFilesError: A file cannot be read, or a line of it is no phrase.
    """
    found: list[Phrase] = []
    for place in (own, folder):
        if place is not None and (path := _path(place, pair)).is_file():
            found += _read(path)
    return Phrases.of(found, pair.target) if found else NO_PHRASES


def own_phrases() -> Path:
    """The folder of those that the embedded models have."""
    return Path(str(files("translator.models.marian") / "phrases"))


def save_phrases(folder: Path, phrases: Iterable[Phrase]) -> None:
    """Write phrases into a folder, or remove its file if there are none.

    Raises:
        ModelFilesError: It cannot be written.
    """
    path = folder / PHRASES
    lines = [f"{each.source}\t{each.target}\n" for each in phrases]
    try:
        if lines:
            path.write_text("".join(lines), encoding="utf-8")
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise ModelFilesError(f"{path}: cannot be written ({error.strerror})") from error


def _path(folder: Path, pair: LanguagePair) -> Path:
    path = folder / PHRASES
    if path.is_file() or not is_embedded(folder):
        return path
    return own_phrases() / f"{pair}.tsv"


def _read(path: Path) -> list[Phrase]:
    try:
        size = path.stat().st_size
        if size > _MAX_BYTES:
            raise ModelFilesError(f"{path}: {size} bytes; at most {_MAX_BYTES} are allowed")
        lines = path.read_text("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise ModelFilesError(f"{path}: byte {error.start} is not UTF-8") from error
    except OSError as error:
        raise ModelFilesError(f"{path}: cannot be read ({error.strerror})") from error
    phrases: list[Phrase] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        source, tab, target = line.partition("\t")
        if not tab or "\t" in target or not any(map(str.isalnum, source)) or not target.strip():
            raise ModelFilesError(
                f"{path}: line {number} is no phrase and its translation with a tab between"
            )
        if source.count(SLOT) != target.count(SLOT):
            raise ModelFilesError(
                f"{path}: line {number}: its translation has another number of {SLOT!r}"
            )
        phrases.append(Phrase(source.strip(), target.strip()))
    return phrases
