"""A job file: everything that ``translator batch`` can be told, in TOML."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ByteSize, ConfigDict, Field, ValidationError

from translator.errors import ClientError
from translator.jobs.cells import Kind, Rule
from translator.jobs.rules import PRESETS

__all__ = ["ColumnConfig", "JobConfig", "JobConfigError", "load_job"]


class JobConfigError(ClientError):
    """A job file, or an option, has a value that is not allowed."""


class ColumnConfig(BaseModel):
    """What is done with a column."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind = Kind.TEXT
    max: int = Field(0, ge=0)
    into: str = ""
    numbers: bool = False
    markup: tuple[str, ...] = ()

    def rule(self) -> Rule:
        """The same for formats."""
        return Rule(self.kind, self.max, self.into, self.markup, self.numbers)


class JobConfig(BaseModel):
    """A job.

    Attributes:
        input: A file or folder; "-": standard input.
        output: The same for results; "-": standard output.
        source: Language of the texts, BCP-47; "und": detected.
        target: Language to translate into.
        format: Name of the format; empty: by each file's ending.
        encoding: Of text files; empty: found out.
        columns: What is done with each column or key.
        keep: Columns of a preset that stay.
        preset: Rules by name; empty: by the header.
        markup: Template syntaxes in all texts.
        wrapped: Whether line breaks in plain texts are spaces.
        glossary: A file of terms.
        glossaries: Glossaries that the servers have, by name; ``glossary`` goes before them.
        model: The name of the model.
        models: Models to use, as of ``serve``.
        address: Servers to translate with; none: in this process.
        tls: Whether they have TLS; any of the next three says so too.
        ca: Whose certificates are trusted.
        cert: The certificate of this client, for servers that ask.
        key: Its private key.
        access_key: A file with the key that the servers know this client by.
        store: Where translations are kept; None: in the user's cache.
        store_size: From this size on the oldest are forgotten.
        memory: What people decided; None: nothing.
        fuzzy: How similar, in percent, texts of the memory have to be that are shown; 0: none is.
        overwrite: Whether an output that exists is replaced.
        errors: A file for cells that failed or have issues.
        report: A file for the figures.
        review: Pages and tables for a sample of the cells.
        review_cells: How many at most.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    input: str
    output: str
    source: str = "en"
    target: str = "pt"
    format: str = ""
    encoding: str = ""
    columns: Mapping[str, ColumnConfig] = {}
    keep: tuple[str, ...] = ()
    preset: str = ""
    markup: tuple[str, ...] = ()
    wrapped: bool = False
    glossary: Path | None = None
    glossaries: tuple[str, ...] = ()
    model: str = ""
    models: tuple[str, ...] = ()
    address: tuple[str, ...] = ()
    tls: bool = False
    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None
    access_key: Path | None = None
    store: Path | None = None
    store_size: ByteSize | None = None
    memory: Path | None = None
    fuzzy: int = Field(0, ge=0, le=100)
    overwrite: bool = False
    errors: Path | None = None
    report: Path | None = None
    review: tuple[Path, ...] = ()
    review_cells: int = Field(200, gt=0)

    def rules(self) -> dict[str, Rule]:
        """The job's own rules for columns."""
        return {name: column.rule() for name, column in self.columns.items()}


def load_job(file: Path | None, given: Mapping[str, Any] | None = None) -> JobConfig:
    """Read a job file; what is ``given`` comes before what it says.

    Raises:
        JobConfigError: It cannot be read, or a value is not allowed; the message names it.
    """
    name = "options" if file is None else str(file)
    values: dict[str, Any] = {}
    if file is not None:
        try:
            values = tomllib.loads(file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise JobConfigError(f"{file}: {error}") from None
    try:
        job = JobConfig(**(values | dict(given or {})))
    except ValidationError as error:
        wrong = [
            f"{'.'.join(map(str, each['loc']))}: {each['msg']} (is {each['input']!r})"
            if each["type"] != "missing"
            else f"{each['loc'][0]}: is missing"
            for each in error.errors()
        ]
        raise JobConfigError(f"{name}: {'; '.join(wrong)}") from None
    if job.preset and job.preset not in PRESETS:
        raise JobConfigError(
            f"{name}: preset: is {job.preset!r}; allowed: {', '.join(sorted(PRESETS))}"
        )
    return job
