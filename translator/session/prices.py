"""Prices that no model touches: with a sign that has letters, or one that many models lack.

From Portuguese a small model loses digits of one in ten such as R$ 1.249,99, and takes R$ for
dollars. What stands behind a code word with € or £ would keep the marks of the source's language.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from translator.terms.match import Match
from translator.text.number_format import as_written_in
from translator.text.protection import Verbatim

__all__ = ["open_price", "prices"]

_PRICE = re.compile(r"(?<![\w$])[A-Z]{1,3}\$ ?\d+(?:[.,]\d+)*(?!\w)")
_SIGNED = re.compile(
    r"(?<![\w$])[€£¥] ?\d+(?:[.,]\d+)*(?!\w)|(?<![\w.,€£¥$])\d+(?:[.,]\d+)*[ \u00a0]?[€£¥](?![\w])"
)
_SIGNS = frozenset("€£¥")
# What may become one, or a longer one.
_OPEN = re.compile(r"(?:(?<![\w$])[A-Z]{1,3}\$|[€£¥]) ?[\d.,]*\Z")
_LONGEST = 40


def prices(
    text: str, others: Sequence[Verbatim | Match], languages: tuple[str, str] | None
) -> list[Verbatim]:
    """The prices in a text, in order, but for those that overlap other parts of it.

    Those with a sign alone are left to the model where they are written as in the target.

    Args:
        text: A segment, or as much of it as has come.
        others: Other parts that no model touches.
        languages: BCP-47 codes of source and target; None: prices stay as they are written.
    """
    found: list[Verbatim] = []
    for pattern in _patterns(text):
        taken = sorted((other.start, other.end) for other in (*others, *found))
        ends = [end for _, end in taken]
        for price in pattern.finditer(text):
            start, end = price.span()
            # The first that ends after it begins.
            number = bisect_right(ends, start)
            if number < len(ends) and taken[number][0] < end:
                continue
            said = price[0] if languages is None else as_written_in(price[0], *languages)
            form = None if said == price[0] else said
            if form is not None or pattern is _PRICE:
                found.append(Verbatim(start, end, form))
    return sorted(found)


def _patterns(text: str) -> Iterator[re.Pattern[str]]:
    if "$" in text:
        yield _PRICE
    if not _SIGNS.isdisjoint(text):
        yield _SIGNED


def open_price(text: str) -> int:
    """Where a price at the end of a text begins that more text may change; its length if none."""
    found = _OPEN.search(text, max(0, len(text) - _LONGEST))
    return len(text) if found is None else found.start()
