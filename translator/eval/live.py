"""Replays a talk through one session of this process, on a clock of media time.

Nothing really waits: an hour takes as long as its computation. Yet words come when they were said,
and those that come while the engine computes are handled as in a server, whose event loop takes
source while its engine's thread works.
"""

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import asdict

from translator.catalog.catalog import Served
from translator.engine.engine import Engine
from translator.engine.request import Request
from translator.eval import log
from translator.eval.clock import VirtualClock
from translator.eval.replay import policy_with
from translator.eval.talk import Talk
from translator.eval.updates import Received, Sent, received, sent
from translator.policy.registry import Latency, PolicyChoice
from translator.session.events import Binding, SessionConfig, SessionLimits, SourceUpdate
from translator.session.session import Session
from translator.text.segmenter import Segmenter

__all__ = ["LiveReplay"]


class LiveReplay:
    """One talk in one session, from its first word to its report.

    The clock shows the media time at which the next source comes, or the end of the computation
    before it if that is later: it is set forward by the time that session and engine took. While a
    request runs, no other one of the session is taken, as in ``AsyncEngine``; the outcome makes
    the session ask again for the newest source.

    Args:
        served: The model, and the pair to translate.
        talk: The talk to replay.
        policy: The policy of the session.
        timer: Seconds of computation. By default the CPU time of this process, which does not
            depend on what else the machine does.
        on_progress: Called after each step with the number of source updates sent so far.
        silence_s: How long the source rests after its last word before it ends.
    """

    def __init__(
        self,
        served: Served,
        talk: Talk,
        policy: Latency | PolicyChoice,
        *,
        timer: Callable[[], float] = time.process_time,
        on_progress: Callable[[int], None] | None = None,
        silence_s: float = 0.0,
    ) -> None:
        config = SessionConfig(
            bindings=(Binding(served.target, served.model.info, served.tokenizer),),
            policy=policy_with(served, policy),
            segmenter=Segmenter(served.pair.source),
            alignments=True,
        )
        self.sent: list[Sent] = []
        self.received: list[Received] = []
        self._talk = talk
        self._arrivals = deque(talk.arrivals)
        self._clock = VirtualClock()
        self.session = Session("talk", "talk", config, SessionLimits(), self._clock)
        self._engine = Engine({served.model.info.name: served.model})
        self._timer = timer
        self._mark = timer()
        self._on_progress = on_progress
        self._silence_s = silence_s
        self._computed_s = 0.0
        self._told_s = 0.0
        self._requests = self._steps_run = self._steps_saved = 0

    def run(self) -> log.Instance:
        """Replay the talk, and return its instance."""
        session = self.session
        self._mark = self._timer()
        while self._arrivals:
            self._rest()
            # The next words may have come while the engine computed.
            if self._arrivals:
                self._clock.now = max(self._clock.now, self._arrivals[0].at_s)
                self._send_next()
                self._settle(session.next_requests())
            if self._on_progress is not None:
                self._on_progress(len(self.sent))
        self._rest(self._silence_s)
        session.end_source()
        self._settle(session.next_requests())
        return log.instance(
            0,
            self._talk.name,
            self._talk.references,
            self.sent,
            self.received,
            log.reported(session.report()),
            log.Computation(
                self._requests, self._steps_run, self._steps_saved, 1e3 * self._computed_s
            ),
            [warning.reason for warning in session.warnings],
        )

    def _rest(self, silence_s: float = 0.0) -> None:
        """Let time pass until more source comes; the session does what falls due before.

        Args:
            silence_s: How much time passes if no more will come.
        """
        end_s = self._clock.now + silence_s
        while (wait_s := self.session.wait_s()) is not None:
            until_s = self._arrivals[0].at_s if self._arrivals else end_s
            if self._clock.now + wait_s >= until_s:
                break
            self._clock.now += wait_s
            self._settle(self.session.next_requests())
        if not self._arrivals:
            self._clock.now = max(self._clock.now, end_s)

    def _settle(self, requests: Sequence[Request]) -> None:
        """Compute until the session wants nothing more, taking source that comes meanwhile."""
        while requests:
            self._collect()
            for request in requests:
                self._engine.submit(request)
            outcomes = self._engine.run()
            finished_s = self._clock.now + self._spent_s()
            while self._arrivals and self._arrivals[0].at_s <= finished_s:
                if self.session.is_congested:
                    break
                self._clock.now = max(self._clock.now, self._arrivals[0].at_s)
                self._send_next()
                # Dropped: its key is in the engine.
                self.session.next_requests()
                self._collect()
            self._clock.now = finished_s
            for outcome in outcomes:
                self._requests += 1
                self._steps_run += outcome.timing.steps_run
                self._steps_saved += outcome.timing.steps_saved
                self.session.accept(outcome)
            requests = self.session.next_requests()
        self._clock.now += self._spent_s()
        self._collect()

    def _send_next(self) -> None:
        arrival = self._arrivals.popleft()
        piece = arrival.piece
        self.sent.append(sent(piece, self._clock.now, arrival.at_s))
        self.session.update_source(SourceUpdate(len(self.sent), **asdict(piece)))

    def _collect(self) -> None:
        """Take what the session has to send."""
        for outbox in self.session.outboxes.values():
            for _, event in outbox.take():
                cost_ms = 1e3 * (self._computed_s - self._told_s)
                self._told_s = self._computed_s
                self.received.append(received(event, self._clock.now, cost_ms))

    def _spent_s(self) -> float:
        """Seconds of computation since this was last asked."""
        now = self._timer()
        spent_s, self._mark = now - self._mark, now
        self._computed_s += spent_s
        return spent_s
