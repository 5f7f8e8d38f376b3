"""The main job, end to end: a server, and two talks streamed through it.

    make demo

Starts ``translator serve`` with the embedded model on a free port, streams a two-minute English
talk word by word into Portuguese and a Portuguese one back, at a brisk pace, and ends with a
summary.
"""

import argparse
import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.table import Table

from translator.cli.display import Display, LiveTerminal, PlainLines
from translator.client import AsyncTranslatorClient, Report

TALKS = Path(__file__).parent
CONSOLE = Console(highlight=False)


@contextmanager
def server() -> Iterator[str]:
    """The address of a server that ends with the context."""
    command = [sys.executable, "-m", "translator", "serve", "--port", "0"]
    command += ["--log-level", "warning", "--drain-grace-s", "1"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603
    try:
        assert process.stdout is not None  # noqa: S101
        line = process.stdout.readline()
        if not line.startswith("serving on "):
            raise SystemExit(process.wait() or 1)
        yield line.split()[-1]
    finally:
        process.terminate()
        process.wait()


async def interpret(address: str, source: str, target: str, words_per_second: float) -> Report:
    """Stream a talk and show what comes back."""
    words = (TALKS / f"talk.{source}.txt").read_text(encoding="utf-8").split()
    display: Display = LiveTerminal([target]) if CONSOLE.is_terminal else PlainLines([target])
    CONSOLE.rule(f"{source} → {target}, {len(words)} words at {words_per_second:g} a second")
    async with (
        AsyncTranslatorClient(address) as client,
        client.stream(source=source, targets=[target]) as stream,
    ):

        async def speak() -> None:
            for word in words:
                await stream.send(word + " ")
                await asyncio.sleep(1 / words_per_second)
            await stream.close_source()

        speaking = asyncio.create_task(speak())
        report = None
        with display:
            async for event in stream:
                display.show(event)
                if isinstance(event, Report):
                    report = event
        await speaking
        if report is None:
            raise SystemExit("the stream ended without a report")
        return report


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--words-per-second", type=float, default=12.0, help="Speech is 2.5. [default: 12]"
    )
    pace = parser.parse_args().words_per_second
    began = time.monotonic()
    summary = Table(
        "direction", "source words", "committed words", "lag, words", "lag, ms", "erasure",
        "decoder steps", "saved", title="What it took", box=None, title_justify="left",
    )  # fmt: skip
    with server() as address:
        CONSOLE.print(f"The server is ready on {address} after {time.monotonic() - began:.1f} s.")
        for source, target in (("en", "pt"), ("pt", "en")):
            report = asyncio.run(interpret(address, source, target, pace))
            [figures] = report.targets
            steps = figures.decoder_steps_run + figures.decoder_steps_saved
            summary.add_row(
                f"{source} → {target}",
                str(report.source_words),
                str(figures.target_words),
                f"{figures.mean_lag_words:.1f}",
                f"{figures.mean_lag_ms:.0f}",
                f"{figures.normalized_erasure:.2f}",
                str(figures.decoder_steps_run),
                f"{figures.decoder_steps_saved / max(1, steps):.0%}",
            )
    CONSOLE.rule()
    CONSOLE.print(summary)


if __name__ == "__main__":
    main()
