"""``translator stream``: translates text while it is spoken or typed."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import BinaryIO

import click

from translator.asr import SourcePiece
from translator.cli.audio import heard_in, load_speech
from translator.cli.connect import ServerChoice, connected, server_options
from translator.cli.display import Display, JsonLines, LiveTerminal, PlainLines
from translator.cli.glossary_options import glossary_options
from translator.cli.outputs import Outputs, output_options
from translator.cli.recogniser import RecogniserName, said_by
from translator.cli.source import Piece, as_it_comes, by_lines, paced, pieces
from translator.cli.source_language import parse_source
from translator.client import AsyncStream, Latency, NamedPolicy, Report, Rests, StreamOptions
from translator.terms.files import read_entries

__all__ = ["command", "parse_policy"]

# The server's, if it is not told another.
_SEGMENT_REST_S = 3.0


@click.command("stream")
@click.argument("file", required=False, type=click.File("rb"), default="-")
@click.option(
    "--from",
    "source",
    default="en",
    show_default=True,
    help="Language of the source; und detects it, en,pt chooses one of these.",
)
@click.option(
    "--to",
    "targets",
    multiple=True,
    default=("pt",),
    show_default=True,
    help="Target language; repeatable.",
)
@click.option(
    "--latency",
    type=click.Choice([latency.value for latency in Latency]),
    default="balanced",
    show_default=True,
    help="A preset, from early to faithful.",
)
@click.option(
    "--policy",
    metavar="NAME[:PARAMETER=N]",
    help="A policy by name, e.g. local-agreement:n=2; instead of --latency.",
)
@click.option(
    "--words-per-second",
    type=click.FloatRange(min=0, min_open=True),
    help="Send one word at a time at this pace; speech is 2.5.  [default: send as it comes]",
)
@click.option(
    "--draft-rest-s",
    type=click.FloatRange(min=0),
    help="Seconds of silence until everything is shown as a draft; 0: never.  [default: 1.2]",
)
@click.option(
    "--sentence-rest-s",
    type=click.FloatRange(min=0),
    help="Seconds until a sentence with its end mark is committed.  [default: 1]",
)
@click.option(
    "--segment-rest-s",
    type=click.FloatRange(min=0),
    help=f"Seconds until text without an end mark is committed.  [default: {_SEGMENT_REST_S:g}]",
)
@click.option(
    "--lines",
    is_flag=True,
    help="Make each line a segment, for messages or captions.",
)
@click.option(
    "--from-recogniser",
    "recogniser",
    type=RecogniserName(),
    help="FILE has messages of this recogniser, one a line; `help` lists the names.",
)
@click.option(
    "--real-pace",
    is_flag=True,
    help="With --from-recogniser and --audio: at the pace at which it was said.",
)
@click.option(
    "--audio",
    metavar="WHERE",
    help="Translate what is said in a sound file, a device (alsa:default), or - for standard "
    "input: 16 kHz, mono, 16 bits, or WAV. Needs --speech.",
)
@click.option(
    "--speech",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="A Whisper model in CTranslate2's format, for --audio; see docs/speech.md.",
)
@glossary_options
@output_options
@click.option("--json", "as_json", is_flag=True, help="Print every event as a line of JSON.")
@click.option("--no-summary", is_flag=True, help="Do not print a summary.")
@server_options
def command(
    file: BinaryIO,
    source: str,
    targets: tuple[str, ...],
    latency: str,
    policy: str | None,
    words_per_second: float | None,
    draft_rest_s: float | None,
    sentence_rest_s: float | None,
    segment_rest_s: float | None,
    lines: bool,
    recogniser: str | None,
    real_pace: bool,
    audio: str | None,
    speech: Path | None,
    glossary: Path | None,
    glossaries: tuple[str, ...],
    subtitles: tuple[Path, ...],
    subtitle_rules: str,
    sinks: tuple[str, ...],
    as_json: bool,
    no_summary: bool,
    server: ServerChoice,
) -> None:
    """Translate FILE, or standard input, while it comes in.

    With --from-recogniser, FILE has the messages of a recogniser, one on each line, alone or as
    {"t": SECONDS, "message": MESSAGE}. With --audio it is speech that is recognised here.

    A terminal shows the source above its translation, and the draft dimmed after the committed
    text. In a pipe, each segment is a line once it is committed.
    """
    if recogniser is not None and (lines or words_per_second is not None):
        raise click.UsageError("--lines and --words-per-second are for text, not --from-recogniser")
    if real_pace and recogniser is None and audio is None:
        raise click.UsageError("--real-pace needs --from-recogniser or --audio")
    if (audio is None) != (speech is None):
        raise click.UsageError(
            "--audio and --speech go together; docs/speech.md says where models are"
        )
    if audio is not None and (lines or words_per_second is not None or recogniser is not None):
        raise click.UsageError(
            "--lines, --words-per-second and --from-recogniser are for text, not --audio"
        )
    if glossary is not None and len(targets) > 1:
        raise click.UsageError(
            "--glossary is for one --to; a server's glossaries may have several languages: "
            "--server-glossary"
        )
    source, possible_sources = parse_source(source)
    options: StreamOptions = {
        "policy": parse_policy(policy) if policy else Latency(latency),
        "possible_sources": possible_sources,
        "rests": Rests(draft_rest_s, sentence_rest_s, segment_rest_s),
        "glossaries": glossaries,
    }
    if glossary is not None:
        options["glossary"] = read_entries(glossary, source, targets[0])
    ears = None
    if speech is not None:
        ears = load_speech(speech)
    display: Display
    if as_json:
        display = JsonLines()
    elif sys.stdout.isatty():
        display = LiveTerminal(targets)
    else:
        display = PlainLines(targets)

    async def run() -> Report | None:
        async with (
            connected(server) as client,
            client.stream(
                source=source,
                targets=targets,
                resume_timeout_s=server.patience_s,
                on_connecting=display.connecting,
                **options,
            ) as stream,
            Outputs(targets, subtitles, subtitle_rules, sinks) as outputs,
        ):
            with ExitStack() as stack:
                if recogniser is not None:
                    stack.enter_context(display)
                    said = said_by(file, recogniser, real_pace=real_pace)
                    return await _translate(stream, said, display, outputs)
                if audio is not None and ears is not None:
                    stack.enter_context(display)
                    language = "" if source == "und" else source
                    heard = heard_in(audio, file, ears, language, real_pace=real_pace)
                    return await _translate(stream, heard, display, outputs)
                texts = as_it_comes(file)
                if file.isatty():
                    if isinstance(display, LiveTerminal):
                        # Only now: not every system has terminals that it can set.
                        from translator.cli.prompt import Prompt

                        prompt = stack.enter_context(Prompt(file.fileno(), display.typing))
                        texts = prompt.lines()
                    click.echo(_hint(source, lines=lines), err=True)
                rest_s = _SEGMENT_REST_S if segment_rest_s is None else segment_rest_s
                given = by_lines(texts) if lines else pieces(texts, rest_s)
                if words_per_second is not None:
                    given = paced(given, words_per_second)
                stack.enter_context(display)
                if isinstance(display, LiveTerminal) and file.isatty():
                    display.typing("")
                return await _translate(stream, given, display, outputs)

    report = asyncio.run(run())
    if report is not None and not no_summary:
        click.echo(_summary(report), err=True)


def parse_policy(text: str) -> NamedPolicy:
    """Parse ``NAME`` or ``NAME:PARAMETER=N,…``."""
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
    given: AsyncIterator[Piece] | AsyncIterator[SourcePiece],
    display: Display,
    outputs: Outputs,
) -> Report | None:
    async def send() -> None:
        try:
            async for piece in given:
                if isinstance(piece, SourcePiece):
                    display.sent(piece.committed)
                    await stream.send(**asdict(piece))
                else:
                    display.sent(piece.text)
                    await stream.send(piece.text, end_of_segment=piece.ends_segment)
        except Exception:
            # A line that cannot be read: what was said before it is translated.
            await stream.close_source()
            raise
        await stream.close_source()

    report = None
    sender = asyncio.create_task(send())
    try:
        async for event in stream:
            display.show(event)
            outputs.show(event)
            if isinstance(event, Report):
                report = event
        if sender.done():
            sender.result()
    finally:
        sender.cancel()
        await asyncio.gather(sender, return_exceptions=True)
    return report


def _hint(source: str, *, lines: bool) -> str:
    language = "any language" if source == "und" else source
    segment = "a line is a segment" if lines else "an empty line or a silence ends a segment"
    return f"Type in {language}. Enter sends the line, {segment}, Ctrl-D ends."


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
