"""A client's driver: a process that takes commands and reports events, a JSON object a line."""

import asyncio
import contextlib
import itertools
import json
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self, cast

from clients.conformance.journal import FailedError

__all__ = ["CommandError", "Driver", "DriverError"]

# The longest line that is read, in bytes; a chunk at the server's limit fits.
_MAX_LINE_BYTES = 16 * 2**20
_MAX_STDERR_LINES = 20
_MAX_TOLD = 200

# Told of each event of a stream, and of the driver's failure, after which nothing comes.
Listener = Callable[[Mapping[str, Any] | FailedError], None]


class DriverError(FailedError):
    """The driver does not keep to the protocol; nothing more can be done with this process."""


class CommandError(FailedError):
    """A command raised an error of the client's library; the driver goes on.

    Attributes:
        error: The error as the driver tells it.
    """

    def __init__(self, message: str, error: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.error: Mapping[str, Any] = error or {}


class Driver:
    """Runs a driver; used with ``async with``, which starts it and ends it.

    Args:
        command: The program and its arguments.
        timeout_s: Longest time for an answer, and for the end, in seconds.
    """

    def __init__(self, command: Sequence[str], *, timeout_s: float) -> None:
        self._command = command
        self._timeout_s = timeout_s
        self._ids = map(str, itertools.count(1))
        self._listeners: dict[str, Listener] = {}
        self._answers: dict[str, asyncio.Future[Mapping[str, Any]]] = {}
        self._stderr: deque[str] = deque(maxlen=_MAX_STDERR_LINES)
        self._is_ending = False
        self.failure: DriverError | None = None

    async def __aenter__(self) -> Self:
        """Start it; DriverError when there is no such program."""
        pipe = asyncio.subprocess.PIPE
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self._command, stdin=pipe, stdout=pipe, stderr=pipe, limit=_MAX_LINE_BYTES
            )
        except OSError as error:
            raise DriverError(f"the driver cannot be started: {error}") from None
        self._stdin = cast(asyncio.StreamWriter, self._process.stdin)
        stdout = cast(asyncio.StreamReader, self._process.stdout)
        stderr = cast(asyncio.StreamReader, self._process.stderr)
        self._reading = asyncio.gather(self._read(stdout), self._read_stderr(stderr))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End its input, upon which it has to end.

        Raises:
            DriverError: It does not end, or with another status than 0.
        """
        self._is_ending = True
        self._stdin.close()
        has_failed = self.failure is not None or error is not None
        if error is not None and self.failure is None:
            self._kill()
        status = None
        try:
            async with asyncio.timeout(self._timeout_s):
                status = await self._process.wait()
        except TimeoutError:
            self._kill()
            await self._process.wait()
        # A program that it has started may still hold the pipes.
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._reading, 1.0)
        if not has_failed and status != 0:
            what = f"ended with exit status {status}" if status is not None else "did not end"
            raise self._told(f"the driver {what} when its input ended")

    def new_id(self, listener: Listener) -> str:
        """An id for a stream that is about to be opened, and who is told of its events."""
        name = next(self._ids)
        self._listeners[name] = listener
        return name

    def forget(self, name: str) -> None:
        """Events of this stream, which has been closed, do not matter any more."""
        self._listeners.pop(name, None)

    async def ask(self, command: str, name: str = "", **arguments: object) -> Mapping[str, Any]:
        """Have a command carried out, and wait until it has been.

        Args:
            command: Its name.
            name: Id of the stream; without one the command has no stream.
            **arguments: What else it takes.

        Raises:
            CommandError: The library raised an error.
            DriverError: There is no such answer as there has to be.
        """
        name = name or next(self._ids)
        if self.failure is not None:
            raise self.failure
        answer = self._answers[name] = asyncio.get_running_loop().create_future()
        line = json.dumps({"id": name, "command": command, **arguments})
        try:
            async with asyncio.timeout(self._timeout_s):
                try:
                    self._stdin.write(line.encode() + b"\n")
                    await self._stdin.drain()
                except (BrokenPipeError, ConnectionResetError):
                    pass  # What it ended with says more.
                result: Mapping[str, Any] = await answer
        except TimeoutError:
            raise self._fail(
                f"the driver has not answered the command {command!r} for {self._timeout_s:g} s"
            ) from None
        finally:
            del self._answers[name]
        if "unknown" in result:
            raise CommandError(f"the driver does not know the command {command!r}")
        if result.get("answer") != command:
            raise self._fail(f"the driver answered {_short(result)} to the command {command!r}")
        if "error" in result:
            error = result["error"]
            told = f"{error.get('code')} {error.get('reason', '')}: {error.get('message')}"
            raise CommandError(f"the command {command!r} failed with {told}", error)
        return result

    async def _read(self, stdout: asyncio.StreamReader) -> None:
        while True:
            try:
                line = await stdout.readline()
            except ValueError:
                self._fail(f"the driver printed a line of more than {_MAX_LINE_BYTES} bytes")
                return
            if not line:
                break
            try:
                self._take(line)
            except FailedError as error:
                self._fail(f"the driver printed {_short(line)}: {error}")
                return
        status = await self._process.wait()
        if not self._is_ending:
            # Let what it said last be read.
            await asyncio.sleep(0.1)
            self._fail(f"the driver ended with exit status {status}")

    def _take(self, line: bytes) -> None:
        """Pass a line on; FailedError where it is not what the protocol allows."""
        try:
            message = json.loads(line)
        except ValueError:
            raise FailedError("this is not JSON") from None
        if not isinstance(message, dict) or not isinstance(message.get("id"), str):
            raise FailedError("this is not an object with an id, which is a string")
        name = message["id"]
        if "event" in message:
            if listener := self._listeners.get(name):
                listener(message)
        elif (answer := self._answers.get(name)) and not answer.done():
            answer.set_result(message)
        else:
            raise FailedError("this is no event, and answers no command")

    async def _read_stderr(self, stderr: asyncio.StreamReader) -> None:
        while line := await stderr.readline():
            self._stderr.append(line.decode(errors="replace").rstrip())

    def _fail(self, what: str) -> DriverError:
        """Give it up, and tell all who wait."""
        if self.failure is None:
            self.failure = self._told(what)
            self._kill()
            for listener in list(self._listeners.values()):
                listener(self.failure)
            for answer in self._answers.values():
                if not answer.done():
                    answer.set_exception(self.failure)
        return self.failure

    def _kill(self) -> None:
        if self._process.returncode is None:
            self._process.kill()

    def _told(self, what: str) -> DriverError:
        told = "; its standard error is:\n" + "\n".join(self._stderr) if self._stderr else ""
        return DriverError(what + told)


def _short(line: object) -> str:
    told = repr(line.decode(errors="replace").strip() if isinstance(line, bytes) else line)
    return told if len(told) <= _MAX_TOLD else f"{told[:_MAX_TOLD]}…"
