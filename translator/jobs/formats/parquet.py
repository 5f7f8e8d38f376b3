"""Parquet: tables in columns, read and written row group by row group.

Only the columns with rules change. All others are copied as Arrow has them, which keeps their
types; schema, metadata, row groups and the compression and dictionaries of columns stay. Indexes
over pages and bloom filters do not, and encrypted files cannot be read.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from translator.jobs.cells import Cell, FormatOptions, InputFileError, Kind, Piece, Place, Rule
from translator.jobs.rules import PRESETS, preset_for

__all__ = ["Parquet"]

_ROWS_AT_ONCE = 1000
_SHOWN_COLUMNS = 40


class _Table(bytes):
    """No bytes, but a row group, on the way from reading to writing; or what is before the first.

    Attributes:
        table: The row group.
        origins: For each column that gets translations the one that they are of.
        file: What the file is made of.
    """

    table: pa.Table | None
    origins: Mapping[str, str]
    file: pq.ParquetFile


class Parquet:
    """Files of Parquet; see ``FileFormat``."""

    name = "parquet"
    suffixes: tuple[str, ...] = (".parquet",)

    def pieces(self, file: BinaryIO, name: str, options: FormatOptions) -> Iterator[Piece]:
        """See ``FileFormat.pieces``; what is no cell has no bytes, but carries a row group."""
        parquet = _opened(file, name)
        schema = parquet.schema_arrow
        rules = options.rules or _preset_rules(schema.names, name)
        columns = {
            rule.into or column: (column, rule)
            for column, rule in rules.items()
            if rule.kind is not None and column not in options.keep
        }
        for target, (origin, _) in columns.items():
            for column in (origin, target):
                _check(schema, column, name)
        origins = {target: origin for target, (origin, _) in columns.items()}
        yield _piece(parquet, None, origins)
        row = 1
        for group in range(parquet.num_row_groups):
            try:
                table = parquet.read_row_group(group)
            except (pa.ArrowException, OSError) as error:
                raise InputFileError(Place(name, row), _sentence(error)) from None
            for start in range(0, table.num_rows, _ROWS_AT_ONCE):
                yield from _cells(table.slice(start, _ROWS_AT_ONCE), columns, name, row + start)
            row += table.num_rows
            yield _piece(parquet, table, origins)

    def write(self, done: Iterable[bytes | tuple[Cell, str | None]], output: BinaryIO) -> None:
        """Write what ``pieces`` gave, with translations; None leaves a cell as it is."""
        changed: deque[tuple[int, str, str]] = deque()
        writer: pq.ParquetWriter | None = None
        row = 1
        try:
            for piece in done:
                if isinstance(piece, tuple):
                    cell, text = piece
                    if text is not None and text != cell.text:
                        changed.append((cell.place.row, cell.place.column, text))
                elif isinstance(piece, _Table):
                    if writer is None:
                        writer = _writer(piece.file, output)
                    if piece.table is not None:
                        table = _changed(piece.table, piece.origins, changed, row)
                        writer.write_table(table, row_group_size=max(1, table.num_rows))
                        row += table.num_rows
        finally:
            if writer is not None:
                writer.close()


def _piece(parquet: pq.ParquetFile, table: pa.Table | None, origins: Mapping[str, str]) -> _Table:
    piece = _Table()
    piece.file, piece.table, piece.origins = parquet, table, origins
    return piece


def _opened(file: BinaryIO, name: str) -> pq.ParquetFile:
    if not file.seekable():
        raise InputFileError(Place(name), "is a pipe; Parquet is read from its end, name a file")
    try:
        return pq.ParquetFile(file, pre_buffer=False)
    except (pa.ArrowException, OSError) as error:
        raise InputFileError(Place(name), _sentence(error)) from None


def _sentence(error: Exception) -> str:
    return f"is no whole Parquet file: {str(error).splitlines()[0].rstrip('.')}"


def _preset_rules(names: list[str], file: str) -> Mapping[str, Rule]:
    preset = PRESETS.get(preset_for(names))
    if preset is None:
        raise InputFileError(
            Place(file),
            f"which columns are to be translated? Name them with --column: {_shown(names)}",
        )
    return {column: rule for column, rule in preset.rules.items() if column in names}


def _shown(names: list[str]) -> str:
    return ", ".join(names[:_SHOWN_COLUMNS]) + ", …" * (len(names) > _SHOWN_COLUMNS)


def _check(schema: pa.Schema, column: str, name: str) -> None:
    places = schema.get_all_field_indices(column)
    if not places:
        raise InputFileError(
            Place(name), f"has no column {column!r}; there are: {_shown(schema.names)}"
        )
    if len(places) > 1:
        raise InputFileError(Place(name, 0, column), "is there twice; it is needed once")
    kind = schema.field(column).type
    if not _is_text(kind.value_type if pa.types.is_dictionary(kind) else kind):
        raise InputFileError(
            Place(name, 0, column), f"holds {kind}; only columns of text are translated"
        )


def _is_text(kind: pa.DataType) -> bool:
    types = pa.types
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))


def _cells(
    table: pa.Table, columns: Mapping[str, tuple[str, Rule]], name: str, row: int
) -> Iterator[Cell]:
    values = {
        column: _bytes(table.column(column))
        for column in {each for target, (origin, _) in columns.items() for each in (target, origin)}
    }
    for number in range(table.num_rows):
        for target, (origin, rule) in columns.items():
            value = values[origin][number]
            # A column that takes translations keeps those that it has.
            if not value or not value.strip() or (target != origin and values[target][number]):
                continue
            text = value.decode("utf-8", "replace")
            problem = "" if text.encode() == value else "is not UTF-8"
            place = Place(name, row + number, target)
            yield Cell(
                text, place, _encoded, value, rule.kind or Kind.TEXT, rule.max_length,
                rule.templates, problem=problem, numbers=rule.numbers,
            )  # fmt: skip


def _encoded(translation: str) -> bytes:
    return translation.encode()


def _bytes(column: pa.ChunkedArray) -> list[bytes | None]:
    """A column's texts as they are stored: they may be no text."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
    if pa.types.is_string_view(column.type):
        column = column.cast(pa.large_string())
    values: list[bytes | None] = column.cast(pa.large_binary()).to_pylist()
    return values


def _changed(
    table: pa.Table,
    origins: Mapping[str, str],
    changed: deque[tuple[int, str, str]],
    row: int,
) -> pa.Table:
    """A row group with the translations of its rows; they are taken."""
    own: dict[str, dict[int, str]] = {}
    while changed and changed[0][0] < row + table.num_rows:
        at, column, text = changed.popleft()
        own.setdefault(column, {})[at - row] = text
    for column, texts in own.items():
        index = table.schema.get_field_index(column)
        values: list[Any] = _bytes(table.column(column))
        for at, text in texts.items():
            values[at] = text.encode()
        field = table.schema.field(index)
        # Not looked at: what was no text stays as it was.
        array = pa.array(values, pa.large_binary()).view(pa.large_string())
        if pa.types.is_dictionary(field.type):
            array = array.cast(field.type.value_type)
            encoded = pc.dictionary_encode(array)
            array = pa.DictionaryArray.from_arrays(
                encoded.indices.cast(field.type.index_type),
                encoded.dictionary,
                ordered=field.type.ordered,
            )
        elif field.type != pa.large_string():
            array = array.cast(field.type)
        table = table.set_column(index, field, array)
    return table


def _writer(parquet: pq.ParquetFile, output: BinaryIO) -> pq.ParquetWriter:
    """A writer of such a file."""
    metadata, compression, dictionaries = parquet.metadata, {}, []
    timestamps = {
        metadata.schema.column(index).physical_type for index in range(metadata.num_columns)
    }
    if metadata.num_row_groups:
        group = metadata.row_group(0)
        for index in range(group.num_columns):
            column = group.column(index)
            compression[column.path_in_schema] = column.compression
            if any("DICTIONARY" in encoding for encoding in column.encodings):
                dictionaries.append(column.path_in_schema)
    schema = parquet.schema_arrow
    return pq.ParquetWriter(
        output,
        schema,
        version="2.6",
        # Or lists get other names inside.
        use_compliant_nested_type=False,
        compression={path: _CODECS.get(name, name) for path, name in compression.items()} or "NONE",
        use_dictionary=dictionaries or False,
        use_deprecated_int96_timestamps="INT96" in timestamps,
        store_decimal_as_integer=_has_integer_decimals(parquet),
    )


_CODECS = {"UNCOMPRESSED": "NONE"}


def _has_integer_decimals(parquet: pq.ParquetFile) -> bool:
    schema = parquet.metadata.schema
    columns = [schema.column(index) for index in range(len(parquet.metadata.schema))]
    return any(
        column.physical_type in ("INT32", "INT64") and column.logical_type.type == "DECIMAL"
        for column in columns
    )
