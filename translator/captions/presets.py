"""How captions are written for each target: their lines, and how fast they are to be read."""

from dataclasses import dataclass

__all__ = ["PRESETS", "Preset"]


@dataclass(frozen=True, slots=True)
class Preset:
    """What a target, or a guide for subtitles, asks of captions.

    Attributes:
        columns: Characters in a line; a wide one counts as two.
        lines: Lines at once.
        characters_per_s: How fast people read them.
        min_s: A subtitle is shown at least so long, in seconds.
        max_s: A subtitle is shown at most so long, in seconds.
        max_lag_s: A subtitle begins at most so long after its words, in seconds, so that those
            before it can be read.
    """

    columns: int
    lines: int
    characters_per_s: float = 17.0
    min_s: float = 1.0
    max_s: float = 7.0
    max_lag_s: float = 4.0


PRESETS: dict[str, Preset] = {
    "general": Preset(42, 2),
    "netflix": Preset(42, 2, min_s=5 / 6),
    # 160 to 180 words a minute.
    "bbc": Preset(37, 2, characters_per_s=15.0, max_lag_s=3.0),
    "zoom": Preset(32, 2),
    "youtube": Preset(40, 2),
    "teams": Preset(50, 2),
    "obs": Preset(32, 2),
    "vmix": Preset(40, 2),
}
