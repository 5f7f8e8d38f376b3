"""Builds large glossaries where nobody waits."""

import asyncio
from collections.abc import Sequence

from translator.service.checks import check_glossary
from translator.terms.glossary import Glossary

__all__ = ["built_glossary"]

# One of more entries is built in a thread of its own: 10,000 take 0.4 s.
_BUILT_AT_ONCE = 50


async def built_glossary(field: str, entries: Sequence[tuple[str, str]]) -> Glossary | None:
    """``check_glossary``, in a thread of its own where that takes time."""
    if len(entries) <= _BUILT_AT_ONCE:
        return check_glossary(field, entries)
    return await asyncio.to_thread(check_glossary, field, entries)
