"""JSONL: a table with an object a line."""

import json
from dataclasses import replace

import pytest

from tests.unit.jobs.formats.helpers import OPTIONS, cells_of, untouched, written
from translator.jobs.cells import FormatOptions, InputFileError, Kind, Rule
from translator.jobs.formats.json_lines import JsonLines

pytestmark = pytest.mark.unit

TITLE = FormatOptions("en", "pt", {"title": Rule(max_length=9)})
SHOP = (
    b'{"sku": "0012", "title": "Red lamp", "price": 1.50}\r\n\n'
    b' {"title":"Caf\\u00e9 \\"{x}\\"","tags":["a","b"]}\n'
    b'{"title": null, "body": "Hi"}\n{"title": ["One", "Two"]}'
)


def test_only_texts_of_named_keys_change() -> None:
    found = cells_of(JsonLines(), SHOP, TITLE)
    assert [cell.text for cell in found] == ["Red lamp", 'Café "{x}"', "One", "Two"]
    assert [cell.place.row for cell in found] == [1, 3, 5, 5]
    assert found[0].max_length == 9
    assert untouched(JsonLines(), SHOP, TITLE) == SHOP
    done = written(JsonLines(), SHOP, lambda text: text.upper() + "É", TITLE)
    assert done == (
        SHOP.replace(b"Red lamp", b"RED LAMP\\u00c9")
        .replace(b'Caf\\u00e9 \\"{x}\\"', b'CAF\\u00c9 \\"{X}\\"\\u00c9')
        .replace(b'"One", "Two"', b'"ONE\\u00c9", "TWO\\u00c9"')
    )


def test_texts_are_what_their_rules_say_and_no_messages() -> None:
    options = FormatOptions(
        "en", "pt", {"a.b": Rule(Kind.HTML), "c": Rule(numbers=True)}, templates=("icu",)
    )
    data = '{"a": {"b": "<b>It\'s</b>"}, "c": "It\'\'s <i> 7"}\n'.encode("utf-16")
    html, text = cells_of(JsonLines(), data, options)
    assert (html.kind, html.text) == (Kind.HTML, "<b>It's</b>")
    assert (text.kind, text.text, text.numbers) == (Kind.TEXT, "It''s <i> 7", True)
    assert text.templates == ("icu",)
    done = written(JsonLines(), data, lambda text: text + "!", options)
    assert json.loads(done.decode("utf-16"))["c"] == "It''s <i> 7!"


def test_a_line_that_is_wrong_is_told_and_the_others_go_on() -> None:
    lines = [b'{"title": "Red %d"}' % n for n in range(100)]
    lines[20:24] = [b'{"title": "Red', b'{"title": "R\xff"}', b'{"title": "a" "b"}', b'{"title":']
    data = b"\n".join(lines)
    found = cells_of(JsonLines(), data, TITLE)
    assert len(found) == 100
    problems = {cell.place.row: cell.problem for cell in found if cell.problem}
    assert list(problems) == [21, 22, 23, 24]
    assert "Unterminated string" in problems[21]
    assert "0xFF is not utf-8" in problems[22]
    assert "where , or } is needed" in problems[23]
    assert "the end of the line stands where a value is needed" in problems[24]
    assert untouched(JsonLines(), data, TITLE) == data


@pytest.mark.parametrize(
    ("data", "options", "told"),
    [
        (b'{"sku": 1, "name": "x"}', OPTIONS, "row 1: which keys .* --column: sku, name"),
        (b"\n[1]\n", OPTIONS, "row 2: which keys .*; this line is no object"),
        (b"{}", FormatOptions("en", "pt", {"a": Rule(into="b")}), "column a: into: is for CSV"),
    ],
)
def test_what_is_not_clear_is_told(data: bytes, options: FormatOptions, told: str) -> None:
    with pytest.raises(InputFileError, match=told):
        cells_of(JsonLines(), data, options)


@pytest.mark.parametrize("rule", ["titel", "a.*", "sku"])
def test_a_key_that_no_record_has_is_told_with_those_that_are_there(rule: str) -> None:
    data = b'{"title": "A lamp", "sku": 1}\n\n{"title": "Two", "a": {"b": "c"}}\n'
    wrong = FormatOptions("en", "pt", {rule: Rule()})
    with pytest.raises(InputFileError, match=r"^file: has no text at '.*'; there are: title$"):
        cells_of(JsonLines(), data, wrong)
    both = FormatOptions("en", "pt", {rule: Rule(), "title": Rule()})
    assert [cell.text for cell in cells_of(JsonLines(), data, both)] == ["A lamp", "Two"]
    # Another shard may have it.
    assert cells_of(JsonLines(), data, replace(wrong, skipped=9)) == []


def test_presets_are_told_by_the_first_record() -> None:
    record = {"id": 7, "title": "Lamp", "description": "Warm", "link": "https://shop.example"}
    found = cells_of(JsonLines(), json.dumps(record).encode())
    assert {cell.place.column: cell.max_length for cell in found} == {
        "title": 150,
        "description": 5000,
    }


def test_an_empty_file_is_empty() -> None:
    assert untouched(JsonLines(), b"") == b""
    assert untouched(JsonLines(), b"\n\n") == b"\n\n"
