"""A job that is killed and goes on: a catalogue of 200 products, translated into Portuguese.

    make batch-demo

Runs ``translator batch`` in a folder of its own, kills it in the middle, runs it again, and shows
what has become of some rows and whether all that should stay has stayed.
"""

import csv
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.table import Table

from examples.catalogue import catalogue

CONSOLE = Console(highlight=False)
# What has to be in a translation as often as in its source.
KEPT = re.compile(r"<[^>]+>|[A-Z]{2}-\d{4}-\w+|\{\w+\}|%s|\d+(?:\.\d+)?|\S+@\S+?\.com|£")
SHOWN = (0, 6, 100)


def command(folder: Path) -> list[str]:
    """The job, as one would type it."""
    return [
        *(sys.executable, "-m", "translator", "batch"),
        *(str(folder / "catalogue.csv"), str(folder / "catalogue.pt.csv")),
        *("--column", "title:text,max=60", "--column", "body:html", "--column", "mail_subject"),
        *("--store", str(folder / "store.db"), "--report", str(folder / "report.json")),
    ]


def kill_in_the_middle(folder: Path) -> None:
    """Run the job until it has kept something, and kill it."""
    job = subprocess.Popen(command(folder), stderr=subprocess.DEVNULL)  # noqa: S603
    store = folder / "store.db-wal"
    with CONSOLE.status("translating"):
        while job.poll() is None and not (store.exists() and store.stat().st_size > 100_000):
            time.sleep(0.02)
    job.kill()
    job.wait()


def kept(source: str, target: str) -> bool:
    """Whether tags, codes, placeholders, numbers and prices are the same."""
    written = target.replace(",", ".")
    return sorted(KEPT.findall(source.replace(",", "."))) == sorted(KEPT.findall(written))


@contextmanager
def timed(what: str) -> Iterator[None]:
    began = time.perf_counter()
    yield
    CONSOLE.print(f"[bold]{what}[/bold] after {time.perf_counter() - began:.1f} s")


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "catalogue.csv").write_text(catalogue(), encoding="utf-8", newline="")
        CONSOLE.rule("A catalogue of 200 products, en → pt")
        CONSOLE.print(f"[dim]$ translator {' '.join(command(Path())[3:])}[/dim]\n")
        with timed("killed, in the middle of it"):
            kill_in_the_middle(folder)
        CONSOLE.print(
            f"there is {'an' if (folder / 'catalogue.pt.csv').exists() else 'no'} output\n"
        )
        with timed("run again, and done"):
            subprocess.run(command(folder), check=True)  # noqa: S603
        show(folder)


def show(folder: Path) -> None:
    """Some rows, and what stayed."""
    rows = []
    for file in ("catalogue.csv", "catalogue.pt.csv"):
        with (folder / file).open(encoding="utf-8", newline="") as opened:
            rows.append(list(csv.DictReader(opened)))
    table = Table("sku", "column", "source", "translation", show_lines=True)
    for number in SHOWN:
        for column in ("title", "body", "mail_subject"):
            source, target = (each[number][column] for each in rows)
            if source:
                table.add_row(rows[0][number]["sku"], column, source, target)
    CONSOLE.print(table)
    pairs = [
        (source[column], target[column])
        for source, target in zip(*rows, strict=True)
        for column in ("title", "body", "mail_subject")
        if source[column]
    ]
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    CONSOLE.print(
        f"{sum(kept(*pair) for pair in pairs)} of {len(pairs)} cells have all their tags, codes, "
        f"placeholders, numbers and prices; {report['from']['store']} of {report['cells']} texts "
        f"came from the store; {report['failed']} failed"
    )


if __name__ == "__main__":
    main()
