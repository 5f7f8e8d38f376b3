"""The client's state machine without a transport."""

from collections.abc import Iterable
from typing import Any

import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.contract.scripted_server import (
    SESSION,
    UpperTranslator,
    go_away,
    heartbeat,
    report,
    seconds,
    started,
    status,
    update,
)
from translator.client import (
    ClientSession,
    Heartbeat,
    Latency,
    NamedPolicy,
    Report,
    Rests,
    Segment,
    Segmentation,
    SessionWarning,
    Started,
    StreamConfig,
    StreamMismatchError,
    Update,
)
from translator.client.convert import config_message
from translator.client.events import GoAway
from translator.client.source_log import SourceLog
from translator.client.target import TargetProgress
from translator.errors import InvalidRequestError
from translator.v1 import streaming_pb2
from translator.v1.streaming_pb2 import (
    ResumedTarget,
    StreamingTranslateRequest,
    StreamingTranslateResponse,
)

pytestmark = pytest.mark.contract


def opened(*targets: str, **options: Any) -> ClientSession:
    session = ClientSession(StreamConfig("en", targets or ("pt",), **options))
    session.opening()
    session.receive(started(*(targets or ("pt",))))
    return session


def test_a_config_has_what_was_asked_for_and_no_resume() -> None:
    config = StreamConfig(
        source="en",
        targets=("pt", "es"),
        model="m",
        policy=NamedPolicy("local-agreement", {"n": 3}),
        drafts=False,
        min_update_interval_s=0.25,
        glossary={"Kubernetes": ""},
        glossaries=["shop", "brands"],
        segmentation=Segmentation.CLIENT,
        alignments=True,
        heartbeat_interval_s=0,
        max_unacked_updates=4,
        rests=Rests(draft_s=0.5, segment_s=0),
    )
    (request,) = ClientSession(config).opening()
    message = request.config
    assert message.source_language_code == "en"
    assert list(message.target_language_codes) == ["pt", "es"]
    assert message.policy.named.name == "local-agreement"
    assert dict(message.policy.named.parameters) == {"n": 3}
    assert message.disable_drafts
    assert message.min_update_interval == seconds(0.25)
    assert [(g.source_term, g.target_term) for g in message.glossary] == [("Kubernetes", "")]
    assert list(message.glossaries) == ["shop", "brands"]
    assert message.segmentation == streaming_pb2.SEGMENTATION_CLIENT
    assert message.HasField("heartbeat_interval")
    assert message.max_unacked_updates == 4
    assert message.rests.draft == seconds(0.5)
    assert not message.rests.HasField("sentence")
    assert message.rests.HasField("segment")
    assert not message.HasField("resume")


def test_defaults_are_the_contract_s() -> None:
    message = config_message(StreamConfig("en", ("pt",)))
    assert message.policy.latency == streaming_pb2.LATENCY_BALANCED
    assert message.segmentation == streaming_pb2.SEGMENTATION_AUTOMATIC
    assert not message.HasField("heartbeat_interval")
    assert not message.HasField("min_update_interval")
    assert not message.HasField("rests")
    assert config_message(StreamConfig("en", ("pt",), policy=Latency.LOW)).policy.latency == 1


def test_sequences_grow_over_source_and_flushes_and_the_speaker_stays_named() -> None:
    session = opened()
    first = session.source("Hello", speaker="A", start_s=1.5, end_s=2)
    assert first.source.sequence == 1
    assert (first.source.start_offset, first.source.end_offset) == (seconds(1.5), seconds(2))
    assert session.flush().flush.sequence == 2
    third = session.source(" there", tentative=" you")
    assert (third.source.sequence, third.source.speaker) == (3, "A")


def test_updates_add_up_to_segments_and_a_transcript() -> None:
    session = opened()
    session.source("Hello there. And you?")
    first = session.receive(update(revision=1, committed="Olá", draft=" a to"))
    assert isinstance(first, Update)
    assert (first.text, first.draft) == ("Olá", " a to")
    assert session.draft("pt") == " a to"
    second = session.receive(
        update(revision=2, committed=" a todos.", length=12, closed=True, covers=12)
    )
    assert isinstance(second, Update)
    assert second.text == "Olá a todos."
    assert session.draft("pt") == ""
    session.receive(update(segment=1, revision=3, committed="E", start=13))
    assert session.transcript("pt") == "Olá a todos. E"
    assert session.transcript("pt", "\n") == "Olá a todos.\nE"
    with pytest.raises(KeyError):
        session.transcript("fr")


def test_events_of_every_kind() -> None:
    session = opened()
    assert session.receive(heartbeat(3)) == Heartbeat(3)
    assert session.receive(go_away(2.5)) == GoAway(2.5)
    assert session.receive(StreamingTranslateResponse()) is None
    warning = session.receive(
        StreamingTranslateResponse(
            warning=status(_code("INVALID_ARGUMENT"), "INVALID_REQUEST", violations={"a": "b"})
        )
    )
    assert isinstance(warning, SessionWarning)
    assert isinstance(warning.error, InvalidRequestError)
    assert not session.is_finished
    assert isinstance(session.receive(report()), Report)
    assert session.is_finished


def _code(name: str) -> grpc.StatusCode:
    return grpc.StatusCode[name]


@pytest.mark.parametrize(
    "response",
    [
        update(revision=3, committed="x", length=4),  # one lost
        update(revision=1, committed="Olá"),  # one twice
        update(revision=2, committed="x", length=9),  # text lost
        update(segment=1, revision=2, committed="x"),  # a segment's end lost
        update(revision=2, length=3, covers=99, closed=True),  # source that was never sent
        update("fr", revision=2, length=3),  # nobody asked for
    ],
)
def test_a_mismatch_is_noticed_and_changes_nothing(response: StreamingTranslateResponse) -> None:
    session = opened()
    session.source("Hello there.")
    session.receive(update(revision=1, committed="Olá", draft=" a"))
    before = session.opening()
    with pytest.raises(StreamMismatchError):
        session.receive(response)
    assert session.opening() == before
    assert session.transcript("pt") == "Olá"


def test_resume_has_each_target_and_the_source_from_the_earliest_open_segment() -> None:
    session = opened("pt", "es")
    session.source("One. Two", start_s=1, end_s=2)
    session.source(". Three.", tentative=" Fo", end_of_segment=True)
    session.source(" Four", tentative=" fi")
    session.flush()
    # pt has closed "One." and " Two."; es only "One.".
    session.receive(update("pt", 0, 1, "UM.", covers=4, closed=True))
    session.receive(update("pt", 1, 2, "DOIS.", start=5, covers=4, closed=True))
    session.receive(update("pt", 2, 3, "TR", start=10))
    session.receive(update("es", 0, 1, "UNO.", covers=4, closed=True))
    session.receive(update("es", 1, 2, "DO", draft="S", start=5))
    assert session.source_position == 5

    first, *again = session.opening()
    resume = first.config.resume
    assert resume.session_id == SESSION
    assert list(resume.targets) == [
        ResumedTarget(
            target_language_code="pt",
            segment_id=2,
            revision=3,
            segment_source_start=10,
            target_committed="TR",
        ),
        ResumedTarget(
            target_language_code="es",
            segment_id=1,
            revision=2,
            segment_source_start=5,
            target_committed="DO",
        ),
    ]
    texts = [(r.source.sequence, r.source.committed, r.source.tentative) for r in again[:-1]]
    assert texts == [(1, "Two", ""), (2, ". Three.", ""), (3, " Four", " fi")]
    assert again[0].source.start_offset == seconds(1)
    assert [r.source.end_of_segment for r in again[:-1]] == [False, True, False]
    assert again[-1].flush.sequence == 4

    event = session.receive(started("pt", "es"))
    assert isinstance(event, Started)
    assert event.resumed
    assert session.draft("es") == ""
    # What comes next is numbered on.
    assert session.source(" six").source.sequence == 5
    session.receive(update("es", 1, 3, "S.", 4, start=5, covers=4, closed=True))
    assert session.transcript("es") == "UNO. DOS."


def test_before_it_has_started_a_stream_begins_afresh() -> None:
    session = ClientSession(StreamConfig("en", ("pt",)))
    session.source("Hello")
    first, second = session.opening()
    assert not first.config.HasField("resume")
    assert second.source.committed == "Hello"


def test_a_closed_segment_frees_its_source() -> None:
    session = opened()
    text = "Word. "
    for segment in range(300):
        session.source(text)
        session.receive(
            update(
                segment=segment,
                revision=segment + 1,
                committed="P.",
                start=segment * len(text),
                covers=len(text),
                closed=True,
            )
        )
        assert session.num_logged == 0
    assert len(session.opening()) == 1


def test_segments_have_their_speaker_source_and_media_times() -> None:
    session = opened("pt", "es")
    session.source("Two ", speaker="Ana", start_s=1.0, end_s=1.5)
    session.source("boats. ", start_s=1.5, end_s=2.0)
    session.source("Three?", speaker="Rui", start_s=1.8, end_s=2.4)
    times = {"start_offset": seconds(1), "end_offset": seconds(2)}

    def said(message: Any, **more: Any) -> Update:
        for name, value in more.items():
            getattr(message.target, name).CopyFrom(value)
        event = session.receive(message)
        assert isinstance(event, Update)
        return event

    first = said(update("pt", 0, 1, "DOIS", covers=4), **times)
    assert (first.speaker, first.source) == ("Ana", "Two ")
    assert (first.segment_start_s, first.segment_end_s) == (1.0, 2.0)
    assert session.segments("pt") == [Segment(0, "DOIS", False, "Ana", "Two ", 1.0, 2.0)]
    closing = said(
        update("pt", 0, 2, " BARCOS.", 12, covers=10, closed=True), end_offset=seconds(3)
    )
    whole = Segment(0, "DOIS BARCOS.", True, "Ana", "Two boats.", 1.0, 3.0)
    assert (closing.source, closing.segment_start_s, closing.segment_end_s) == (
        "Two boats.", 1.0, 3.0,
    )  # fmt: skip
    assert session.segments("pt") == [whole]
    # A segment of which nothing is committed yet has a speaker, who is the one of its first word.
    draft = said(update("pt", 1, 3, draft="TRÊS", start=10))
    assert (draft.speaker, draft.source, draft.segment_start_s) == ("Rui", "", None)
    assert session.segments("pt") == [whole]
    # Each target has segments of its own, and a resume keeps them.
    assert session.segments("es") == []
    session.opening()
    session.receive(started("pt", "es"))
    last = said(update("pt", 1, 4, "TRÊS?", start=10, covers=7, closed=True), **times)
    assert (last.speaker, last.source) == ("Rui", " Three?")
    assert [segment.id for segment in session.segments("pt")] == [0, 1]
    slow = said(update("es", 0, 1, "DOS BARCOS.", covers=10, closed=True))
    assert (slow.speaker, slow.source, slow.segment_end_s) == ("Ana", "Two boats.", None)


def test_history_is_bounded() -> None:
    session = ClientSession(StreamConfig("en", ("pt",)), history=3)
    session.opening()
    session.receive(started("pt"))
    for number in range(10):
        session.source("Word. ")
        session.receive(
            update(
                segment=number,
                revision=number + 1,
                committed=f"P{number}.",
                start=6 * number,
                covers=6,
                closed=True,
            )
        )
    assert [segment.text for segment in session.segments("pt")] == ["P7.", "P8.", "P9."]
    assert session.transcript("pt") == "P7. P8. P9."


def test_acks_only_when_asked_for() -> None:
    assert opened().acknowledge("pt") is None
    session = opened(max_unacked_updates=2)
    session.receive(update(revision=1, draft="x"))
    ack = session.acknowledge("pt")
    assert ack is not None
    assert (ack.ack.target_language_code, ack.ack.revision) == ("pt", 1)


def test_text_that_is_too_long_is_refused_before_it_is_sent() -> None:
    session = ClientSession(StreamConfig("en", ("pt",)))
    session.receive(started("pt", max_chunk_length=5))
    with pytest.raises(InvalidRequestError, match="at most 5"):
        session.source("abc", tentative="def")
    assert session.source("abcde").source.sequence == 1


def test_after_half_close_there_is_no_more_source() -> None:
    session = opened()
    session.half_close()
    for method in (lambda: session.source("x"), session.flush):
        with pytest.raises(RuntimeError, match="ended"):
            method()


def test_a_reconfiguration_is_in_force_once_answered_and_asked_for_again_until_then() -> None:
    session = opened("pt")
    session.source("One. Two")
    session.receive(update("pt", 0, 1, "UM.", covers=4, closed=True))
    config = StreamConfig("en", ("pt", "es"))
    request = session.reconfigure(config)
    session.source(" and")
    first, *again = session.opening()
    assert list(first.config.target_language_codes) == ["pt"]
    assert [r.WhichOneof("request") for r in again] == ["source", "config", "source"]
    assert again[1] == request
    session.receive(started("pt"))

    session.receive(started("pt", "es", first=1))
    assert session.config == config
    first, *again = session.opening()
    assert list(first.config.target_language_codes) == ["pt", "es"]
    assert [(t.segment_id, t.segment_source_start) for t in first.config.resume.targets] == [
        (1, 4),
        (1, 4),
    ]
    assert [r.source.committed for r in again] == [" Two", " and"]


def test_a_new_target_is_placed_by_the_first_that_comes_to_its_segment() -> None:
    session = opened("pt")
    session.source("One. Two. Three. Four")
    session.receive(update("pt", 0, 1, "UM.", covers=4, closed=True))
    session.reconfigure(StreamConfig("en", ("pt", "es")))
    session.receive(started("pt", "es", first=2))
    session.receive(update("pt", 1, 2, "DOIS.", start=5, covers=4, closed=True))
    assert session.source_position == 9
    session.receive(update("pt", 2, 3, "TRES.", start=10, covers=6, closed=True))
    assert session.source_position == 10
    with pytest.raises(StreamMismatchError):
        session.receive(update("es", 3, 1, start=16))
    session.receive(update("es", 2, 1, "TRES.", start=10, covers=6, closed=True))
    assert session.source_position == 16


def test_until_it_is_known_where_a_new_target_begins_its_config_is_asked_for_again() -> None:
    session = opened("pt")
    session.source("One ")
    session.receive(update("pt", 0, 1, "UM"))
    request = session.reconfigure(StreamConfig("en", ("pt", "es")))
    session.source("here. Two")
    # However often it breaks before the answer, and after it.
    for _ in range(2):
        session.receive(started("pt", "es", first=1))
        for _ in range(2):
            first, *again = session.opening()
            assert list(first.config.target_language_codes) == ["pt"]
            assert [t.target_language_code for t in first.config.resume.targets] == ["pt"]
            assert [r.source.committed for r in again] == ["One ", "", "here. Two"]
            assert again[1] == request
            session.receive(started("pt"))
    session.receive(started("pt", "es", first=1))
    session.receive(update("pt", 0, 2, " AQUI.", 8, covers=9, closed=True))
    first, *again = session.opening()
    assert list(first.config.target_language_codes) == ["pt", "es"]
    assert [(t.segment_id, t.segment_source_start) for t in first.config.resume.targets] == [
        (1, 9),
        (1, 9),
    ]
    assert [r.source.committed for r in again] == [" Two"]


def test_a_target_that_leaves_is_resumed_until_its_segment_is_closed() -> None:
    session = opened("pt", "es")
    session.source("One ")
    session.receive(update("pt", 0, 1, "UM"))
    session.receive(update("es", 0, 1, "UNO"))
    request = session.reconfigure(StreamConfig("en", ("pt",)))
    session.receive(started("pt", first=1))
    assert session.config.targets == ("pt",)
    session.source("here. Two")
    session.receive(update("pt", 0, 2, " AQUI.", 8, covers=9, closed=True))
    first, *again = session.opening()
    assert list(first.config.target_language_codes) == ["pt", "es"]
    assert [(t.revision, t.target_committed) for t in first.config.resume.targets] == [
        (2, ""),
        (1, "UNO"),
    ]
    assert [r.source.committed for r in again] == ["One ", "", "here. Two"]
    assert again[1] == request

    session.receive(started("pt", "es"))
    session.receive(started("pt", first=1))
    session.receive(update("es", 0, 2, " AQUI.", 9, covers=9, closed=True))
    first, *again = session.opening()
    assert list(first.config.target_language_codes) == ["pt"]
    assert [r.source.committed for r in again] == [" Two"]
    assert session.transcript("es") == "UNO AQUI."


def test_a_target_that_leaves_is_owed_what_was_said_before_the_config() -> None:
    """The answer to a config overtakes the updates of segments that wait to be translated."""
    session = opened("pt")
    session.source("One. Two.")
    session.receive(update("pt", 0, 1, "UM.", covers=4, closed=True))
    request = session.reconfigure(StreamConfig("en", ("es",)))
    session.receive(started("es", first=2))
    assert session.source_position == 4
    first, *again = session.opening()
    [resumed] = first.config.resume.targets
    assert (resumed.target_language_code, resumed.segment_id) == ("pt", 1)
    assert [r.source.committed for r in again if r.HasField("source")] == [" Two."]
    assert again[-1] == request
    session.receive(started("pt"))
    session.receive(started("es", first=2))
    session.receive(update("pt", 1, 2, "DOIS.", start=4, covers=5, closed=True))
    first, *again = session.opening()
    [resumed] = first.config.resume.targets
    assert (resumed.target_language_code, resumed.segment_id) == ("es", 2)
    assert not again


def test_a_target_that_comes_back_is_owed_what_was_said_before_it_left() -> None:
    session = opened("pt", "es")
    session.source("One. Two. Three.")
    session.receive(update("pt", 0, 1, "UM.", covers=4, closed=True))
    session.reconfigure(StreamConfig("en", ("pt",)))
    session.reconfigure(StreamConfig("en", ("pt", "es")))
    session.receive(started("pt", first=1))
    session.receive(started("pt", "es", first=2))
    first, *_ = session.opening()
    assert [t.segment_id for t in first.config.resume.targets] == [1, 0]
    session.receive(started("pt", "es"))
    session.receive(started("pt", first=1))
    session.receive(started("pt", "es", first=2))
    session.receive(update("es", 0, 1, "UNO.", covers=4, closed=True))
    session.receive(update("pt", 1, 2, "DOIS.", start=4, covers=5, closed=True))
    session.receive(update("es", 2, 2, "TRES.", start=9, covers=7, closed=True))
    session.receive(update("pt", 2, 3, "TRES.", start=9, covers=7, closed=True))
    assert session.transcript("es") == "UNO. TRES."
    assert session.transcript("pt") == "UM. DOIS. TRES."
    assert session.num_logged == 0


def test_a_target_begins_earlier_where_the_tail_that_it_waited_for_is_taken_back() -> None:
    session = opened("pt")
    session.source("", tentative="One")
    session.reconfigure(StreamConfig("en", ("pt", "es")))
    session.receive(started("pt", "es", first=1))
    session.source("")
    session.reconfigure(StreamConfig("en", ("es",)))
    session.source("One.")
    session.receive(started("es", first=0))
    session.receive(update("es", 0, 1, "UNO.", covers=4, closed=True))
    session.reconfigure(StreamConfig("en", ("pt",)))
    session.receive(started("pt", first=1))
    assert session.transcript("es") == "UNO."
    assert session.source_position == 4


def test_a_target_is_owed_no_end_of_a_draft_that_a_break_made_void() -> None:
    session = opened("pt", "es")
    session.source("", tentative="One")
    session.receive(update("es", 0, 1, draft="UNO"))
    session.source("")
    session.reconfigure(StreamConfig("en", ("pt",)))
    session.source("One. Two.")
    session.reconfigure(StreamConfig("en", ("pt", "es")))
    session.source(" Three.")
    # The new server has shown nothing of the draft, so it does not take it back either.
    session.opening()
    session.receive(started("pt", "es"))
    session.receive(started("pt", first=0))
    session.receive(started("pt", "es", first=2))
    session.receive(update("es", 2, 2, "TRES.", start=9, covers=7, closed=True))
    assert session.transcript("es") == "TRES."


def test_a_target_that_left_with_a_draft_alone_does_not_keep_the_source() -> None:
    session = opened("pt", "es")
    session.source("", tentative="One")
    session.receive(update("es", 0, 1, draft="UNO"))
    session.reconfigure(StreamConfig("en", ("pt",)))
    session.receive(started("pt", first=0))
    session.source("One.")
    first, *_ = session.opening()
    assert list(first.config.target_language_codes) == ["pt"]
    session.receive(started("pt"))
    session.receive(started("pt"))
    session.receive(update("pt", 0, 1, "UM.", covers=4, closed=True))
    assert session.num_logged == 0


def test_configs_are_answered_in_order_and_a_refused_one_is_not_asked_for_again() -> None:
    session = opened("pt")
    for model in ("a", "none", "b"):
        session.reconfigure(StreamConfig("en", ("pt",), model=model))
    session.receive(started("pt"))
    assert session.config.model == "a"
    refusal = status(_code("NOT_FOUND"), "CONFIG_IGNORED_MODEL_NOT_FOUND")
    session.receive(StreamingTranslateResponse(warning=refusal))
    first, *again = session.opening()
    assert [r.config.model for r in (first, *again)] == ["a", "b"]
    session.receive(started("pt"))
    session.receive(started("pt"))
    assert session.config.model == "b"
    assert [r.config.model for r in session.opening()] == ["b"]


def detected(*targets: str, language: str = "en", first: int = 0) -> StreamingTranslateResponse:
    message = started(*targets, first=first)
    message.started.detected_language_code = language
    return message


def test_a_language_that_is_detected_is_detected_again_after_a_break() -> None:
    session = ClientSession(StreamConfig("und", ("pt",)))
    session.opening()
    opening = session.receive(started("pt"))
    assert isinstance(opening, Started)
    assert (opening.detected_language, opening.resumed) == ("", False)
    session.source("One. Two")
    first, *again = session.opening()
    # Nothing has begun: the next server detects it too.
    assert first.config.source_language_code == "und"
    assert (first.config.resume.session_id, len(again)) == (SESSION, 1)
    session.receive(started("pt"))

    detection = session.receive(detected("pt"))
    assert isinstance(detection, Started)
    assert detection.detected_language == "en"
    assert session.config.source == "und"
    session.receive(update("pt", 0, 1, "UM.", covers=4, closed=True))
    first, *again = session.opening()
    assert first.config.source_language_code == "und"
    assert [r.source.committed for r in again] == [" Two"]


@pytest.mark.parametrize("answers_first", [True, False])
def test_what_is_detected_answers_no_config(answers_first: bool) -> None:
    session = ClientSession(StreamConfig("und", ("pt",)))
    session.opening()
    session.receive(started("pt"))
    session.source("One")
    session.reconfigure(StreamConfig("und", ("pt", "es")))
    if answers_first:
        session.receive(started("pt", "es"))
        session.receive(detected("pt", "es"))
    else:
        session.receive(detected("pt"))
        assert session.config == StreamConfig("und", ("pt",))
        session.receive(detected("pt", "es", first=1))
    assert session.config == StreamConfig("und", ("pt", "es"))


def test_another_language_answers_no_config_and_the_same_one_does() -> None:
    session = ClientSession(StreamConfig("und", ("pt",)))
    session.opening()
    session.receive(started("pt"))
    session.source("One. Two. Eins.")
    session.receive(detected("pt", language="en"))
    session.reconfigure(StreamConfig("und", ("pt", "es")))
    session.receive(detected("pt", language="de", first=2))
    assert session.config.targets == ("pt",)
    session.receive(detected("pt", "es", language="de", first=3))
    assert session.config.targets == ("pt", "es")
    # A language that the client names is in force afterwards too.
    for code in ("fr", "und"):
        session.reconfigure(StreamConfig(code, ("pt",)))
    session.receive(started("pt", first=3))
    assert session.config.source == "fr"
    session.receive(detected("pt", language="fr", first=3))
    assert session.config.source == "und"


def test_a_target_that_a_resume_leaves_out_counts_its_updates_from_one_again() -> None:
    session = opened("pt", "es")
    session.source("One. Two. Three.")
    session.receive(update("es", 0, 1, "UNO.", covers=4, closed=True))
    session.receive(update("pt", 0, 1, "UM.", covers=4, closed=True))
    session.reconfigure(StreamConfig("en", ("pt",)))
    session.receive(started("pt", first=1))
    session.opening()
    session.receive(started("pt", first=1))
    session.reconfigure(StreamConfig("en", ("pt", "es")))
    session.receive(started("pt", "es", first=1))
    session.receive(update("es", 1, 1, "DOS.", start=5, covers=4, closed=True))
    assert session.transcript("es") == "UNO. DOS."


OPERATIONS = st.lists(
    st.one_of(
        st.tuples(
            st.just("source"),
            st.text(alphabet="ab.  \U0001f600", max_size=8),
            st.sampled_from(["", "tail"]),
            st.booleans(),
        ),
        st.tuples(st.just("flush")),
        st.tuples(st.just("break"), st.integers(0, 5)),
    ),
    max_size=25,
)


@given(OPERATIONS, st.lists(st.integers(0, 4), max_size=3))
def test_wherever_it_breaks_no_word_is_lost_or_repeated(
    operations: list[tuple[Any, ...]], last_breaks: list[int]
) -> None:
    """Breaks lose all responses after the n-th, between targets and inside segments too."""
    session = ClientSession(StreamConfig("en", ("pt", "es")))
    server = UpperTranslator()
    whole = ""
    # Responses on their way: a break loses those that have not been received.
    on_the_way: list[StreamingTranslateResponse] = []

    def say(requests: Iterable[StreamingTranslateRequest]) -> None:
        for request in requests:
            # The wire is in between: nothing is shared.
            wired = StreamingTranslateRequest.FromString(request.SerializeToString())
            on_the_way.extend(server.receive(wired))

    def hear(count: int) -> None:
        for response in on_the_way[:count]:
            session.receive(response)
        del on_the_way[:count]

    def reopen() -> None:
        nonlocal server
        on_the_way.clear()
        server = UpperTranslator()
        say(session.opening())
        hear(1)

    reopen()
    for name, *arguments in operations:
        if name == "source":
            committed, tentative, end_of_segment = arguments
            whole += committed
            say([session.source(committed, tentative=tentative, end_of_segment=end_of_segment)])
        elif name == "flush":
            say([session.flush()])
        else:
            hear(arguments[0])
            reopen()
    session.half_close()
    for count in last_breaks:
        on_the_way.extend(server.finish())
        hear(min(count, len(on_the_way) - 1))
        reopen()
    on_the_way.extend(server.finish())
    hear(len(on_the_way))
    assert session.is_finished
    for target in ("pt", "es"):
        assert session.transcript(target, "") == whole.upper()
    assert session.source_position == len(whole)
    assert session.num_logged <= 1  # at most the last tail


@pytest.mark.parametrize(("heartbeat_s", "longest_s"), [(30.0, 90.0), (0.5, 1.5), (0.0, None)])
def test_a_server_is_gone_after_three_heartbeats_that_did_not_come(
    heartbeat_s: float, longest_s: float | None
) -> None:
    session = ClientSession(StreamConfig("en", ("pt",)))
    assert session.max_silence_s is None
    first = started("pt")
    first.started.limits.heartbeat_interval.CopyFrom(seconds(heartbeat_s))
    session.receive(first)
    assert session.max_silence_s == longest_s


def test_a_segment_of_which_only_a_draft_was_shown_is_not_kept() -> None:
    target, source = TargetProgress(), SourceLog()
    target.apply(streaming_pb2.TargetUpdate(revision=1, draft="ADEUS"), source)
    last = target.apply(streaming_pb2.TargetUpdate(revision=2, segment_closed=True), source)
    assert (last.text, last.source, last.closed) == ("", "", True)
    assert target.segments() == []
    assert target.segment_id == 1
