"""Plays all scripts and outages, and says of each run what came of it."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from clients.conformance.batches import play_batch
from clients.conformance.driver import Driver, DriverError
from clients.conformance.expectations import disappointments
from clients.conformance.invariants import broken_invariants
from clients.conformance.journal import FailedError
from clients.conformance.library import play_call, play_library
from clients.conformance.messages import play_messages
from clients.conformance.outages import play_outage
from clients.conformance.rooms import play_room
from clients.conformance.scripts import Batch, Call, Outage, RoomCase, Script

__all__ = ["Result", "Runner", "check_messages"]

# The connection is cut after this many updates, once in each run.
_CUTS = (1, 2, 3)
# A driver that fails so often in a row is not started again.
_MAX_FAILURES = 3


_Play = Callable[[Driver], Awaitable[list[str]]]


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one run: nothing is wrong where there are no problems."""

    name: str
    how: str
    problems: Sequence[str]


@dataclass(frozen=True, slots=True)
class _Run:
    name: str
    how: str
    play: _Play


async def check_messages(script: Script, address: str, timeout_s: float) -> Result:
    """Play a script at the level of messages: whether the server passes it."""
    try:
        journal = await play_messages(script, address, timeout_s)
    except FailedError as error:
        return Result(script.name, "messages", [str(error)])
    problems = [*broken_invariants(journal), *disappointments(script.expect, journal)]
    return Result(script.name, "messages", problems)


@dataclass
class Runner:
    """Checks a client library through its driver.

    Attributes:
        command: The driver's program and its arguments.
        address: Of the server.
        tell: Told of each run when it has ended.
        timeout_s: Longest time for each await and for the end of a stream, in seconds.
        answer_timeout_s: Longest time for an answer to a command, and for the driver's end.
        jobs: Runs at the same time, each with a driver of its own.
        is_quick: Cut the connection in one run of each script, at another place for the next one.
    """

    command: Sequence[str]
    address: str
    tell: Callable[[Result], None]
    timeout_s: float = 10.0
    answer_timeout_s: float = 30.0
    jobs: int = 2
    is_quick: bool = False
    _failures: int = field(default=0, init=False)

    async def run(self, files: Iterable[Script | Batch | Call | Outage | RoomCase]) -> None:
        """Play all of them; the outages at the end and one by one, since they measure time."""
        runs: list[_Run] = []
        outages: list[_Run] = []
        cuts = itertools.cycle([(cut,) for cut in _CUTS] if self.is_quick else [_CUTS])
        for one in files:
            match one:
                case Script():
                    runs += self._runs_of(one, next(cuts) if one.library else ())
                case Batch():
                    runs.append(_Run(one.name, "batch", self._batch(one)))
                case Call():
                    runs.append(_Run(one.name, "call", self._call(one)))
                case RoomCase():
                    runs.append(_Run(one.name, "room", self._room(one)))
                case Outage():
                    outages.append(_Run(one.name, "outage", self._outage(one)))
        left = iter(runs)
        await asyncio.gather(*(self._work(left) for _ in range(self.jobs)))
        await self._work(iter(outages))

    def _runs_of(self, script: Script, cuts: Sequence[int]) -> Iterator[_Run]:
        if script.suits_libraries:
            yield _Run(script.name, "library", self._script(script, 0))
        for cut in cuts:
            yield _Run(script.name, f"library, cut after update {cut}", self._script(script, cut))

    def _script(self, script: Script, cut: int) -> _Play:
        return lambda driver: play_library(driver, script, self.address, self.timeout_s, cut)

    def _batch(self, batch: Batch) -> _Play:
        return lambda driver: play_batch(driver, batch)

    def _call(self, call: Call) -> _Play:
        return lambda driver: play_call(driver, call, self.address)

    def _room(self, case: RoomCase) -> _Play:
        return lambda driver: play_room(driver, case)

    def _outage(self, outage: Outage) -> _Play:
        return lambda driver: play_outage(driver, outage, self.timeout_s)

    async def _work(self, runs: Iterator[_Run]) -> None:
        """Play runs until there are no more, with one driver as long as it works."""
        for first in runs:
            if self._failures >= _MAX_FAILURES:
                return
            run: _Run | None = first
            try:
                async with Driver(self.command, timeout_s=self.answer_timeout_s) as driver:
                    while run is not None:
                        await self._judge(run, driver)
                        run = next(runs, None) if driver.failure is None else None
            except DriverError as error:
                self._failed(run, error)

    async def _judge(self, run: _Run, driver: Driver) -> None:
        try:
            problems = await run.play(driver)
        except DriverError as error:
            self._failed(run, error)
            return
        except FailedError as error:
            problems = [str(error)]
        self._failures = 0
        self.tell(Result(run.name, run.how, problems))

    def _failed(self, run: _Run | None, error: DriverError) -> None:
        self._failures += 1
        name, how = (run.name, run.how) if run is not None else ("driver", "at its end")
        problems = [str(error)]
        if self._failures >= _MAX_FAILURES:
            problems.append(f"the driver has failed {_MAX_FAILURES} times in a row: it is given up")
        self.tell(Result(name, how, problems))
