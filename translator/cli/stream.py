"""``translator stream``: text in as it is spoken or typed, translations out as they stabilise."""

import asyncio
import codecs
import re
import sys
from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import BinaryIO

import click

from translator.asr import SourcePiece
from translator.cli.connect import connected, server_options
from translator.cli.display import Display, JsonLines, LiveTerminal, PlainLines
from translator.cli.errors import one_sentence
from translator.cli.recogniser import RecogniserName, pieces
from translator.client import AsyncStream, Latency, NamedPolicy, Report, StreamOptions

__all__ = ["command", "parse_policy"]

# A word with the white space before it, or white space at the very end.
_WORD = re.compile(r"\s*\S+|\s+$")
_READ_BYTES = 4096


@click.command("stream")
@click.argument("file", required=False, type=click.File("rb"), default="-")
@click.option(
    "--from",
    "source",
    default="en",
    show_default=True,
    help="Language of the source; und detects it.",
)
@click.option(
    "--to", "targets", multiple=True, default=("pt",), show_default=True, help="Repeatable."
)
@click.option(
    "--latency",
    type=click.Choice([latency.value for latency in Latency]),
    default="balanced",
    show_default=True,
)
@click.option(
    "--policy",
    metavar="NAME[:PARAMETER=N]",
    help="A policy by name, e.g. local-agreement:n=2; instead of --latency.",
)
@click.option(
    "--words-per-second",
    type=click.FloatRange(min=0, min_open=True),
    help="Send one word at a time at this pace; 2.5 is speech.  [default: as it comes]",
)
@click.option(
    "--from-recogniser",
    "recogniser",
    type=RecogniserName(),
    help="FILE has the messages of this recogniser, one a line; help lists them.",
)
@click.option(
    "--real-pace",
    is_flag=True,
    help="With --from-recogniser: wait between messages as their times say.",
)
@click.option("--json", "as_json", is_flag=True, help="Print every event as a line of JSON.")
@click.option("--no-summary", is_flag=True, help="Do not sum up on standard error at the end.")
@server_options
def command(
    file: BinaryIO,
    source: str,
    targets: tuple[str, ...],
    latency: str,
    policy: str | None,
    words_per_second: float | None,
    recogniser: str | None,
    real_pace: bool,
    as_json: bool,
    no_summary: bool,
    address: str | None,
    models: tuple[str, ...],
) -> None:
    """Translate FILE, or standard input, while it comes.

    With --from-recogniser FILE has what a recogniser said, each line one of its messages, alone or
    as {"t": SECONDS, "message": MESSAGE}.

    In a terminal the draft is shown dimmed after the committed text; when piped, each segment is a
    line once it is committed.
    """
    if recogniser is not None and words_per_second is not None:
        raise click.UsageError("--words-per-second is for text; use --real-pace")
    if real_pace and recogniser is None:
        raise click.UsageError("--real-pace needs --from-recogniser")
    options: StreamOptions = {"policy": parse_policy(policy) if policy else Latency(latency)}
    display: Display
    if as_json:
        display = JsonLines()
    elif sys.stdout.isatty():
        display = LiveTerminal(targets)
    else:
        display = PlainLines(targets)

    async def run() -> Report | None:
        async with (
            connected(address, models) as client,
            client.stream(source=source, targets=targets, **options) as stream,
        ):
            with display:
                if recogniser is not None:
                    said = pieces(file, recogniser, real_pace=real_pace)
                    return await _translate(stream, said, display, is_typed=False)
                chunks = _chunks(file, words_per_second)
                is_typed = file.isatty() and words_per_second is None
                return await _translate(stream, chunks, display, is_typed=is_typed)

    with one_sentence():
        report = asyncio.run(run())
    if report is not None and not no_summary:
        click.echo(_summary(report), err=True)


def parse_policy(text: str) -> NamedPolicy:
    """``NAME`` or ``NAME:PARAMETER=N,…``."""
    name, _, rest = text.partition(":")
    parameters: dict[str, float] = {}
    for pair in filter(None, rest.split(",")):
        key, _, value = pair.partition("=")
        try:
            parameters[key] = float(value)
        except ValueError:
            raise click.BadParameter(
                f"{pair!r} is not PARAMETER=NUMBER, such as n=2", param_hint="--policy"
            ) from None
    return NamedPolicy(name, parameters)


async def _translate(
    stream: AsyncStream,
    chunks: AsyncIterator[str] | AsyncIterator[SourcePiece],
    display: Display,
    *,
    is_typed: bool,
) -> Report | None:
    async def send() -> None:
        try:
            async for chunk in chunks:
                if isinstance(chunk, SourcePiece):
                    await stream.send(**asdict(chunk))
                    continue
                if is_typed:
                    display.typed(chunk)
                await stream.send(chunk)
        finally:
            # Also where a line cannot be read: what was said before it is translated.
            await stream.close_source()

    report = None
    sender = asyncio.create_task(send())
    try:
        async for event in stream:
            display.show(event)
            if isinstance(event, Report):
                report = event
        if sender.done():
            sender.result()
    finally:
        sender.cancel()
    return report


async def _chunks(file: BinaryIO, words_per_second: float | None) -> AsyncIterator[str]:
    """The text as it is to be sent."""
    if words_per_second is None:
        async for text in _as_it_comes(file):
            yield text
        return
    pending = ""
    async for text in _as_it_comes(file):
        pending += text
        # The last word may go on in what is read next.
        *words, pending = _WORD.findall(pending) or [""]
        for word in words:
            yield word
            await asyncio.sleep(1 / words_per_second)
    if pending:
        yield pending


async def _as_it_comes(file: BinaryIO) -> AsyncIterator[str]:
    """Text as soon as it can be read; reading waits in a thread."""
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    # read1 returns what is there, read would wait for all of it.
    read = getattr(file, "read1", file.read)
    while block := await asyncio.to_thread(read, _READ_BYTES):
        if text := decoder.decode(block):
            yield text
    if rest := decoder.decode(b"", final=True):
        yield rest


def _summary(report: Report) -> str:
    lines = [f"{report.source_words} source words in {report.duration_s:.1f} s"]
    for target in report.targets:
        steps = target.decoder_steps_run + target.decoder_steps_saved
        saved = target.decoder_steps_saved / steps if steps else 0.0
        lines.append(
            f"{target.target}: {target.target_words} words committed, "
            f"lag {target.mean_lag_words:.1f} words / {target.mean_lag_ms:.0f} ms, "
            f"erasure {target.normalized_erasure:.2f}, "
            f"{target.decoder_steps_run} decoder steps run, {saved:.0%} saved"
        )
    return "\n".join(lines)
