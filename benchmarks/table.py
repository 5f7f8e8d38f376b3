"""Rows of figures as aligned columns, or as a table of a document."""

from typing import Any

__all__ = ["markdown", "table"]


def table(rows: list[dict[str, Any]]) -> str:
    """Rows of the same keys, the keys above them."""
    cells = [list(rows[0]), *([str(value) for value in row.values()] for row in rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(cells[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    )


def markdown(rows: list[dict[str, Any]]) -> str:
    """The same as a table in Markdown."""
    lines = [list(rows[0]), ["---"] * len(rows[0])]
    lines += [[str(value) for value in row.values()] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
