"""Reads files cut by a format, and writes them with other texts."""

import io
from collections.abc import Callable

from translator.jobs.cells import Cell, FileFormat, FormatOptions

__all__ = ["OPTIONS", "cells_of", "untouched", "written"]

OPTIONS = FormatOptions("en", "pt")


def cells_of(file: FileFormat, data: bytes, options: FormatOptions = OPTIONS) -> list[Cell]:
    pieces = file.pieces(io.BytesIO(data), "file", options)
    return [piece for piece in pieces if isinstance(piece, Cell)]


def untouched(file: FileFormat, data: bytes, options: FormatOptions = OPTIONS) -> bytes:
    """The file without a translation."""
    pieces = file.pieces(io.BytesIO(data), "file", options)
    return b"".join(piece.raw if isinstance(piece, Cell) else piece for piece in pieces)


def written(
    file: FileFormat,
    data: bytes,
    translate: Callable[[str], str],
    options: FormatOptions = OPTIONS,
) -> bytes:
    """The file with translations of its texts."""
    pieces = file.pieces(io.BytesIO(data), "file", options)
    return b"".join(
        (piece.raw if piece.problem else piece.encode(translate(piece.text)))
        if isinstance(piece, Cell)
        else piece
        for piece in pieces
    )
