"""How a message gets to a destination."""

from typing import Protocol

from translator.captions.sinks.feed import Message

__all__ = ["SinkError", "Transport"]


class SinkError(Exception):
    """A destination did not take a message. Its text says why, in plain words, without secrets."""


class Transport(Protocol):
    """Sends messages to one destination."""

    async def last_seq(self) -> int:
        """The number of the last message that the destination has; 0 if it does not say.

        Raises:
            SinkError: It could not be asked.
        """
        ...

    async def send(self, message: Message) -> None:
        """Send a message.

        Raises:
            SinkError: It did not arrive.
        """
        ...

    async def close(self) -> None:
        """Let go of the destination."""
        ...
