"""Parquet: columns of text change, and nothing else."""

import io
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.unit.jobs.formats.helpers import cells_of
from translator.jobs.cells import Cell, FormatOptions, InputFileError, Kind, Rule
from translator.jobs.formats.parquet import Parquet

pytestmark = pytest.mark.unit

PARQUET = Parquet()
RULES = {"title": Rule(max_length=9), "body": Rule(Kind.HTML)}
TABLE = pa.table(
    {
        "sku": pa.array(["0012345678905", "7", None, "a"]),
        "title": pa.array(["one", None, "", "two"], pa.large_string()),
        "body": pa.array(["<p>x</p>", "y", "y", " "]).dictionary_encode(),
        "price": pa.array([Decimal("1.50"), None, Decimal("2.00"), Decimal("0.01")]),
        "when": pa.array([datetime(2026, 1, 1, tzinfo=UTC)] * 4, pa.timestamp("ns", tz="UTC")),
        "tags": pa.array([["a"], [], None, ["b", "c"]]),
        "small": pa.array([1, 2, 3, 4], pa.int8()),
    }
).replace_schema_metadata({"made by": "hand"})


def file_of(table: pa.Table = TABLE, **options: Any) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(table, buffer, **({"row_group_size": 3} | options))
    return buffer.getvalue()


def written(
    data: bytes, translate: Callable[[str], str | None], rules: Mapping[str, Rule] = RULES
) -> bytes:
    output = io.BytesIO()
    pieces = PARQUET.pieces(io.BytesIO(data), "file", FormatOptions("en", "pt", rules))
    PARQUET.write(((p, translate(p.text)) if isinstance(p, Cell) else p for p in pieces), output)
    return output.getvalue()


def test_columns_with_rules_are_texts() -> None:
    cells = cells_of(PARQUET, file_of(), FormatOptions("en", "pt", RULES))
    assert [(str(cell.place), cell.text, cell.kind) for cell in cells] == [
        ("file, row 1, column title", "one", Kind.TEXT),
        ("file, row 1, column body", "<p>x</p>", Kind.HTML),
        ("file, row 2, column body", "y", Kind.HTML),
        ("file, row 3, column body", "y", Kind.HTML),
        ("file, row 4, column title", "two", Kind.TEXT),
    ]
    assert cells[0].max_length == 9


@pytest.mark.parametrize("compression", ["snappy", "zstd", "gzip", "none"])
@pytest.mark.parametrize("compliant", [True, False])
def test_other_columns_types_and_row_groups_stay(
    compression: str,
    compliant: bool,
) -> None:
    data = file_of(compression=compression, use_compliant_nested_type=compliant)
    result = pq.ParquetFile(io.BytesIO(written(data, str.upper)))
    before = pq.ParquetFile(io.BytesIO(data))
    assert result.schema_arrow.equals(before.schema_arrow, check_metadata=True)
    assert result.schema.equals(before.schema)
    after, table = result.read(), before.read()
    assert after.column("title").to_pylist() == ["ONE", None, "", "TWO"]
    assert after.column("body").to_pylist() == ["<P>X</P>", "Y", "Y", " "]
    for name in ("sku", "price", "when", "tags", "small"):
        assert after.column(name).equals(table.column(name))
    for group in range(2):
        own, other = result.metadata.row_group(group), before.metadata.row_group(group)
        assert own.num_rows == other.num_rows
        for column in range(own.num_columns):
            assert own.column(column).compression == other.column(column).compression
            assert own.column(column).encodings == other.column(column).encodings


def test_untranslated_is_the_same_table() -> None:
    for translate in (lambda text: text, lambda text: None):
        result = pq.read_table(io.BytesIO(written(file_of(), translate)))
        assert result.equals(pq.read_table(io.BytesIO(file_of())), check_metadata=True)


def test_old_times_of_spark_stay() -> None:
    data = file_of(use_deprecated_int96_timestamps=True)
    result = pq.ParquetFile(io.BytesIO(written(data, str.upper)))
    assert result.schema.equals(pq.ParquetFile(io.BytesIO(data)).schema)


def test_a_translation_may_go_into_another_column() -> None:
    table = pa.table({"en": ["one", "two"], "pt": [None, "dois"]}, pa.schema(
        [("en", pa.string()), ("pt", pa.string())]
    ))  # fmt: skip
    result = written(file_of(table), lambda _: "um", {"en": Rule(into="pt")})
    assert pq.read_table(io.BytesIO(result)).to_pydict() == {
        "en": ["one", "two"],
        "pt": ["um", "dois"],
    }


def test_bytes_that_are_no_text_are_told_and_stay() -> None:
    wrong = pa.array([b"caf\xe9", b"tea"], pa.binary()).view(pa.string())
    data = file_of(pa.table({"a": wrong}))
    cells = cells_of(PARQUET, data, FormatOptions("en", "pt", {"a": Rule()}))
    assert [cell.problem for cell in cells] == ["is not UTF-8", ""]
    result = written(data, lambda t: None if "\ufffd" in t else "chá", {"a": Rule()})
    column = pq.read_table(io.BytesIO(result)).column("a").cast(pa.binary())
    assert column.to_pylist() == [b"caf\xe9", "chá".encode()]


@pytest.mark.parametrize("table", [TABLE.slice(0, 0), TABLE.slice(0, 1)])
def test_small_tables(table: pa.Table) -> None:
    data = file_of(table)
    result = pq.read_table(io.BytesIO(written(data, str.upper)))
    assert result.num_rows == table.num_rows
    assert result.schema.equals(pq.read_schema(io.BytesIO(data)), check_metadata=True)


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"name": Rule()}, "file: has no column 'name'; there are: sku, title, body"),
        ({"price": Rule()}, "file, column price: holds decimal128"),
        ({"tags": Rule()}, "file, column tags: holds list<element: string>; only columns of text"),
        ({}, "file: which columns are to be translated? Name them with --column: sku, title"),
    ],
)
def test_wrong_rules_are_told(rules: dict[str, Rule], message: str) -> None:
    with pytest.raises(InputFileError) as error:
        cells_of(PARQUET, file_of(), FormatOptions("en", "pt", rules))
    assert message in str(error.value)


@pytest.mark.parametrize("cut", [0, 3, 100, -1, -9])
def test_a_file_that_is_cut_short_is_told(cut: int) -> None:
    with pytest.raises(InputFileError, match="file: is no whole Parquet file: "):
        cells_of(PARQUET, file_of()[:cut], FormatOptions("en", "pt", RULES))


def test_damaged_pages_are_told(tmp_path: Path) -> None:
    data = bytearray(file_of(compression="gzip"))
    data[4:400] = b"\xff" * 396
    with pytest.raises(InputFileError, match="row 1: is no whole Parquet file"):
        cells_of(PARQUET, bytes(data), FormatOptions("en", "pt", RULES))
