"""The phrases that a model need not translate, in a file beside it or, of the embedded ones, here.

A file has a phrase and its translation in each line, with a tab between.
"""

from importlib.resources import files
from pathlib import Path

from translator.errors import ModelFilesError
from translator.languages.pair import LanguagePair
from translator.models.embedded import is_embedded
from translator.text.phrases import NO_PHRASES, Phrase, Phrases

__all__ = ["PHRASES", "find_phrases"]

# Its name in a model's folder.
PHRASES = "phrases.tsv"
_MAX_BYTES = 16 * 2**20


def find_phrases(folder: Path, pair: LanguagePair) -> Phrases:
    """The phrases of a model; none if it has no such file.

    Raises:
        ModelFilesError: The file cannot be read, or a line of it is no phrase.
    """
    path = folder / PHRASES
    if path.is_file():
        return _read(path, pair)
    if not is_embedded(folder):
        return NO_PHRASES
    data = files("translator.models.marian") / "phrases" / f"{pair}.tsv"
    return _read(Path(str(data)), pair) if data.is_file() else NO_PHRASES


def _read(path: Path, pair: LanguagePair) -> Phrases:
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
        phrases.append(Phrase(source.strip(), target.strip()))
    return Phrases.of(phrases, pair.target)
