"""Where `stream` sends committed text besides the terminal: files of subtitles, and sinks."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import click

from translator.captions.cues import Cue, CueBuilder
from translator.captions.hls import HlsPlaylist
from translator.captions.presets import PRESETS
from translator.captions.sinks.sink import KINDS, SeqStore, Sink, make_sink
from translator.captions.subtitle_files import SubtitleFile, TranscriptFile, path_for
from translator.client import StreamEvent, Update

__all__ = ["Outputs", "output_options", "state_folder"]

_F = TypeVar("_F", bound=Callable[..., Any])

# A subtitle that nothing follows is written after so much silence, in seconds.
_REST_S = 5.0


def output_options(command: _F) -> _F:
    """Add the options ``--subtitles``, ``--subtitle-rules`` and ``--sink``."""
    for option in (
        click.option(
            "--sink",
            "sinks",
            multiple=True,
            metavar="[LANGUAGE:]KIND=WHERE",
            help=f"Send committed text there; KIND is one of {', '.join(KINDS)}. Repeatable; see "
            "docs/subtitles.md.",
        ),
        click.option(
            "--subtitle-rules",
            type=click.Choice(list(PRESETS)),
            default="general",
            show_default=True,
            help="Line length and reading speed of --subtitles.",
        ),
        click.option(
            "--subtitles",
            multiple=True,
            type=click.Path(dir_okay=False, path_type=Path),
            help="Write subtitles while it runs: .srt, .vtt, .m3u8, .txt (a transcript). With "
            "several targets talk.vtt becomes talk.pt.vtt and so on. Repeatable.",
        ),
    ):
        command = option(command)
    return command


class _Subtitles:
    """The subtitles of one language, and the files that they go to."""

    def __init__(self, paths: Sequence[Path], rules: str, language: str) -> None:
        self._builder = CueBuilder(PRESETS[rules], language)
        self._transcripts = [TranscriptFile(path) for path in paths if _is_transcript(path)]
        self._files: list[SubtitleFile | HlsPlaylist] = [
            HlsPlaylist(path) if path.suffix.lower() == ".m3u8" else SubtitleFile(path, language)
            for path in paths
            if not _is_transcript(path)
        ]
        # Whether any media time has come: then the clock of this process says nothing.
        self._is_timed = False
        self._told = ""
        self._changed_s = 0.0

    def take(self, update: Update, now_s: float) -> None:
        start_s, end_s = update.start_s, update.end_s
        self._is_timed |= update.segment_start_s is not None
        if not self._is_timed:
            # Source without media times: when it came is the best that there is.
            start_s = end_s = now_s
        self._changed_s = now_s
        self._write(
            self._builder.add(
                update.committed, start_s, end_s, speaker=update.speaker, closed=update.closed
            )
        )
        if update.closed:
            for transcript in self._transcripts:
                with self._telling():
                    transcript.write(update.text, update.speaker)

    def rest(self, now_s: float) -> None:
        if now_s - self._changed_s >= _REST_S:
            self._write(self._builder.rest())

    def close(self) -> None:
        self._write(self._builder.finish())
        for file in (*self._files, *self._transcripts):
            with self._telling():
                file.close()

    def _write(self, cues: Sequence[Cue]) -> None:
        for file in self._files:
            with self._telling():
                file.write(cues)

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Tell once that a disk is full: the stream goes on."""
        try:
            yield
        except OSError as error:
            told = f"warning: subtitles cannot be written: {error.strerror}"
            if told != self._told:
                click.echo(told, err=True)
            self._told = told


class Outputs:
    """Files of subtitles and sinks of one stream, used with ``async with``.

    Args:
        targets: Languages of the stream.
        subtitles: Paths of subtitle files.
        rules: Name of a preset.
        sinks: What ``--sink`` was given.

    Raises:
        click.ClickException: A path or a sink cannot be used.
    """

    def __init__(
        self, targets: Sequence[str], subtitles: Sequence[Path], rules: str, sinks: Sequence[str]
    ) -> None:
        self._began_s = time.monotonic()
        self._sinks: dict[str, list[Sink]] = {target: [] for target in targets}
        store = SeqStore(state_folder() / "captions.json") if sinks else None
        for spec in sinks:
            language, where = _language_of(spec, targets)
            try:
                self._sinks[language].append(make_sink(where, language, store))
            except ValueError as error:
                raise click.BadParameter(str(error), param_hint="--sink") from None
        self._subtitles: dict[str, _Subtitles] = {}
        for target in targets if subtitles else ():
            paths = [path_for(path, target, targets) for path in subtitles]
            try:
                self._subtitles[target] = _Subtitles(paths, rules, target)
            except ValueError as error:
                message = f"{error}; a transcript with .txt, a playlist of HLS with .m3u8"
                raise click.BadParameter(message, param_hint="--subtitles") from None
            except OSError as error:
                raise click.FileError(str(paths[0]), str(error.strerror)) from None
        self._ticker: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        if self._subtitles or any(self._sinks.values()):
            self._ticker = asyncio.create_task(self._tick())
        for sink in self._all:
            sink.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for subtitles in self._subtitles.values():
            subtitles.close()
        if self._ticker is not None:
            self._ticker.cancel()
        await asyncio.gather(*(sink.end() for sink in self._all))
        for sink in self._all:
            if why := sink.feed.off_reason or sink.error:
                click.echo(f"warning: {sink.name}: {why}", err=True)

    def show(self, event: StreamEvent) -> None:
        """Take what an event has committed."""
        if not isinstance(event, Update) or not (event.committed or event.closed):
            return
        if (subtitles := self._subtitles.get(event.target)) is not None:
            subtitles.take(event, time.monotonic() - self._began_s)
        for sink in self._sinks.get(event.target, ()):
            sink.commit(event.committed, speaker=event.speaker, closed=event.closed)

    @property
    def _all(self) -> list[Sink]:
        return [sink for sinks in self._sinks.values() for sink in sinks]

    async def _tick(self) -> None:
        told: set[str] = set()
        while True:
            await asyncio.sleep(1)
            for subtitles in self._subtitles.values():
                subtitles.rest(time.monotonic() - self._began_s)
            for sink in self._all:
                if sink.feed.off_reason and sink.feed.off_reason not in told:
                    told.add(sink.feed.off_reason)
                    click.echo(f"warning: {sink.name}: {sink.feed.off_reason}", err=True)


def _is_transcript(path: Path) -> bool:
    return path.suffix.lower() == ".txt"


def _language_of(spec: str, targets: Sequence[str]) -> tuple[str, str]:
    """The language of a sink, and the rest of what it was named by; the first one by default."""
    language, colon, where = spec.partition(":")
    if not colon or "=" in language:
        return targets[0], spec
    if language not in targets:
        raise click.BadParameter(
            f"{language!r} is not one of the targets {', '.join(targets)}", param_hint="--sink"
        )
    return language, where


def state_folder() -> Path:
    """Where programs keep what they have to remember."""
    # Only now: no other option needs it.
    import platformdirs

    return platformdirs.user_state_path("translator", appauthor=False)
