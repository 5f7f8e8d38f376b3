"""A job: results in order, nothing twice, whatever fails stays, and the output is whole or not."""

import io
import itertools
import json
import os
import platform
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from translator.jobs.cells import FormatOptions, Rule
from translator.jobs.formats.delimited import Csv
from translator.jobs.formats.lines import Lines
from translator.jobs.local_units import LocalUnits
from translator.jobs.report import Failure, Report
from translator.jobs.run import JobFile, run_file
from translator.jobs.settings import UnitSettings
from translator.jobs.store import Store
from translator.jobs.stored_units import StoredUnits
from translator.jobs.units import Origin, Unit, UnitResult, UnitTranslator
from translator.jobs.whole_file import OutputError, written_whole
from translator.local import Translator
from translator.models.fake import FakeModel
from translator.testing import FakeDetector

pytestmark = pytest.mark.unit


class Upper:
    """Puts texts into capitals, a few behind; fails at those with "fail"."""

    def __init__(self, behind: int = 3) -> None:
        self._behind = behind
        self.most_waiting = 0

    def translate(self, units: Iterable[Unit]) -> Iterator[UnitResult]:
        waiting: list[Unit] = []
        for unit in units:
            waiting.append(unit)
            self.most_waiting = max(self.most_waiting, len(waiting))
            if len(waiting) > self._behind:
                yield self._result(waiting.pop(0))
        yield from map(self._result, waiting)

    def _result(self, unit: Unit) -> UnitResult:
        if "fail" in unit.text:
            return UnitResult(None, reason="BROKEN", message="it is broken")
        return UnitResult(unit.text.upper(), Origin.ENGINE)


def run(
    data: bytes, target: Path, units: UnitTranslator, report: Report, rule: Rule | None = None
) -> None:
    options = FormatOptions("xx", "yy", {"name": rule or Rule()})
    job = JobFile(None, target, "shop.csv", Csv(), options)
    run_file(job, io.BytesIO(data), units, report)


@pytest.mark.parametrize("behind", [0, 3, 100])
def test_cells_come_back_where_they_were(tmp_path: Path, behind: int) -> None:
    failures: list[Failure] = []
    report = Report(failures.append)
    data = b"sku,name\n1,lamp\n2,\n3,a,b\n4,fail here\n5,\xc3\xa9tag\xc3\xa8re\n"
    run(data, tmp_path / "out.csv", Upper(behind), report)
    expected = "sku,name\n1,LAMP\n2,\n3,a,b\n4,fail here\n5,ÉTAGÈRE\n"
    assert (tmp_path / "out.csv").read_text("utf-8") == expected
    assert [(f.place.row, f.reason, f.text) for f in failures] == [
        (4, "INPUT_FILE", ""),
        (5, "BROKEN", "fail here"),
    ]
    assert report.num_failed == 2
    assert report.figures()["from"]["engine"] == 2
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]


def test_a_translation_that_the_file_cannot_hold_is_told(tmp_path: Path) -> None:
    class Stars:
        def translate(self, units: Iterable[Unit]) -> Iterator[UnitResult]:
            return (UnitResult("★★★", Origin.ENGINE, issues=("number",)) for _ in units)

    failures: list[Failure] = []
    rule = Rule(max_length=2)
    run("name\ncafé\n".encode("cp1252"), tmp_path / "a", Stars(), Report(failures.append), rule)
    assert (tmp_path / "a").read_bytes() == "name\ncafé\n".encode("cp1252")
    run("name\ncafé\n".encode(), tmp_path / "b", Stars(), Report(failures.append), rule)
    assert (tmp_path / "b").read_text("utf-8") == "name\n★★★\n"
    assert [f.reason for f in failures] == ["NOT_ENCODABLE", "LACKS_NUMBER,TOO_LONG"]
    told = json.loads(failures[1].to_json())
    assert told["message"] == (
        "the translation lacks a number; has 3 characters; at most 2 are allowed"
    )
    assert told["translation"] == "★★★"


def test_nothing_is_left_of_a_job_that_fails(tmp_path: Path) -> None:
    class Broken:
        def translate(self, units: Iterable[Unit]) -> Iterator[UnitResult]:
            next(iter(units))
            raise RuntimeError("broken")

    own = f".out.csv.{platform.node()}"
    # In a container the next job may have the number of the one that was killed.
    (tmp_path / f"{own}.{os.getpid()}.x.part").write_text("of a job that was killed")
    (tmp_path / ".out.csv.elsewhere.x.part").write_text("of another machine")
    with written_whole(tmp_path / "out.csv") as output:
        output.write(b"of one that runs")
        with pytest.raises(RuntimeError, match="broken"):
            run(b"name\nlamp\n", tmp_path / "out.csv", Broken(), Report())
        assert len(list(tmp_path.iterdir())) == 2
    assert {path.name for path in tmp_path.iterdir()} == {"out.csv", ".out.csv.elsewhere.x.part"}
    assert (tmp_path / "out.csv").read_bytes() == b"of one that runs"


def test_an_output_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        run(b"name\nlamp\n", tmp_path / "file" / "out.csv", Upper(), Report())


def test_a_file_of_any_size_takes_little_memory(tmp_path: Path) -> None:
    class Endless(io.RawIOBase):
        """Gives so many bytes of rows without a name, and looks what is written meanwhile."""

        def __init__(self) -> None:
            self.parts = itertools.chain(
                [b"sku,name\n"], itertools.repeat(b"7" * 99 + b",\n", 20_000)
            )
            self.behind: list[int] = []
            self.given = 0

        def read(self, size: int = -1) -> bytes:
            part = next(self.parts, b"")
            self.given += len(part)
            written = sum(path.stat().st_size for path in tmp_path.glob(".out*"))
            self.behind.append(self.given - written)
            return part

    file = Endless()
    options = FormatOptions("xx", "yy", {"name": Rule()})
    job = JobFile(None, tmp_path / "out.csv", "shop.csv", Csv(), options)
    run_file(job, file, Upper(0), Report())  # type: ignore[arg-type]
    assert (tmp_path / "out.csv").stat().st_size == file.given
    assert max(file.behind) < 1_900_000 < file.given


class Counting(FakeModel):
    """Counts what it encodes."""

    def __init__(self) -> None:
        super().__init__()
        self.encoded = 0

    def encode(self, sources: object) -> object:  # type: ignore[override]
        self.encoded += len(sources)  # type: ignore[arg-type]
        return super().encode(sources)  # type: ignore[arg-type]


def lines(model: FakeModel, store: Path, data: bytes, target: Path) -> Report:
    report = Report()
    with (
        Translator(models=[model], detector=FakeDetector()) as translator,
        Store(store) as opened,
    ):
        local = LocalUnits(lambda: translator, UnitSettings("xx", "yy"), opened)
        units = StoredUnits(local, opened, b"settings")
        job = JobFile(None, target, "text", Lines(), FormatOptions("xx", "yy"))
        run_file(job, io.BytesIO(data), units, report)
    return report


def test_what_was_translated_once_is_not_translated_again(tmp_path: Path) -> None:
    data = "We sail. They stay.\n\nWe sail. They stay.\nThey stay.\n…\n".encode()
    # Its vocabulary grows with what it sees: what was said is understood by the same one only.
    model = Counting()
    report = lines(model, tmp_path / "s.db", data, tmp_path / "1")
    assert (tmp_path / "1").read_bytes() == data.decode().upper().encode()
    # Each sentence once, although they come several times.
    assert model.encoded == 2
    assert report.origins[Origin.ENGINE] == 3
    assert report.origins[Origin.STORE] == 1
    report = lines(model, tmp_path / "s.db", data, tmp_path / "2")
    assert (tmp_path / "2").read_bytes() == (tmp_path / "1").read_bytes()
    assert model.encoded == 2
    assert report.origins[Origin.ENGINE] == 0
    assert report.origins[Origin.STORE] == 4
    # Only what is new.
    lines(model, tmp_path / "s.db", data + b"They stay. We row.\n", tmp_path / "3")
    assert model.encoded == 3
