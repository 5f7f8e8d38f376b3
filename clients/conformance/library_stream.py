"""One stream of a client library, as its driver tells of it."""

import asyncio
from collections.abc import Mapping
from typing import Any

import grpc
from google.rpc import status_pb2

from clients.conformance.driver import CommandError, Driver
from clients.conformance.journal import FailedError, Journal, Response
from clients.conformance.vocabulary import response_of, status_of_error
from translator.v1.streaming_pb2 import TargetUpdate

__all__ = ["LibraryStream"]

# How long a library may tell other texts than its last event, in seconds.
_STATE_TIMEOUT_S = 2.0


class LibraryStream:
    """One stream of a client library, and all that its driver has told of it.

    Attributes:
        journal: What the library was told to send, and its events as messages.
        restarts: The ``resumed`` of each ``started``.
        attempts: All ``reconnecting`` events.
        problems: What is wrong with single events.
    """

    def __init__(self, driver: Driver, timeout_s: float) -> None:
        self.journal = Journal()
        self.restarts: list[bool] = []
        self.attempts: list[Mapping[str, Any]] = []
        self.problems: list[str] = []
        self._drafts: dict[str, str] = {}
        self._is_closed = False
        self._asking = asyncio.Lock()
        self._driver = driver
        self._timeout_s = timeout_s
        self._id = driver.new_id(self._take)

    @property
    def num_updates(self) -> int:
        """Updates that have come."""
        return self.journal.seen.kinds.count("target")

    @property
    def targets(self) -> set[str]:
        """Targets of which an update has come."""
        return set(self._drafts)

    async def open(
        self,
        address: str,
        options: Mapping[str, Any],
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        """Open it; an error of the server is the end of the stream.

        Raises:
            CommandError: The client itself cannot open it.
        """
        try:
            await self.ask("open", address=address, options=options, metadata=metadata or {})
        except CommandError as error:
            if not error.error.get("code"):
                raise
            self._end(error.error)

    async def ask(self, command: str, **arguments: Any) -> Mapping[str, Any]:
        """Have the driver carry out a command on this stream, one after the other."""
        async with self._asking:
            return await self._driver.ask(command, self._id, **arguments)

    async def close(self) -> None:
        """Give the stream up, unless it is over, and its connection. Safe to call twice."""
        if self._is_closed:
            return
        self._is_closed = True
        try:
            if self._driver.failure is None:
                await self.ask("close")
        except FailedError as error:
            self.problems.append(str(error))
        finally:
            self._driver.forget(self._id)
        if not self.journal.seen.is_over:
            self._finish(grpc.StatusCode.CANCELLED)

    async def check_state(self, target: str) -> None:
        """Whether the library's own texts become those that its events add up to."""
        loop = asyncio.get_running_loop()
        give_up_at = loop.time() + _STATE_TIMEOUT_S
        while True:
            given = await self.ask("state", target=target)
            texts = [text for text in self.journal.texts(target).values() if text]
            expected = {
                "transcript": _joined(texts),
                "draft": self._drafts.get(target, ""),
                "segments": texts,
            }
            wrong = {key: each for key, each in expected.items() if given.get(key, texts) != each}
            if not wrong:
                return
            if loop.time() > give_up_at:
                self.problems += [
                    f"state of {target}, {key}: expected {each!r}, got {given.get(key)!r}"
                    for key, each in wrong.items()
                ]
                return
            # It may be ahead of what has been read.
            await self.journal.seen.change(0.1)

    def _take(self, event: Mapping[str, Any] | FailedError) -> None:
        if isinstance(event, FailedError):
            self.journal.seen.failure = event
            self.journal.seen.changed()
            return
        match event["event"]:
            case "started" | "update" | "heartbeat" | "warning" | "report":
                self._receive(event, response_of(event))
            case "reconnecting":
                self.attempts.append(event)
            case "connecting":
                pass
            case "end":
                self._finish(grpc.StatusCode.CANCELLED if self._is_closed else grpc.StatusCode.OK)
            case "error":
                self._end(event.get("error", {}))
            case unknown:
                raise FailedError(f"there is no event {unknown!r}")

    def _receive(self, event: Mapping[str, Any], response: Response) -> None:
        if response.HasField("started"):
            self.restarts.append(event["resumed"])
            if event["resumed"]:
                self._drafts = dict.fromkeys(self._drafts, "")
                self.journal.void_drafts()
        self.journal.receive(response)
        if response.HasField("target"):
            update = response.target
            target = update.target_language_code
            self._drafts[target] = update.draft
            text = self.journal.texts(target)[update.segment_id]
            if event["text"] != text:
                self.problems.append(
                    f"update {self.num_updates}: expected the text {text!r}, got {event['text']!r}"
                )
            self._check_source(event, update)

    def _check_source(self, event: Mapping[str, Any], update: TargetUpdate) -> None:
        first, sent = self.journal.source
        start = update.segment_source_start - first
        source = sent[start : start + update.source_committed_length]
        # In an outage it is not written down what was sent.
        if sent and event.get("source", source) != source:
            self.problems.append(
                f"update {self.num_updates}: expected the source {source!r}, "
                f"got {event['source']!r}"
            )

    def _end(self, error: Mapping[str, Any]) -> None:
        status = status_of_error(error)
        self._finish(grpc.StatusCode[error["code"]], status)

    def _finish(self, code: grpc.StatusCode, status: status_pb2.Status | None = None) -> None:
        self.journal.finish(code, status or status_pb2.Status())


def _joined(texts: list[str]) -> str:
    """Texts of segments with line ends between them, where there is no white space."""
    transcript = ""
    for text in texts:
        if transcript and not (transcript[-1].isspace() or text[0].isspace()):
            transcript += "\n"
        transcript += text
    return transcript
