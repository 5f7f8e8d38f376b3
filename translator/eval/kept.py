"""What of a source has to stand in its translation: numbers and names."""

import re
from collections.abc import Iterable

from translator.text.integrity import IssueKind, find_issues, numbers_of

__all__ = ["names_kept", "numbers_kept"]

# Not the first word of a text or a sentence: that has a capital whatever it is.
_NAME = re.compile(r"(?<=[\w,;] )[^\W\d_]*[A-ZÀ-Þ][^\W_]+")


def numbers_kept(texts: Iterable[tuple[str, str, str]]) -> float | None:
    """The share of the sources' numbers in digits that stand in the predictions, 0–1.

    In another format a number is the same number, and a small one may be written out; see
    ``text/integrity.py``.

    Args:
        texts: Source, reference and prediction of each.

    Returns:
        None if the sources have no numbers.
    """
    count = lost = 0
    for source, _, prediction in texts:
        numbers = len(numbers_of(source))
        issues = (issue.kind for issue in find_issues(source, prediction))
        lost += min(numbers, sum(kind is IssueKind.NUMBER for kind in issues))
        count += numbers
    return 1 - lost / count if count else None


def names_kept(texts: Iterable[tuple[str, str, str]]) -> float | None:
    """The share of names that stand in the predictions, 0–1.

    A name is a word with a capital that is not the first of a sentence and that the reference has
    too: so those that are translated do not count.

    Args:
        texts: Source, reference and prediction of each.

    Returns:
        None if there are no names.
    """
    count = kept = 0
    for source, reference, prediction in texts:
        names = set(_NAME.findall(source)) & set(re.findall(r"\w+", reference))
        count += len(names)
        kept += len(names & set(re.findall(r"\w+", prediction)))
    return kept / count if count else None
