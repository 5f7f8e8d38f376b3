"""Rows of figures as aligned columns."""

from typing import Any

__all__ = ["table"]


def table(rows: list[dict[str, Any]]) -> str:
    """Rows of the same keys, the keys above them."""
    cells = [list(rows[0]), *([str(value) for value in row.values()] for row in rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(cells[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    )
