"""``translator translate``: translates whole texts."""

import asyncio
import os
import sys
import textwrap

import click

from translator.cli.connect import connected, patience_s, server_options
from translator.cli.errors import one_sentence
from translator.cli.source_language import parse_source
from translator.client import Translation

__all__ = ["command"]


@click.command("translate")
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
@server_options
def command(
    text: tuple[str, ...],
    source: str,
    target: str,
    alternatives: int,
    address: str | None,
    connect_timeout_s: float,
    models: tuple[str, ...],
) -> None:
    """Translate TEXT, or standard input.

    Each TEXT has its translation on a line of its own; alternatives are indented below it.
    """
    # Bytes that are not UTF-8 become U+FFFD, wherever they come from.
    inputs = [os.fsencode(t) for t in text] or [sys.stdin.buffer.read()]
    texts = [given.decode("utf-8", errors="replace") for given in inputs]

    async def run() -> list[Translation]:
        async with connected(address, models, connect_timeout_s=connect_timeout_s) as client:
            code, possible = parse_source(source)
            return await client.translate(
                texts,
                code,
                target,
                num_alternatives=alternatives,
                possible_sources=possible,
                timeout_s=patience_s(address),
            )

    with one_sentence():
        translations = asyncio.run(run())
        for index, translation in enumerate(translations):
            if translation.error is not None:
                raise translation.error
            # Text from standard input brings its own line end.
            ends_line = not text and translation.text.endswith("\n")
            click.echo(translation.text, nl=not ends_line)
            for alternative in translation.alternatives:
                click.echo(textwrap.indent(alternative.rstrip(), "  "))
            if index + 1 == len(translations):
                sys.stdout.flush()
