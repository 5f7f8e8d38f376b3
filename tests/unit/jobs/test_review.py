"""Reviews: a page that shows texts and runs none of them, and a table that comes back as memory."""

import csv
import re
from collections import Counter
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from click.testing import CliRunner
from turbohtml import parse

from translator.cli import main
from translator.errors import ClientError
from translator.jobs.cells import Cell, Kind, Place, Suggestion
from translator.jobs.memory_files import read_memory
from translator.jobs.report import Report
from translator.jobs.review import Sample, check_review, write_review
from translator.jobs.units import Origin, UnitResult
from translator.jobs.whole_file import OutputError

pytestmark = pytest.mark.unit

EVIL = '<img src=x onerror="alert(1)"></td><script>alert(2)</script>&amp; "quoted" \x00'


def cell(text: str, row: int = 1, kind: Kind = Kind.TEXT) -> Cell:
    place = Place("shop.csv", row, "body")
    return Cell(text, place, str.encode, text.encode("utf-8", "surrogateescape"), kind)


def review(path: Path, results: list[tuple[Cell, UnitResult]], size: int = 200) -> str:
    sample = Sample(size)
    report = Report(on_cell=sample.add)
    for each, result in results:
        report.translated(each, result)
    write_review(path, sample, report, ("en", "pt-BR"))
    return path.read_bytes().decode()


def test_no_text_of_a_page_is_markup(tmp_path: Path) -> None:
    bad = UnitResult(
        EVIL, Origin.ENGINE, issues=("number",), terms=((EVIL, "failed"),),
        suggestions=(Suggestion(EVIL, EVIL, 80),),
    )  # fmt: skip
    failed = UnitResult(None, reason="BROKEN", message=EVIL)
    page = review(
        tmp_path / "a.html", [(cell(EVIL, kind=Kind.HTML), bad), (cell("\udc80", 2), failed)]
    )
    assert {"img", "script"}.isdisjoint(re.findall(r"<(\w+)", page))
    tags = {element.tag for element in parse(page).find_all()}
    assert tags == {
        "html", "head", "meta", "title", "style", "body", "h1", "p", "dl", "div", "dt", "dd",
        "table", "thead", "tbody", "tr", "th", "td", "ul", "li", "br",
    }  # fmt: skip
    cells = [unescape(each) for each in re.findall(r"<td[^>]*>(.*?)</td>", page, re.DOTALL)]
    assert cells[1] == cells[2] == EVIL.replace("\0", "\ufffd")
    assert "stays as it was" in cells[7]
    assert "http" not in re.sub(r"http-equiv", "", page)


def test_what_has_issues_comes_first_and_the_rest_is_drawn_the_same_each_time(
    tmp_path: Path,
) -> None:
    good = [(cell(f"text {n}", n), UnitResult("texto", Origin.ENGINE)) for n in range(100)]
    bad = [
        (cell(f"bad {n}", n), UnitResult("ruim", Origin.ENGINE, issues=("number",)))
        for n in range(100, 103)
    ]
    first = review(tmp_path / "a.html", good + bad, 10)
    assert re.findall(r'lang="en" dir="auto">(\w+)', first) == ["bad"] * 3 + ["text"] * 7
    rows = [int(row) for row in re.findall(r"row (\d+)<br>", first)]
    assert rows[3:] == sorted(rows[3:])
    # Whatever the order is in which cells come, as from several processes.
    second = review(tmp_path / "a.html", (good + bad)[::-1], 10)
    assert sorted(re.findall(r"<tr.*</tr>", first)) == sorted(re.findall(r"<tr.*</tr>", second))
    only_bad = review(tmp_path / "a.html", good + bad, 2)
    assert len(re.findall(r'<tr class="look">', only_bad)) == 2
    assert "<dt>to look at</dt><dd>3</dd>" in only_bad


def test_a_table_comes_back_as_memory(tmp_path: Path) -> None:
    results = [
        (cell('=lamp, the\n"big" one'), UnitResult("candeeiro", Origin.ENGINE)),
        (cell("broken", 2), UnitResult(None, reason="BROKEN", message="it is broken")),
    ]
    review(tmp_path / "a.csv", results)
    with (tmp_path / "a.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["look_at"] for row in rows] == ["BROKEN: it is broken", ""]
    entries = list(read_memory(tmp_path / "a.csv", "", "", Counter()))
    assert [(e.source, e.target, e.source_language, e.target_language) for e in entries] == [
        ('=lamp, the\n"big" one', "candeeiro", "en", "pt-BR")
    ]


def test_a_review_is_a_page_or_a_table_and_has_to_be_written(tmp_path: Path) -> None:
    with pytest.raises(ClientError, match=r"a\.pdf: a review is a page or a table: .html, .csv"):
        check_review(tmp_path / "a.pdf")
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        review(tmp_path / "file" / "a.html", [])
    result = CliRunner().invoke(main, ["batch", "no.txt", "x.txt", "--review", "a.pdf"])
    assert (result.exit_code, "a page or a table" in result.output) == (2, True)


def test_a_file_is_named_once_unless_there_are_several(tmp_path: Path) -> None:
    done = UnitResult("texto", Origin.ENGINE)
    one = cell("text", 1)
    assert (
        review(tmp_path / "a.html", [(one, done), (cell("more", 2), done)]).count("shop.csv") == 1
    )
    other = replace(one, place=Place("other.csv", 1, "body"))
    page = review(tmp_path / "b.html", [(one, done), (other, done)])
    assert page.count("<td>shop.csv<br>row 1<br>body</td>") == 1
    assert page.count("<td>other.csv<br>row 1<br>body</td>") == 1


def test_on_a_narrow_screen_a_cell_says_what_it_is(tmp_path: Path) -> None:
    page = review(tmp_path / "a.html", [(cell("text"), UnitResult("texto", Origin.ENGINE))])
    assert 'data-name="Source"' in page
    assert 'data-name="Result"' in page
