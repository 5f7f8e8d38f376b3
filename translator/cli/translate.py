"""``translator translate``: translates texts, the lines of standard input, or a page."""

import asyncio
import os
import sys
import textwrap
from collections.abc import AsyncIterator, Sequence
from functools import partial
from pathlib import Path

import click

from translator.cli.connect import ServerChoice, connected, server_options
from translator.cli.errors import exit_code
from translator.cli.glossary_options import glossary_options
from translator.cli.source import as_it_comes, batches
from translator.cli.source_language import parse_source
from translator.client import Translation
from translator.errors import TranslatorError
from translator.terms.files import read_entries

__all__ = ["command"]

# Before an argument that begins with "-" and is a text; no text of a user holds it.
_TEXT = "\ufdd0"


class _TextsCommand(click.Command):
    """Takes an argument that begins with "-" for a text where it cannot be an option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, [_TEXT * _is_text(each) + each for each in args])


def _is_text(argument: str) -> bool:
    """Whether it begins with a dash but not as an option does: "-5 °C", "- an item"."""
    return argument.startswith("-") and (" " in argument or argument[1:2].isdigit())


@click.command("translate", cls=_TextsCommand)
@click.argument("text", nargs=-1)
@click.option(
    "--from",
    "source",
    default="en",
    show_default=True,
    help="Language of the text; und detects it, en,pt chooses one of these.",
)
@click.option("--to", "target", default="pt", show_default=True, help="Language to translate into.")
@click.option(
    "--alternatives",
    type=click.IntRange(min=0),
    default=0,
    help="How many further translations to print.",
)
@glossary_options
@click.option(
    "--html",
    type=click.Path(exists=True, dir_okay=False, path_type=Path, allow_dash=True),
    help="Translate this HTML file and print it; - reads standard input.",
)
@click.option(
    "--markdown",
    type=click.Path(exists=True, dir_okay=False, path_type=Path, allow_dash=True),
    help="Translate this Markdown file and print it; - reads standard input.",
)
@click.option(
    "--markup",
    multiple=True,
    metavar="SYNTAX",
    help="Template syntax in the texts, which is kept, such as icu, i18next or liquid; repeatable.",
)
@click.option(
    "--wrapped",
    is_flag=True,
    help="Standard input is one text, wrapped at a fixed width: its line ends are spaces.",
)
@server_options
def command(
    text: tuple[str, ...],
    source: str,
    target: str,
    alternatives: int,
    glossary: Path | None,
    glossaries: tuple[str, ...],
    html: Path | None,
    markdown: Path | None,
    markup: tuple[str, ...],
    wrapped: bool,
    server: ServerChoice,
) -> None:
    """Translate TEXT, or each line of standard input.

    Each TEXT, and each line, has its translation on a line of its own, as soon as it is known;
    alternatives are indented below it. A line that cannot be translated is told on standard
    error, and the others go on; the exit status is then that of the first such line.
    """
    page = html or markdown
    if html and markdown:
        raise click.UsageError("--html and --markdown: only one of them is allowed")
    if page and (text or wrapped):
        name = "--html" if html else "--markdown"
        raise click.UsageError(f"{name} is the text; leave TEXT and --wrapped out")

    async def run() -> TranslatorError | None:
        code, possible = parse_source(source)
        terms = {} if glossary is None else read_entries(glossary, code, target)
        async with connected(server) as client:
            translate = partial(
                client.translate,
                source=code,
                target=target,
                num_alternatives=alternatives,
                possible_sources=possible,
                glossary=terms,
                glossaries=glossaries,
                markup=markup,
                timeout_s=server.patience_s,
            )
            if page is not None:
                mime_type = "text/html" if html else "text/markdown"
                pages = await translate([_read(page)], mime_type=mime_type)
                return _print(pages, ends_lines=False)
            if wrapped:
                texts = await translate([_read(Path("-"))], preserve_lines=False)
                return _print(texts, ends_lines=False)
            if text:
                return _print(await translate([_given(each) for each in text]))
            number, failed = 0, None
            async for lines in _lines():
                done = await translate(lines)
                error = _print(done, first_line=number + 1)
                failed = failed or error
                number += len(lines)
            return failed

    failed = asyncio.run(run())
    if failed is not None:
        raise click.exceptions.Exit(exit_code(failed))


def _read(file: Path) -> str:
    """A file, or standard input for "-"; bytes that are not UTF-8 become U+FFFD."""
    data = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    return data.decode("utf-8", errors="replace")


def _given(argument: str) -> str:
    """A text of the command line; bytes that are not UTF-8 become U+FFFD."""
    return os.fsencode(argument.removeprefix(_TEXT)).decode("utf-8", errors="replace")


def _lines() -> AsyncIterator[list[str]]:
    """The lines of standard input, as many at a time as there are."""
    return batches(as_it_comes(sys.stdin.buffer))


def _print(
    translations: Sequence[Translation], *, first_line: int = 0, ends_lines: bool = True
) -> TranslatorError | None:
    """Print translations, and the errors of those that failed. Returns the first error."""
    failed: TranslatorError | None = None
    for number, translation in enumerate(translations, first_line):
        if translation.error is not None:
            where = f"line {number}: " if first_line else ""
            click.echo(f"Error: {where}{translation.error.message}", err=True)
            failed = failed or translation.error
        click.echo(translation.text, nl=ends_lines)
        for alternative in translation.alternatives:
            click.echo(textwrap.indent(alternative.rstrip(), "  "))
    sys.stdout.flush()
    return failed
