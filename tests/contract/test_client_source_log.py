"""The log of source to send again: from any position on it equals the source itself."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.client.source_log import SourceLog
from translator.v1.streaming_pb2 import (
    Flush,
    SourceUpdate,
    StreamingConfig,
    StreamingTranslateRequest,
)

pytestmark = pytest.mark.contract

TEXT = st.text(alphabet="ab .é\U0001f600", max_size=6)
UPDATES = st.builds(
    SourceUpdate,
    committed=TEXT,
    tentative=st.sampled_from(["", "t", "tail"]),
    end_of_segment=st.booleans(),
    speaker=st.sampled_from(["A", "B"]),
)
REQUESTS = st.lists(
    st.one_of(
        st.builds(lambda update: StreamingTranslateRequest(source=update), UPDATES),
        st.builds(lambda: StreamingTranslateRequest(flush=Flush())),
    ),
    max_size=12,
)


@dataclass
class Reading:
    """What a server makes of requests: text with who said it when, segment ends, the tail."""

    text: str
    said: list[tuple[str, int]]
    ends: set[int]
    tentative: str
    sequences: list[int]


def read(requests: Iterable[StreamingTranslateRequest], position: int = 0) -> Reading:
    text, tentative = "", ""
    said: list[tuple[str, int]] = []
    ends: set[int] = set()
    sequences: list[int] = []
    for request in requests:
        if request.HasField("source"):
            source = request.source
            text += source.committed
            said += [(source.speaker, source.start_offset.seconds)] * len(source.committed)
            tentative = source.tentative
            sequences.append(source.sequence)
        else:
            sequences.append(request.flush.sequence)
        if request.HasField("flush") or request.source.end_of_segment:
            ends.add(position + len(text))
    return Reading(text, said, ends, tentative, sequences)


def number(requests: list[StreamingTranslateRequest]) -> list[StreamingTranslateRequest]:
    for sequence, request in enumerate(requests, 1):
        if request.HasField("flush"):
            request.flush.sequence = sequence
        else:
            request.source.sequence = sequence
            request.source.start_offset.seconds = sequence
    return requests


def logged(requests: Iterable[StreamingTranslateRequest]) -> SourceLog:
    log = SourceLog()
    for request in requests:
        log.append(request)
    return log


def source(sequence: int, committed: str = "", **fields: Any) -> StreamingTranslateRequest:
    update = SourceUpdate(sequence=sequence, committed=committed, **fields)
    return StreamingTranslateRequest(source=update)


def flush(sequence: int) -> StreamingTranslateRequest:
    return StreamingTranslateRequest(flush=Flush(sequence=sequence))


@given(REQUESTS, st.data())
def test_what_is_sent_again_equals_the_source_from_there_on(
    requests: list[StreamingTranslateRequest], data: st.DataObject
) -> None:
    whole = read(number(requests))
    position = data.draw(st.integers(0, len(whole.text)))
    log = logged(requests)
    assert log.length == len(whole.text)
    trimmed_to = data.draw(st.integers(0, position))
    log.trim(trimmed_to)
    again = read(log.replay(position), position)

    assert again.text == whole.text[position:]
    assert again.said == whole.said[position:]
    assert again.tentative == whole.tentative
    assert again.ends == {end for end in whole.ends if end > position}
    assert again.sequences == sorted(set(again.sequences) & set(whole.sequences))


@given(REQUESTS)
def test_sending_again_changes_nothing_that_was_sent(
    requests: list[StreamingTranslateRequest],
) -> None:
    number(requests)
    sent = [request.SerializeToString(deterministic=True) for request in requests]
    log = logged(requests)
    replays = [log.replay(log.length // 2), log.replay(log.length // 2)]
    assert replays[0] == replays[1]
    assert sent == [request.SerializeToString(deterministic=True) for request in requests]


def test_a_message_across_the_position_is_cut_and_keeps_the_rest() -> None:
    request = source(7, "Hello there.", end_of_segment=True, speaker="A", tentative="t")
    request.source.start_offset.seconds = 3
    again = logged([source(6, "So. "), request]).replay(10)
    assert [message.source.committed for message in again] == ["there."]
    request.source.committed = "there."
    assert again == [request]


def test_revising_the_tail_or_flushing_again_adds_nothing() -> None:
    log = logged([source(1, "Hello ")])
    for sequence in range(2, 200, 2):
        log.append(source(sequence, tentative=f"word {sequence}"))
        log.append(flush(sequence + 1))
    assert len(log) <= 3
    assert log.replay(0)[-2].source.tentative == "word 198"


def test_a_tail_whose_message_is_covered_is_still_sent() -> None:
    log = logged([source(1, "Hello.", tentative=" And", end_of_segment=True)])
    log.trim(6)
    assert log.replay(6) == [source(1, tentative=" And")]


def test_a_new_speaker_is_kept_where_the_tail_was_taken_back() -> None:
    requests = [
        source(1, "Hello", speaker="A"),
        source(2, tentative="no", speaker="B"),
        source(3, " there", speaker="A"),
    ]
    speakers = [message.source.speaker for message in logged(requests).replay(0)]
    assert speakers == ["A", "B", "A"]


def test_closed_source_is_forgotten_and_an_unanswered_config_is_not() -> None:
    config = StreamingTranslateRequest(config=StreamingConfig(source_language_code="en"))
    log = logged([source(1, "Hello."), config, source(2, " And")])
    log.trim(6)
    assert log.replay(6) == [config, source(2, " And")]
    log.discard_config(0)
    log.trim(10)
    assert len(log) == 0
