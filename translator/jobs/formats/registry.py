"""All formats, by name and by the ending of a file's name."""

from importlib import import_module
from pathlib import PurePath

from translator.jobs.cells import FileFormat, InputFileError, Place

__all__ = ["SUFFIXES", "file_format", "format_names"]

# By name: the module beside this one, and the class. They are imported when they are used.
_FORMATS = {
    "csv": ("delimited", "Csv"),
    "html": ("html_file", "HtmlFile"),
    "json": ("json_file", "JsonFile"),
    "jsonl": ("json_lines", "JsonLines"),
    "lines": ("lines", "Lines"),
    "markdown": ("markdown_file", "MarkdownFile"),
    "parquet": ("parquet", "Parquet"),
    "po": ("po", "PoFile"),
    "srt": ("subtitles", "SubRip"),
    "tsv": ("delimited", "Tsv"),
    "vtt": ("subtitles", "WebVtt"),
    "xliff": ("xliff", "XliffFile"),
}
SUFFIXES = {
    ".arb": "json",
    ".csv": "csv",
    ".htm": "html",
    ".html": "html",
    ".json": "json",
    ".jsonl": "jsonl",
    ".markdown": "markdown",
    ".md": "markdown",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".po": "po",
    ".pot": "po",
    ".srt": "srt",
    ".tab": "tsv",
    ".text": "lines",
    ".tsv": "tsv",
    ".txt": "lines",
    ".vtt": "vtt",
    ".xhtml": "html",
    ".xlf": "xliff",
    ".xliff": "xliff",
}


def format_names() -> list[str]:
    """The names of all formats."""
    return sorted(_FORMATS)


def file_format(path: PurePath, name: str = "") -> FileFormat:
    """The format of a file.

    Args:
        path: Its name.
        name: The format's name; empty: that of the file's ending.

    Raises:
        InputFileError: No format has this name or ending.
    """
    found = name or SUFFIXES.get(path.suffix.lower(), "")
    if found not in _FORMATS:
        what = f"there is no format {name!r}" if name else f"ends in {path.suffix or 'nothing'!r}"
        raise InputFileError(
            Place(path.name), f"{what}; name one with --format: {', '.join(format_names())}"
        )
    module, kind = _FORMATS[found]
    try:
        made: FileFormat = getattr(import_module(f"translator.jobs.formats.{module}"), kind)()
    except ModuleNotFoundError as error:
        raise InputFileError(
            Place(path.name),
            f"{found} needs the package {error.name}; install it with "
            "pip install 'live-text-translator[batch]'",
        ) from None
    return made
