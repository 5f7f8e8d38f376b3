"""Prices whose sign has letters, such as R$ 1.249,99: parts that no model touches.

From Portuguese a small model loses digits of one in ten of these, and takes R$ for dollars.
"""

import re
from collections.abc import Sequence

from translator.terms.match import Match
from translator.text.number_format import as_written_in
from translator.text.protection import Verbatim

__all__ = ["open_price", "prices"]

_PRICE = re.compile(r"(?<![\w$])[A-Z]{1,3}\$ ?\d+(?:[.,]\d+)*(?!\w)")
# What may become one, or a longer one.
_OPEN = re.compile(r"(?<![\w$])[A-Z]{1,3}\$ ?[\d.,]*\Z")
_LONGEST = 40


def prices(
    text: str, others: Sequence[Verbatim | Match], languages: tuple[str, str] | None
) -> list[Verbatim]:
    """The prices in a text, in order, but for those that overlap other parts of it.

    Args:
        text: A segment, or as much of it as has come.
        others: Other parts that no model touches.
        languages: BCP-47 codes of source and target; None: prices stay as they are written.
    """
    found = []
    for price in _PRICE.finditer(text) if "$" in text else ():
        start, end = price.span()
        if not any(start < other.end and end > other.start for other in others):
            said = price[0] if languages is None else as_written_in(price[0], *languages)
            found.append(Verbatim(start, end, None if said == price[0] else said))
    return found


def open_price(text: str) -> int:
    """Where a price at the end of a text begins that more text may change; its length if none."""
    found = _OPEN.search(text, max(0, len(text) - _LONGEST))
    return len(text) if found is None else found.start()
