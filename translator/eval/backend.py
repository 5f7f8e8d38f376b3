"""What an evaluation asks to be translated: in this process or by a server."""

from collections.abc import Callable, Sequence
from typing import Protocol

from translator.eval.data import Sentence
from translator.eval.end import End
from translator.eval.log import Instance
from translator.eval.talk import Talk
from translator.policy.registry import Latency, PolicyChoice

__all__ = ["Backend", "Keep", "Progress"]

Keep = Callable[[Instance], None]
Progress = Callable[[int], None]


class Backend(Protocol):
    """Streams sentences and talks through sessions."""

    @property
    def fingerprint(self) -> str:
        """What decides what it says, as a digest; "" if unknown."""

    def sentences(
        self, sentences: Sequence[Sentence], policy: Latency | PolicyChoice, end: End, keep: Keep
    ) -> None:
        """Stream sentences word by word; each finished instance is passed to ``keep``."""

    def talk(self, talk: Talk, policy: Latency | PolicyChoice, on_progress: Progress) -> Instance:
        """Stream a talk through one session; ``on_progress`` gets the number of steps sent."""
