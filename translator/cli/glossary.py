"""``translator glossary``: checks glossary files."""

from pathlib import Path

import click

from translator.terms.advice import advice
from translator.terms.files import read_table
from translator.terms.folder import check_terms
from translator.terms.table import GlossaryFileError, RowTerm

__all__ = ["command"]


@click.group("glossary")
def command() -> None:
    """Check glossary files."""


@command.command("check")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--from", "source", default="", metavar="LANGUAGE", help="Language of the terms.")
@click.option(
    "--to", "target", default="", metavar="LANGUAGE", help="Language of their translations."
)
def check(file: Path, source: str, target: str) -> None:
    """Check a glossary: CSV, TSV, TMX or TBX, or lines such as "term##translation".

    Each problem is a line with the row of the file, and makes the command fail. A note is a line
    too: such a term works, but perhaps not as you mean it. --from and --to choose the languages
    of a file that has more than two.
    """
    try:
        table = read_table(file)
        pair = table.choose(source, target)
    except GlossaryFileError as error:
        click.echo(f"Error: {error.message}", err=True)
        # Here the file is the input, not part of an installation.
        raise click.exceptions.Exit(2) from error
    terms = list(table.terms(*pair))
    problems = check_terms(table, terms)
    for line, told in problems:
        click.echo(f"{file}:{line}: {told}" if line else f"{file}: {told}")
    if not problems:
        given = [each.term for each in terms]
        if given and not any(term.forms for term in given):
            click.echo(f"{file}: note: no term has a translation, so all stay as they are")
        for entry, told, other in advice(given, pair[0] or source, pair[1] or target):
            also = "" if other is None else f" (row {terms[other].line})"
            click.echo(f"{file}:{terms[entry].line}: note: {told}{also}")
    click.echo(f"{file}: {_summary(table.format, terms, pair)}; {_count(len(problems), 'problem')}")
    if problems:
        raise click.exceptions.Exit(2)


def _summary(kind: str, terms: list[RowTerm], pair: tuple[str, str]) -> str:
    kept = sum(not each.term.forms for each in terms)
    several = sum(len(each.term.forms) > 1 for each in terms)
    told = f"{kind}, {_count(len(terms), 'term')}"
    told += f" from {pair[0]} to {pair[1]}" if any(pair) else ""
    told += f", {kept} not translated" if kept else ""
    return told + (f", {several} with several forms" if several else "")


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
