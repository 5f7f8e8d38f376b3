"""Compares BCP-47 tags, and picks the one that is meant."""

from collections.abc import Iterable
from functools import lru_cache

import langcodes

__all__ = ["MAX_LENGTH", "TOO_FAR", "closest", "distance", "is_same", "language", "standardized"]

# BCP-47 itself makes no language, script and region longer than 35.
MAX_LENGTH = 64
# The library keeps every tag that it was ever asked for, and never lets one go.
_MAX_KEPT = 4096

# Worse than any match within a language; a perfect match is 0, on CLDR's scale.
TOO_FAR = 100


def standardized(tag: str) -> str:
    """A tag in its usual form.

    Raises:
        ValueError: It is none, or is too long.
    """
    if len(tag) > MAX_LENGTH:
        raise ValueError(f"{len(tag)} characters are more than {MAX_LENGTH}")
    if len(langcodes.Language._PARSE_CACHE) > _MAX_KEPT:
        langcodes.Language._PARSE_CACHE.clear()
        langcodes.Language._INSTANCES.clear()
    return langcodes.standardize_tag(tag)


@lru_cache(maxsize=16_384)
def distance(wanted: str, offered: str) -> int:
    """How far an offered tag is from the wanted one; ``TOO_FAR`` if it is another language."""
    if wanted == offered:
        return 0
    if language(wanted) != language(offered):
        return TOO_FAR
    return min(TOO_FAR - 1, 1 + langcodes.tag_distance(wanted, offered))


def language(tag: str) -> str:
    """The language of a tag, without its region and script."""
    found = langcodes.get(tag).language or ""
    # Nynorsk is "nn", so what is called Norwegian is Bokmål.
    return "nb" if found == "no" else found


@lru_cache(maxsize=16_384)
def is_same(tag: str, other: str) -> bool:
    """Whether two tags name the same written language: same language, same script.

    Regions do not count: people in Portugal can read Brazilian Portuguese. Scripts do, including
    those that a tag implies: "zh-TW" is in traditional characters, "zh" in simplified ones.
    """
    if language(tag) != language(other):
        return False
    scripts = {langcodes.get(each).maximize().script for each in (tag, other)}
    return len(scripts) == 1


def closest(wanted: str, offered: Iterable[str]) -> str | None:
    """The closest of the offered tags, the first if several are; None if none is near."""
    best = min(offered, key=lambda tag: distance(wanted, tag), default=None)
    return None if best is None or distance(wanted, best) >= TOO_FAR else best
