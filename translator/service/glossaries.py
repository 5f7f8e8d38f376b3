"""Builds the terms of a request, in a thread of its own where that takes long."""

import asyncio
from collections.abc import Mapping, Sequence

from translator.service.requested_terms import RequestedTerms
from translator.terms.folder import GlossaryFolder
from translator.terms.glossary import Glossary

__all__ = ["requested_terms", "terms_between"]

# One of more entries is built in a thread of its own: 10,000 take 0.4 s.
_BUILT_AT_ONCE = 50


async def requested_terms(
    folder: GlossaryFolder | None,
    prefix: str,
    entries: Sequence[tuple[str, str]],
    names: Sequence[str],
) -> RequestedTerms:
    """See ``RequestedTerms.of``."""
    if names or len(entries) > _BUILT_AT_ONCE:
        return await asyncio.to_thread(RequestedTerms.of, folder, prefix, entries, names)
    return RequestedTerms.of(folder, prefix, entries, names)


async def terms_between(
    terms: RequestedTerms, source: str, targets: Sequence[str], *, is_detected: bool = False
) -> Mapping[str, Glossary]:
    """See ``RequestedTerms.between``."""
    if not terms.names or not targets:
        return terms.between(source, targets, is_detected=is_detected)
    return await asyncio.to_thread(terms.between, source, targets, is_detected=is_detected)
