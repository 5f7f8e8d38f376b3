"""``translator batch``, as its user runs it: with the fake model, but for its speed."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.server.processes import serving, serving_here
from translator.cli import main
from translator.jobs.remote_units import RemoteUnits
from translator.jobs.settings import UnitSettings
from translator.jobs.units import Unit

pytestmark = pytest.mark.server

TABLE = """sku,name,body,ean
A-1,Blue lamp,<p>A <b>lamp</b>.</p>,0012345678905
A-2,"Chair, red",,7
A-3,Table,<p>Of wood &amp; steel.</p>,08
"""
CAPITALS = """sku,name,body,ean
A-1,BLUE LAMP~.,<p>A <b>LAMP</b>.</p>,0012345678905
A-2,"CHAIR, RED~.",,7
A-3,TABLE~.,<p>OF WOOD &amp; STEEL.</p>,08
"""
COLUMNS = ("--column", "name:text,max=11", "--column", "body:html")
PAIR = ("--from", "xx", "--to", "yy")


@pytest.fixture(autouse=True)
def _fake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TRANSLATOR_FAKE_MODEL", "1")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop.csv").write_text(TABLE)


def batch(*words: str, **more: object) -> Result:
    return CliRunner().invoke(main, ["batch", *PAIR, *words], **more)  # type: ignore[arg-type]


def test_a_table_and_what_is_said_of_it() -> None:
    result = batch(
        "shop.csv", "out.csv", *COLUMNS, "--errors", "errors.jsonl", "--report", "report.json"
    )
    assert result.exit_code == 0, result.output
    assert Path("out.csv").read_text() == CAPITALS
    assert result.stdout == ""
    assert "5 texts with 11 words" in result.stderr
    report = json.loads(Path("report.json").read_text())
    assert (report["cells"], report["failed"], report["reasons"]) == (5, 0, {"TOO_LONG": 1})
    (line,) = Path("errors.jsonl").read_text().splitlines()
    failure = json.loads(line)
    assert (failure["row"], failure["column"], failure["source"]) == (3, "name", "Chair, red")


def test_a_table_through_standard_input_and_output() -> None:
    result = batch("-", "-", "--format", "csv", *COLUMNS, input=TABLE)
    assert result.exit_code == 0, result.output


def test_a_folder(tmp_path: Path) -> None:
    (tmp_path / "in" / "deep").mkdir(parents=True)
    (tmp_path / "in" / "a.txt").write_text("We sail.\n")
    (tmp_path / "in" / "deep" / "b.csv").write_text(TABLE)
    (tmp_path / "in" / "logo.png").write_bytes(b"\x89PNG")
    assert batch("in", "out", *COLUMNS).exit_code == 0
    found = sorted(str(path.relative_to("out")) for path in Path("out").rglob("*.*"))
    assert found == ["a.txt", "deep/b.csv"]
    assert Path("out/deep/b.csv").read_text() == CAPITALS


def test_a_job_file() -> None:
    Path("job.toml").write_text(
        'input = "shop.csv"\noutput = "out.csv"\nsource = "xx"\ntarget = "yy"\n'
        '[columns.name]\nmax = 40\n[columns.body]\nkind = "html"\n'
    )
    assert CliRunner().invoke(main, ["batch", "--job", "job.toml"]).exit_code == 0
    assert Path("out.csv").read_text() == CAPITALS


def test_a_plan_translates_nothing_into_the_output() -> None:
    result = batch("shop.csv", "out.csv", *COLUMNS, "--dry-run")
    assert result.exit_code == 0, result.output
    assert "5 texts with 11 words" in result.stdout
    assert "to translate: 5 with 11 words" in result.stdout
    assert not Path("out.csv").exists()


@pytest.mark.parametrize(
    ("words", "sentence", "code"),
    [
        (("no.csv", "out.csv"), "no.csv: there is no such file", 2),
        (("shop.csv", "shop.csv", *COLUMNS), "shop.csv: is the input too", 2),
        (("shop.csv", "out.csv", "--column", "nmae"), "has no column 'nmae'; there are: sku", 2),
        (("shop.csv", "out.csv", "--column", "name:word"), "'word' is no kind of text", 2),
        (("shop.csv", "out.csv", "--column", "name:text,max=x"), "'max=x' is no option", 2),
        (("shop.csv", "out.csv"), "which columns are to be translated?", 2),
        (("shop.csv", "out.csv", "--keep", "x", *COLUMNS), "has no column 'x'", 2),
        (("shop.csv", "out.csv", "--encoding", "x", *COLUMNS), "there is no encoding 'x'", 2),
        (("shop.csv", "out.csv", "--to", "qq", *COLUMNS), "no model translates xx to qq", 2),
        (("shop.csv",), "output: is missing", 2),
        (("shop.csv", "out.csv", "--job", "no.toml"), "no.toml: ", 2),
        (("shop.csv", "out.csv", "--store", "shop.csv", *COLUMNS), "not a database", 5),
        (("shop.csv", "shop.csv/out.csv", *COLUMNS), "cannot be written", 5),
        (("shop.csv", "out.csv", *COLUMNS, "--errors", "no/e.jsonl"), "no/e.jsonl: cannot be", 5),
        (("cache", "out.csv"), "there is no file of a known format", 2),
    ],
)
def test_a_mistake_is_told_in_one_sentence(
    words: tuple[str, ...], sentence: str, code: int, tmp_path: Path
) -> None:
    (tmp_path / "cache").mkdir(exist_ok=True)
    result = batch(*words)
    assert sentence in result.stderr
    assert result.exit_code == code
    assert not Path("out.csv").exists()


def test_a_report_that_cannot_be_written_is_told() -> None:
    result = batch("shop.csv", "out.csv", *COLUMNS, "--report", "no/report.json")
    assert result.exit_code == 5
    assert "no/report.json: cannot be written" in result.stderr
    # The translation is there nevertheless.
    assert Path("out.csv").read_text() == CAPITALS


def test_an_output_that_exists_is_kept_unless_told() -> None:
    Path("out.csv").write_text("mine")
    assert "--overwrite replaces it" in batch("shop.csv", "out.csv", *COLUMNS).stderr
    assert Path("out.csv").read_text() == "mine"
    assert batch("shop.csv", "out.csv", *COLUMNS, "--overwrite").exit_code == 0
    assert Path("out.csv").read_text() == CAPITALS


def test_a_wrong_row_stays_and_the_exit_status_tells() -> None:
    Path("shop.csv").write_text(TABLE.replace(",7\n", ",7,8\n"))
    result = batch("shop.csv", "out.csv", *COLUMNS)
    assert result.exit_code == 2
    assert Path("out.csv").read_text() == CAPITALS.replace(
        '"CHAIR, RED~.",,7\n', '"Chair, red",,7,8\n'
    )
    assert "not translated: 1" in result.stderr


def test_servers_translate_as_this_process_does() -> None:
    with serving_here() as one, serving_here() as other:
        words = ("shop.csv", "out.csv", *COLUMNS, "--address", one, "--address", other)
        result = batch(*words)
        assert result.exit_code == 0, result.output
        assert Path("out.csv").read_text() == CAPITALS
    # All of it is known, but not what a server has: it has to be there.
    result = batch("shop.csv", "again.csv", *COLUMNS)
    assert Path("again.csv").read_text() == CAPITALS
    assert "from the store: 5" in result.stderr


def test_a_server_that_is_not_there_is_told() -> None:
    result = batch("shop.csv", "out.csv", *COLUMNS, "--address", "localhost:1", "--no-store")
    assert result.exit_code == 3
    assert "localhost:1" in result.stderr
    assert not Path("out.csv").exists()


def test_a_server_that_was_away_is_asked_for_the_rest() -> None:
    units = (Unit(f"Lamp {n}") for n in range(1500))
    with serving("--fake-model") as (address, process):
        results = RemoteUnits([address], UnitSettings("xx", "yy")).translate(units)
        found = [next(results) for _ in range(10)]
        process.kill()
        process.wait()
    with serving("--fake-model", "--port", address.rpartition(":")[2]):
        found += results
    assert [result.text for result in found] == [f"LAMP {n}~." for n in range(1500)]


@pytest.mark.parametrize("most", [2, pytest.param(4, marks=pytest.mark.thorough)])
@pytest.mark.parametrize("shards", [(), ("--processes", "2", "--shards", "6")], ids=["one", "two"])
def test_a_job_that_is_killed_goes_on_to_the_same_bytes(
    tmp_path: Path, shards: tuple[str, ...], most: int
) -> None:
    rows = "".join(
        f"A-{n},Ship {n} has {n % 50} sails and {n % 31} oars,,{n}\n" for n in range(1500)
    )
    Path("shop.csv").write_text("sku,name,body,ean\n" + rows)
    words = ["shop.csv", "out.csv", *PAIR, *COLUMNS, "--store", "s.db", *shards]
    command = [sys.executable, "-m", "translator", "batch", *words]
    chosen = random.Random(7)
    kills = 0
    for _ in range(most):
        began = time.monotonic()
        job = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        try:
            # From when it has something to keep.
            while not Path("s.db-wal").exists() and job.poll() is None:
                time.sleep(0.05)
            job.wait(chosen.uniform(0, 1))
        except subprocess.TimeoutExpired:
            os.kill(job.pid, signal.SIGKILL)
            kills += 1
        assert job.wait() in {0, -signal.SIGKILL}, time.monotonic() - began
        if Path("out.csv").exists():
            break
    assert kills
    if not Path("out.csv").exists():
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    assert sorted(path.name for path in tmp_path.iterdir() if "part" in path.name) == []
    expected = [f"A-{n},SHIP {n} HAS {n % 50} SAILS AND {n % 31} OARS~.,,{n}" for n in range(1500)]
    assert Path("out.csv").read_text().splitlines()[1:] == expected


def test_a_glossary_of_the_server_and_what_is_kept_when_it_changes(tmp_path: Path) -> None:
    folder = tmp_path / "glossaries"
    folder.mkdir()
    (folder / "shop.csv").write_text("lamp,luz\n")
    with serving_here(glossaries=folder) as address:
        words = ("shop.csv", "out.csv", *COLUMNS, "--address", address, "--overwrite")
        first = batch(*words, "--server-glossary", "shop", "--report", "report.json")
        assert first.exit_code == 0, first.output
        assert "BLUE luz" in Path("out.csv").read_text()
        assert json.loads(Path("report.json").read_text())["terms"] == {"masked": 2}
        # What the store has is of another glossary.
        (folder / "shop.csv").write_text("lamp,lustre\n")
        assert batch(*words, "--server-glossary", "shop").exit_code == 0
        assert "BLUE lustre" in Path("out.csv").read_text()
        assert batch(*words).exit_code == 0
        assert Path("out.csv").read_text() == CAPITALS
        told = batch(*words, "--server-glossary", "sho").stderr
        assert "there is no glossary 'sho'; there are shop" in told
    told = batch("shop.csv", "new.csv", *COLUMNS, "--server-glossary", "shop").stderr
    assert told.startswith("Error: glossaries: are a server's, which --address names")


# Of each kind what is wrong, and what is to be told of it; all other rows are right. 256 are
# translated together. In broken HTML the words are translated, and the tags stay.
NUM_ROWS = 1_000
WRONG = {
    "bytes": (b"row \xff\xfe.", "INPUT_FILE"),
    "long": (b"a word " * 150_000, "INVALID_REQUEST"),
    "html": (b'<p>a <b translate="no">b</p><script>c', None),
    "empty": (b"", None),
    "ragged": (b"one,more,fields", "INPUT_FILE"),
}
WRITTEN_HTML = b'"<p>A~. <b translate=""no"">b</p><script>c"'


@pytest.mark.parametrize("kinds", [*((kind,) for kind in WRONG), tuple(WRONG)], ids="-".join)
def test_one_wrong_row_spoils_no_other(kinds: tuple[str, ...]) -> None:
    rows = [b"%d,Row <i>%d</i> it is." % (number, number) for number in range(NUM_ROWS)]
    expected = [b"%d,ROW <i>%d</i> IT IS." % (number, number) for number in range(NUM_ROWS)]
    rows[0], expected[0] = "0,café.".encode(), "0,CAFÉ.".encode()
    told = []
    for number, kind in enumerate(kinds, 1):
        place = 150 * number
        wrong, reason = WRONG[kind]
        rows[place] = b"%d," % place + wrong
        expected[place] = b"%d," % place + (WRITTEN_HTML if kind == "html" else wrong)
        told += [] if reason is None else [(place + 2, reason)]
    Path("in.csv").write_bytes(b"\n".join([b"sku,body", *rows, b""]))
    result = batch("in.csv", "out.csv", "--column", "body:html", "--errors", "errors.jsonl")
    assert Path("out.csv").read_bytes().split(b"\n") == [b"sku,body", *expected, b""]
    failures = [json.loads(line) for line in Path("errors.jsonl").read_text().splitlines()]
    assert [(each["row"], each["reason"]) for each in failures] == told
    assert result.exit_code == (2 if told else 0)
    fed = CliRunner().invoke(main, ["memory", "import", "errors.jsonl", "--memory", "m", *PAIR])
    assert fed.exit_code == 0, fed.output
