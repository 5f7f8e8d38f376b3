"""Shards: each gives its part of the bytes, whoever translates it; joined they are the whole."""

import json
import os
import pickle
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from translator.cli import main
from translator.cli.batch_shards import in_shards
from translator.errors import ClientError
from translator.jobs.config import ColumnConfig, JobConfig
from translator.jobs.memory import Memory, MemoryEntry
from translator.jobs.pool import LocalPool, Outcome, run_shards
from translator.jobs.report import Figures
from translator.jobs.run import is_sequence
from translator.jobs.shards import (
    Shard,
    ShardTranslator,
    join,
    plan_shards,
    shard_of,
    translate_shard,
)

pytestmark = pytest.mark.unit

ROWS = [f'{n:04},"Red lamp, {n}\nbig",<p>Soft {n}. And é!</p>' for n in range(60)]
ROWS[20] = "too,few"
SHOP = "\ufeffsku,title,body\n" + "\n".join(ROWS)


@pytest.fixture(autouse=True)
def _fake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TRANSLATOR_FAKE_MODEL", "true")
    (tmp_path / "shop.csv").write_text(SHOP, "utf-8", newline="")


def job(folder: Path, **options: object) -> JobConfig:
    given = {
        "input": str(folder / "shop.csv"),
        "output": str(folder / "out.csv"),
        "source": "xx",
        "target": "yy",
        "columns": {"title": ColumnConfig(), "body": ColumnConfig(kind="html")},
        "errors": folder / "errors.jsonl",
    }
    return JobConfig(**(given | options))


def whole(folder: Path) -> bytes:
    """What a job without shards writes."""
    columns = ["--column", "title", "--column", "body:html", "--no-store", "--overwrite"]
    result = batch(folder / "shop.csv", folder / "whole.csv", *columns, code=2)
    assert "not translated: 1" in result.output
    return (folder / "whole.csv").read_bytes()


def batch(*arguments: object, code: int = 0) -> Result:
    words = ["batch", "--from", "xx", "--to", "yy", *map(str, arguments)]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == code, result.output
    return result


def made(shards: list[Shard]) -> list[Figures]:
    with ShardTranslator(shards[0].job, keeps=False) as translator:
        return [translator.translate(shard) for shard in shards]


@pytest.mark.parametrize("count", [1, 2, 3, 50, 250])
def test_the_parts_joined_are_the_whole(tmp_path: Path, count: int) -> None:
    shards = plan_shards(job(tmp_path), 1, count)
    assert len(shards) == count
    figures = made(shards[::-1])
    assert sum(each.num_cells for each in figures) == 119
    assert sum(each.num_files for each in figures) == 1
    parts = b"".join(shard.part.read_bytes() for shard in shards if shard.part)
    with (tmp_path / "errors").open("wb") as errors:
        join(job(tmp_path), errors)
    assert (tmp_path / "out.csv").read_bytes() == parts == whole(tmp_path)
    [line] = (tmp_path / "errors").read_text().splitlines()
    assert json.loads(line)["row"] == 22
    assert not (tmp_path / "out.csv.parts").exists()


def test_a_shard_goes_anywhere_and_is_done_once(tmp_path: Path) -> None:
    [_, second, _] = plan_shards(job(tmp_path), 1, 3)
    part = translate_shard(pickle.loads(pickle.dumps(second)), keeps=False)  # noqa: S301
    assert part is not None
    assert part == tmp_path / "out.csv.parts" / "00002-of-00003"
    before = part.stat().st_mtime_ns
    [figures] = made([second])
    assert part.stat().st_mtime_ns == before
    assert figures.num_cells == 40
    # Another input, other options, another memory: it is made anew.
    (tmp_path / "shop.csv").write_text(SHOP.replace("Soft", "Hard"), "utf-8", newline="")
    made([second])
    assert b"HARD" in part.read_bytes()
    with Memory(tmp_path / "memory") as memory:
        memory.add([MemoryEntry("Red lamp, 30\nbig", "decided", "xx", "yy", 1)])
    options = {"memory": tmp_path / "memory"}
    made([Shard(job(tmp_path, **options), second.source, second.target, 2, 3)])
    assert b'"decided"' in part.read_bytes()


def test_a_part_that_was_cut_short_is_made_again(tmp_path: Path) -> None:
    [first, _] = shards = plan_shards(job(tmp_path), 1, 2)
    made(shards)
    assert first.part is not None
    good = first.part.read_bytes()
    first.part.write_bytes(good[:-1])
    with pytest.raises(ClientError, match=r"of its 2 shards some are missing: 1$"):
        join(job(tmp_path))
    # As large, but with other bytes.
    first.part.write_bytes(b"x" * len(good))
    with pytest.raises(ClientError, match="are damaged; delete them: 00001-of-00002"):
        join(job(tmp_path))
    first.part.unlink()
    made([first])
    assert first.part.read_bytes() == good


def test_what_does_not_belong_together_is_not_joined(tmp_path: Path) -> None:
    with pytest.raises(ClientError, match="no shard of it is there"):
        join(job(tmp_path))
    made(plan_shards(job(tmp_path), 1, 2))
    made(plan_shards(job(tmp_path), 1, 3))
    with pytest.raises(ClientError, match="has shards of 2 and 3; delete one kind"):
        join(job(tmp_path))
    for path in (tmp_path / "out.csv.parts").glob("*-of-00003*"):
        path.unlink()
    first = Shard(job(tmp_path, wrapped=True), tmp_path / "shop.csv", tmp_path / "out.csv", 1, 2)
    made([first])
    with pytest.raises(ClientError, match="with different options, models or memories"):
        join(job(tmp_path))
    made(plan_shards(job(tmp_path), 1, 2))
    (tmp_path / "shop.csv").write_text(SHOP + "\n", "utf-8", newline="")
    with pytest.raises(ClientError, match="was changed since these shards were made"):
        join(job(tmp_path))
    assert not (tmp_path / "out.csv").exists()


def test_a_run_that_was_interrupted_is_cut_as_before(tmp_path: Path) -> None:
    assert len(plan_shards(job(tmp_path), 8)) == 1
    made(plan_shards(job(tmp_path), 1, 3)[:1])
    assert len(plan_shards(job(tmp_path), 8)) == 3


def test_a_folder_is_cut_into_files(tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt", "deep/c.txt", "no.bin"):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_text(name.upper())
    folder = job(tmp_path, input=str(tmp_path / "in"), output=str(tmp_path / "out"))
    assert [s.source.name for s in shard_of(folder, 1, 2)] == ["a.txt", "c.txt"]
    made(shard_of(folder, 1, 2))
    with pytest.raises(ClientError, match=r"b\.txt: no shard of it is there"):
        join(folder)
    assert not (tmp_path / "out" / "a.txt").exists()
    made(shard_of(folder, 2, 2))
    assert len(join(folder)) == 3
    assert sorted(path.name for path in (tmp_path / "out").rglob("*")) == [
        "a.txt", "b.txt", "c.txt", "deep",
    ]  # fmt: skip


# The command


def test_the_command_makes_one_shard_and_joins_them(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    columns = ("--column", "title", "--column", "body:html", "--no-store")
    for number in (1, 2, 3):
        batch(tmp_path / "shop.csv", out, *columns, "--shard", f"{number}/3")
    report = tmp_path / "report.json"
    joined = batch(tmp_path / "shop.csv", out, *columns, "--join", "--report", report, code=2)
    assert "119 texts" in joined.output
    assert json.loads(report.read_text())["failed"] == 1
    assert out.read_bytes() == whole(tmp_path)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("shop.csv", "out.csv", "--shard", "4/3"), "is 4/3; the first is 1/3"),
        (("shop.csv", "out.csv", "--shard", "x"), "is 'x'; the third of ten is 3/10"),
        (("-", "out.csv", "--format", "csv", "--shard", "1/2"), "standard input cannot be cut"),
        (("shop.csv", "-", "--processes", "2"), "shards are cut from a file or folder"),
        (("shop.csv", "out.csv", "--join", "--review", "a.html"), "is made by one process"),
    ],
)
def test_what_cannot_be_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert told in batch(*arguments, "--column", "title", "--no-store", code=2).output


class Failing:
    """A pool whose shards fail, the second one for another reason if it is given."""

    num_workers = 1

    def __init__(self, *reasons: str) -> None:
        self._reasons = reasons
        self._running: list[Shard] = []

    def start(self, shard: Shard) -> None:
        self._running.append(shard)

    def wait(self) -> Outcome:
        shard = self._running.pop()
        return Outcome(shard, None, self._reasons[shard.number % len(self._reasons)], False)


def test_each_reason_is_told_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ClientError, match=r"^it has no column$"):
        in_shards(job(tmp_path), Failing("it has no column"), 3)
    with pytest.raises(ClientError, match="3 of 3 shards failed; those that are done are kept"):
        in_shards(job(tmp_path), Failing("it died", "it is no CSV"), 3)
    told = capsys.readouterr().err.splitlines()
    assert [line.partition(", shard ")[2] for line in told if ", shard " in line] == [
        "1 of 3 and 1 more: it is no CSV",
        "2 of 3: it died",
    ]


# The pool


class Scripted:
    """A pool that does what it is told: for each shard outcomes, the last one for ever."""

    num_workers = 2

    def __init__(self, outcome: Callable[[Shard, int], Outcome]) -> None:
        self.started: list[int] = []
        self._outcome = outcome
        self._running: list[Shard] = []

    def start(self, shard: Shard) -> None:
        assert len(self._running) < self.num_workers
        self._running.append(shard)
        self.started.append(shard.number)

    def wait(self) -> Outcome:
        shard = self._running.pop(0)
        return self._outcome(shard, self.started.count(shard.number))


def test_a_shard_is_tried_three_times_and_others_go_on(tmp_path: Path) -> None:
    figures = Figures(1, 1, 1, {}, {}, {})

    def outcome(shard: Shard, tries: int) -> Outcome:
        if shard.number == 1:
            return Outcome(shard, None, "it died")
        if shard.number == 2:
            return Outcome(shard, None, "it is no CSV", may_retry=False)
        return Outcome(shard, figures if shard.number > 3 or tries == 3 else None)

    pool = Scripted(outcome)
    told: list[Outcome] = []
    failed = run_shards(plan_shards(job(tmp_path), 2, 5), pool, told.append)
    assert sorted((each.shard.number, each.error) for each in failed) == [
        (1, "it died"),
        (2, "it is no CSV"),
    ]
    assert sorted(pool.started) == [1, 1, 1, 2, 3, 3, 3, 4, 5]
    assert sorted(each.shard.number for each in told) == [1, 2, 3, 4, 5]


def test_processes_translate_and_one_that_is_killed_is_replaced(tmp_path: Path) -> None:
    shards = plan_shards(job(tmp_path), 1, 3)
    missing = Shard(job(tmp_path), tmp_path / "no.csv", tmp_path / "no.csv.out")

    def killing() -> Iterator[bool]:
        yield True
        while True:
            yield False

    kill = killing()
    with LocalPool(1, keeps=False) as pool:

        class Killing:
            num_workers = 1

            def start(self, shard: Shard) -> None:
                pool.start(shard)
                if next(kill):
                    [worker] = pool._workers
                    assert worker.process.pid is not None
                    os.kill(worker.process.pid, signal.SIGKILL)

            def wait(self) -> Outcome:
                return pool.wait()

        told: list[Outcome] = []
        failed = run_shards([*shards, missing], Killing(), told.append)
    assert [each.shard.source.name for each in failed] == ["no.csv"]
    assert failed[0].error.endswith("no.csv: there is no such file")
    join(job(tmp_path))
    assert (tmp_path / "out.csv").read_bytes() == whole(tmp_path)


FILES = {
    "a.json": b'{"shop": {"title": "Red lamp", "n": 3, "list": ["Soft chair", "x"]}, '
    b'"end": "Bye now"}',
    "a.jsonl": b'{"title": "Red lamp", "n": 1}\n{"title": "Soft chair"}\n\n{"title": "Bye"}\n',
    "a.srt": b"1\r\n00:00:01,000 --> 00:00:02,000\r\nRed lamp\r\nand more\r\n\r\n"
    b"2\r\n00:00:03,000 --> 00:00:04,000\r\n<i>Soft chair.</i>\r\n",
    "a.vtt": b"WEBVTT\n\n00:01.000 --> 00:02.000\nRed lamp\n\nNOTE x\n\n"
    b"00:03.000 --> 00:04.000\nBye\n",
    "a.po": b'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
    b'msgid "Red lamp"\nmsgstr ""\n\nmsgctxt "x"\nmsgid "Soft %s"\nmsgstr ""\n',
    "a.xliff": b'<xliff version="1.2"><file source-language="xx" target-language="yy"><body>'
    b'<trans-unit id="1"><source>Red lamp</source></trans-unit>'
    b'<trans-unit id="2"><source>Soft <g id="1">chair</g></source></trans-unit>'
    b"</body></file></xliff>",
    "a.md": b"# Red lamp\n\nSoft *chair* and `code`.\n\n- one more\n",
    "a.html": b"<!doctype html><html><body><p>Red <b>lamp</b></p><p>Soft chair</p></body></html>",
    "a.txt": b"Red lamp\n\nSoft chair\r\nBye",
    "a.tsv": 'title\tsku\nRed lamp\t1\n"Soft\nchair"\t2\n'.encode("utf-16"),
}


@pytest.mark.parametrize("name", FILES)
def test_files_of_every_format_are_cut(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(FILES[name])
    columns = {"title": ColumnConfig()} if name in ("a.tsv", "a.jsonl") else {}
    given = job(tmp_path, input=str(tmp_path / name), output=f"{tmp_path}/out-{name}",
                columns=columns)  # fmt: skip
    written = set()
    for count in (1, 3):
        made(plan_shards(given.model_copy(update={"overwrite": True}), 1, count))
        figures = join(given.model_copy(update={"overwrite": True}))
        assert sum(each.origins.get("engine", 0) for each in figures) >= 2, figures
        written.add((tmp_path / f"out-{name}").read_bytes())
    assert len(written) == 1
    assert written != {FILES[name]}


def test_every_format_that_is_a_sequence_is_tried() -> None:
    from translator.jobs.formats.registry import file_format, format_names

    cut = {name for name in format_names() if is_sequence(file_format(Path("x"), name))}
    assert cut == {file_format(Path(name)).name for name in FILES} | {"csv"}
