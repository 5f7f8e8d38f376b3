"""What parts a text into items: markers of a list, and what stands between items in a line."""

import re

__all__ = ["CUE", "LEAD", "MARKER", "SEPARATOR", "separator_at_end"]

# The marker of a list item.
MARKER = re.compile(r"(?:[-–—*+•‣⁃▪▫■□●○◦►▶✓✔★]|\(?(?:\d{1,3}|[a-zA-Z])[.)])[ \u00a0]+(?=\S)")
_BETWEEN = "•·‣⁃▪▫■□●○◦►▶→⇒|"
# What stands between the items of a list in one line.
SEPARATOR = re.compile(rf"(?<=\S)[ \u00a0][{_BETWEEN}][ \u00a0](?=\S)")
# A sign that a model would only be disturbed by, at the beginning of a text.
LEAD = re.compile(rf"[{_BETWEEN}✓✔★][ \u00a0]+(?=\S)")
# What a subtitle tells of sounds, before what is said, in brackets: "[DOOR OPENS] Hello?".
CUE = re.compile(r"(?:\[[^\[\]\n]{2,60}\]|\([A-Z][A-Z ',-]{1,60}\))(?=[ \u00a0]+[^\s\d])")
_AT_END = re.compile(rf"(?<=\S)[ \u00a0][{_BETWEEN}][ \u00a0]?\Z")


def separator_at_end(text: str) -> int | None:
    """Where the sign begins that a text ends with, if it is one that parts items; else None."""
    found = _AT_END.search(text, max(0, len(text) - 4))
    return None if found is None else found.start() + 1
