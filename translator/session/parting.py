"""Finds the best place to cut an open segment that has gone on for long."""

import re
from collections.abc import Mapping, Sequence

from translator.session.segment import Segment
from translator.text.words import count_steps

__all__ = ["best_parting"]

# Words that stay before a cut, and after it. Measured: docs/segmentation.md.
_MIN_BEFORE = 6
_MIN_AFTER = 2
# A pause of a quarter of a second, or a mark.
_MIN_WORTH = 0.5
_CLAUSE_END = re.compile(r"[,;:—–]\s*$")


def best_parting(
    segment: Segment, partings: Sequence[Mapping[int, bool]], *, anywhere: bool
) -> int | None:
    """The best place to cut, in code points of the segment; None if there is none.

    A mark in the source counts most, then a pause, or a mark in every target: the model may know a
    clause end that the recogniser did not mark. Among equally good places the last one wins.

    Args:
        segment: The open segment.
        partings: For each target the places where it can be cut, and whether it has a mark there.
        anywhere: Whether a place without a mark or a pause will do.
    """
    text = segment.committed

    def worth(place: int) -> float:
        has_mark = _CLAUSE_END.search(text[:place]) is not None
        in_target = all(targets[place] for targets in partings)
        return 2 * has_mark + in_target + 2 * min(segment.pause_before(place), 1.0)

    places = [
        (worth(place), place)
        for place in set.intersection(*map(set, partings))
        if count_steps(text[:place]) >= _MIN_BEFORE and count_steps(text[place:]) >= _MIN_AFTER
    ]
    best, place = max(places, default=(0.0, 0))
    return place if place and (anywhere or best >= _MIN_WORTH) else None
