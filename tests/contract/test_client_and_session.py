"""The client's state machine against the server's own, over streams that break anywhere.

Targets come and go, tentative tails are taken back, and a break loses what is on its way. Whatever
happens, the client reads all that was said, once, in segments whose text is that of their source.
"""

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.contract.scripted_server import update
from tests.unit.driver import Driver, Reader, expected_text, make_config, one_thread  # noqa: F401
from translator.client import ClientSession, StreamConfig
from translator.config import Limits
from translator.fronts.grpc.convert import stream_message
from translator.service.checks import check_resume
from translator.service.requests import StreamConfig as ReadConfig
from translator.session.events import ResumeState, TargetEvent
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

    def __init__(self, model: FakeModel) -> None:
        self._model = model
        self._driver: Driver | None = None
        self._num_told = 0
        self.answers: list[StreamingTranslateResponse] = []

    def receive(self, request: StreamingTranslateRequest) -> None:
        message = stream_message(request)
        if self._driver is None:
            assert isinstance(message, ReadConfig)
            resume = check_resume(message, Limits()) or ResumeState()
            config = make_config(self._model, *message.targets)
            readers = dict.fromkeys(("yy", "zz"), _NoReader())
            self._driver = Driver(config, self._model, resume=resume, readers=readers)
            self._tell_started()
        elif isinstance(message, ReadConfig):
            self._driver.session.reconfigure(make_config(self._model, *message.targets))
            self._tell_started()
            self._driver.pump()
        elif request.HasField("flush"):
            self._driver.session.flush(request.flush.sequence)
            self._driver.pump()
        else:
            self._driver.session.update_source(message)  # type: ignore[arg-type]
            self._driver.pump()
        self._tell()

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


@given(OPERATIONS)
def test_wherever_it_breaks_and_whatever_targets_there_are_all_is_read_once(
    operations: list[tuple[Any, ...]],
) -> None:
    model = FakeModel()
    session = ClientSession(StreamConfig("xx", ("yy", "zz")))
    server = _Server(model)

    def say(requests: Iterable[StreamingTranslateRequest]) -> None:
        for request in requests:
            server.receive(StreamingTranslateRequest.FromString(request.SerializeToString()))

    def hear(count: int) -> None:
        for response in server.answers[:count]:
            session.receive(response)
        del server.answers[:count]

    def reopen() -> None:
        nonlocal server
        server = _Server(model)
        say(session.opening())
        hear(1)

    reopen()
    # Whether each target was there from the beginning to the end.
    always = {"yy", "zz"}
    whole = ""
    for name, *arguments in operations:
        if name == "source":
            committed, tentative, end_of_segment = arguments
            whole += committed
            say([session.source(committed, tentative=tentative, end_of_segment=end_of_segment)])
        elif name == "flush":
            say([session.flush()])
        elif name == "config":
            always &= set(arguments[0])
            say([session.reconfigure(StreamConfig("xx", arguments[0]))])
        elif name == "steps":
            server.step(arguments[0])
        elif name == "hear":
            hear(arguments[0])
        else:
            reopen()
    server.end()
    hear(len(server.answers))
    for target in ("yy", "zz"):
        read = session.segments(target)
        assert all(segment.closed for segment in read)
        assert [segment.id for segment in read] == sorted({segment.id for segment in read})
        for segment in read:
            texts = {
                expected_text(segment.source),
                expected_text(segment.source, in_sentence=True),
            }
            assert segment.text in texts | {each.removesuffix("~") for each in texts}
        if target in always:
            assert "".join(segment.source for segment in read).split() == whole.split()
