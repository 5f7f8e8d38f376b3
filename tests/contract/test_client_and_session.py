"""The client's state machine against the server's own, over streams that break anywhere.

Targets come and go, tentative tails are taken back, and a break loses what is on its way. Whatever
happens, the client reads all that was said, once, in segments whose text is that of their source.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.contract.scripted_server import update
from tests.unit.driver import Driver, Reader, expected_text, make_config, one_thread  # noqa: F401
from translator.client import ClientSession, StreamConfig
from translator.config import Limits
from translator.fronts.grpc.convert import stream_message
from translator.service.checks import check_resume
from translator.service.requests import StreamConfig as ReadConfig
from translator.session.events import ResumeState, SessionConfig, TargetEvent
from translator.testing import FakeModel
from translator.v1.streaming_pb2 import (
    SessionStarted,
    StartedTarget,
    StreamingTranslateRequest,
    StreamingTranslateResponse,
)

pytestmark = pytest.mark.contract


class _NoReader(Reader):
    """The client is the reader."""

    def apply(self, revision: int, event: TargetEvent) -> None:
        pass


class _Server:
    """A session behind the messages of the contract; one for each stream."""

    def __init__(self, model: FakeModel, policy: str) -> None:
        self._model = model
        self._policy = policy
        self._driver: Driver | None = None
        self._num_told = 0
        self.answers: list[StreamingTranslateResponse] = []

    def receive(self, request: StreamingTranslateRequest) -> None:
        message = stream_message(request)
        if self._driver is None:
            assert isinstance(message, ReadConfig)
            resume = check_resume(message, Limits()) or ResumeState()
            config = self._config(message.targets)
            readers: dict[str, Reader] = dict.fromkeys(("yy", "zz"), _NoReader())
            self._driver = Driver(config, self._model, resume=resume, readers=readers)
            self._tell_started()
        elif isinstance(message, ReadConfig):
            self._driver.session.reconfigure(self._config(message.targets))
            self._tell_started()
            self._driver.pump()
        elif request.HasField("flush"):
            self._driver.session.flush(request.flush.sequence)
            self._driver.pump()
        else:
            self._driver.session.update_source(message)  # type: ignore[arg-type]
            self._driver.pump()
        self._tell()

    def _config(self, targets: Sequence[str]) -> SessionConfig:
        return make_config(self._model, *targets, policy=self._policy, parameters={})

    def step(self, count: int) -> None:
        assert self._driver is not None
        self._driver.step(count)
        self._tell()

    def end(self) -> None:
        assert self._driver is not None
        self._driver.end()
        self._tell()

    def _tell_started(self) -> None:
        assert self._driver is not None
        first = self._driver.session.first_segment_ids
        targets = [
            StartedTarget(target_language_code=code, first_segment_id=number)
            for code, number in first.items()
        ]
        self.answers.append(
            StreamingTranslateResponse(started=SessionStarted(session_id="s", targets=targets))
        )

    def _tell(self) -> None:
        assert self._driver is not None
        for revision, event in self._driver.updates[self._num_told :]:
            self.answers.append(
                update(
                    event.target,
                    event.segment_id,
                    revision,
                    event.committed,
                    event.committed_length,
                    start=event.source_start,
                    covers=event.source_committed_length,
                    draft=event.draft,
                    closed=event.closed,
                )
            )
        self._num_told = len(self._driver.updates)


PIECES = st.sampled_from(["", "", "red ", "boats", ". ", "We sail. ", " Now", "\n"])
OPERATIONS = st.lists(
    st.one_of(
        st.tuples(st.just("source"), PIECES, st.sampled_from(["", "", "and then"]), st.booleans()),
        st.tuples(st.just("flush")),
        st.tuples(
            st.just("config"), st.sampled_from([("yy",), ("yy", "zz"), ("zz", "yy"), ("zz",)])
        ),
        st.tuples(st.just("steps"), st.integers(1, 9)),
        st.tuples(st.just("hear"), st.integers(1, 9)),
        st.tuples(st.just("break")),
    ),
    max_size=24,
)


def read(
    operations: list[tuple[Any, ...]], policy: str, *, breaks: bool
) -> dict[str, list[tuple[str, str]]]:
    """What a client of both targets has read in the end: source and text of each segment."""
    model = FakeModel()
    session = ClientSession(StreamConfig("xx", ("yy", "zz")))
    server = _Server(model, policy)

    def say(requests: Iterable[StreamingTranslateRequest]) -> None:
        for request in requests:
            server.receive(StreamingTranslateRequest.FromString(request.SerializeToString()))

    def hear(count: int) -> None:
        for response in server.answers[:count]:
            session.receive(response)
        del server.answers[:count]

    def reopen() -> None:
        nonlocal server
        server = _Server(model, policy)
        say(session.opening())
        hear(1)

    reopen()
    for name, *arguments in operations:
        if name == "source":
            committed, tentative, end_of_segment = arguments
            say([session.source(committed, tentative=tentative, end_of_segment=end_of_segment)])
        elif name == "flush":
            say([session.flush()])
        elif name == "config":
            say([session.reconfigure(StreamConfig("xx", arguments[0]))])
        elif name == "steps":
            server.step(arguments[0])
        elif name == "hear":
            hear(arguments[0])
        elif breaks:
            reopen()
    server.end()
    hear(len(server.answers))
    told = {target: session.segments(target) for target in ("yy", "zz")}
    assert all(segment.closed for each in told.values() for segment in each)
    # The test kit's model marks a last word that it takes for unfinished.
    return {
        name: [(each.source, each.text.replace("~", "")) for each in told[name]] for name in told
    }


@given(OPERATIONS, st.sampled_from(["final-only", "local-agreement", "retranslation"]))
@example(
    [("source", "", "and then", False), ("config", ("zz",)), ("source", "We sail. ", "", False),
     ("break",)],
    "retranslation",
)  # fmt: skip
def test_wherever_it_breaks_and_whatever_targets_there_are_the_same_is_read(
    operations: list[tuple[Any, ...]], policy: str
) -> None:
    disturbed, whole = (read(operations, policy, breaks=each) for each in (True, False))
    assert disturbed == whole
    configs = [set(targets) for name, *rest in operations if name == "config" for targets in rest]
    says = (rest[0] for name, *rest in operations if name == "source")
    said = "".join("".join(says).split())
    for target, segments in whole.items():
        for source, text in segments:
            texts = expected_text(source), expected_text(source, in_sentence=True)
            assert text in {each.replace("~", "") for each in texts}
        if all(target in each for each in configs):
            assert "".join("".join(source.split()) for source, _ in segments) == said
