"""Streams whose client leaves it to the server to find the language of the source."""

from collections.abc import AsyncIterator

import grpc
import pytest
from google.rpc import error_details_pb2

from tests.server.wire import (
    Exchange,
    Request,
    config,
    connected,
    detail,
    exchange,
    flush,
    rest_of,
    source,
)
from translator.config import Limits, ServerConfig
from translator.languages.detection import FastTextDetector
from translator.languages.pair import LanguagePair
from translator.server.app import RunningServer
from translator.testing import FakeModel, serve_in_process
from translator.v1 import streaming_pb2, translate_pb2

pytestmark = pytest.mark.server

PT = "Os barcos saem do porto às sete. Ninguém sabia onde estavam as chaves."
SEGMENTS = ["OS BARCOS SAEM DO PORTO ÀS SETE.", "NINGUÉM SABIA ONDE ESTAVAM AS CHAVES."]


@pytest.fixture
async def server() -> AsyncIterator[RunningServer]:
    models = [
        FakeModel(LanguagePair("en", "pt"), LanguagePair("en", "de"), name="from-en"),
        FakeModel(LanguagePair("pt", "en"), LanguagePair("pt", "de"), name="from-pt"),
    ]
    async with serve_in_process(models=models, detector=FastTextDetector()) as running:
        yield running


def und(*targets: str, **fields: object) -> Request:
    return config(targets or ("de",), source="und", **fields)


def words(text: str) -> list[Request]:
    return [source(i + 1, word + " ") for i, word in enumerate(text.split(" "))]


def started(result: Exchange) -> list[streaming_pb2.SessionStarted]:
    return [r.started for r in result.responses if r.HasField("started")]


async def test_a_stream_starts_at_once_and_again_when_its_language_is_known(
    server: RunningServer,
) -> None:
    async with connected(server.address) as stub:
        call = stub.StreamingTranslate()
        await call.write(und("de", "en"))
        first = (await call.read()).started
        assert first.session_id
        assert [t.target_language_code for t in first.targets] == ["de", "en"]
        assert not any(t.model or t.HasField("policy") for t in first.targets)
        assert first.limits.max_chunk_length
        assert not first.detected_language_code
        for request in words(PT):
            await call.write(request)
        await call.done_writing()
        result = Exchange(await rest_of(call))
    second = result.responses[0].started
    assert second.session_id == first.session_id
    assert second.detected_language_code == "pt"
    assert [t.model for t in second.targets] == ["from-pt", "from-pt"]
    assert all(t.policy.name for t in second.targets)
    for target in ("de", "en"):
        assert list(result.texts(target).values()) == SEGMENTS
    assert result.report.source_updates == len(words(PT))
    assert result.report.source_words == len(PT.split())


@pytest.mark.parametrize("size", [1, 5, len(PT)])
async def test_nothing_of_what_was_held_is_lost(server: RunningServer, size: int) -> None:
    pieces = [PT[i : i + size] for i in range(0, len(PT), size)]
    requests = [source(i + 1, piece) for i, piece in enumerate(pieces)]
    result = await exchange(server.address, [und(), *requests])
    assert result.code == grpc.StatusCode.OK
    assert list(result.texts("de").values()) == SEGMENTS
    assert [s.detected_language_code for s in started(result)] == ["", "pt"]


async def test_a_tentative_tail_counts_for_the_language_and_is_never_committed(
    server: RunningServer,
) -> None:
    async with connected(server.address) as stub:
        call = stub.StreamingTranslate()
        await call.write(und())
        await call.read()
        heard = ["Os", "Os barcos", "Os barcos saem", "Os barcos saem do porto"]
        for sequence, tail in enumerate(heard, start=1):
            await call.write(source(sequence, "", tail))
        assert (await call.read()).started.detected_language_code == "pt"
        assert (await call.read()).HasField("target")
        await call.write(source(5, "Os navios saem."))
        await call.done_writing()
        result = Exchange(await rest_of(call))
    assert result.responses[-2].target.committed_length == len("OS NAVIOS SAEM.")


@pytest.mark.parametrize(
    "end", [flush(2), source(2, "", end_of_segment=True)], ids=["flush", "end of segment"]
)
async def test_the_end_of_a_segment_is_reason_enough_to_decide(
    server: RunningServer, end: Request
) -> None:
    async with connected(server.address) as stub:
        call = stub.StreamingTranslate()
        await call.write(und())
        await call.write(source(1, "Bom dia."))
        await call.write(end)
        kinds = [await call.read() for _ in range(3)]
        call.cancel()
    assert kinds[1].started.detected_language_code == "pt"
    assert kinds[2].target.source_sequence in (1, 2)


@pytest.mark.parametrize("text", ["1, 2, 3.", "♪", "👍👍 🎉", "— … —", "12:30", "\u0301"])
async def test_a_text_without_a_letter_passes_through_and_the_language_is_found_after_it(
    server: RunningServer, text: str
) -> None:
    alone = await exchange(server.address, [und(), source(1, text)])
    assert (alone.code, alone.kinds) == (
        grpc.StatusCode.OK,
        ["started", "target", "report"],
    )
    assert list(alone.texts("de").values()) == [text]
    requests = [source(1, text), flush(2), *[source(3, f" {PT}")]]
    result = await exchange(server.address, [und(), *requests])
    assert list(result.texts("de").values()) == [text, *SEGMENTS]
    assert [s.detected_language_code for s in started(result)] == ["", "pt"]


@pytest.mark.parametrize("text", ["OK.", "Hi!", "Yes.", "Tchau!", "João"])
@pytest.mark.parametrize("target", ["de", "pt"])
async def test_a_short_text_is_never_lost(server: RunningServer, text: str, target: str) -> None:
    result = await exchange(server.address, [und(target), source(1, text)])
    assert result.code == grpc.StatusCode.OK
    (said,) = result.texts(target).values()
    assert said.rstrip("~.").lower() == text.lower().rstrip(".")
    assert not result.warnings


async def test_a_text_in_another_language_passes_through_with_a_warning(
    server: RunningServer,
) -> None:
    german = "Die Boote verlassen den Hafen um sieben."
    later = "Niemand wusste, wo die Schlüssel geblieben waren."
    for requests in ([source(1, f"{german} {later} {PT}")], words(f"{german} {later} {PT}")):
        result = await exchange(server.address, [und("pt", "en"), *requests])
        assert list(result.texts("en").values()) == [german, later, *SEGMENTS]
        assert result.code == grpc.StatusCode.OK
        (warning,) = result.warnings
        info = detail(warning, error_details_pb2.ErrorInfo)
        assert info.reason == "LANGUAGE_NOT_DETECTED"
        assert "en, pt" in warning.message


async def test_a_speaker_of_the_target_language_is_passed_through(server: RunningServer) -> None:
    english = "The boats leave the harbour at seven."
    result = await exchange(server.address, [und("en"), *words(english)])
    assert list(result.texts("en").values()) == [english]
    assert started(result)[-1].detected_language_code == "en"
    assert started(result)[-1].targets[0].model == ""
    assert not started(result)[-1].targets[0].HasField("policy")
    # It need be no source language of any model.
    german = "Die Boote verlassen den Hafen um sieben."
    result = await exchange(server.address, [und("de"), *words(german)])
    assert list(result.texts("de").values()) == [german]
    assert started(result)[-1].detected_language_code == "de"


TALK = [
    ("en", "Good evening to all of you and welcome."),
    ("pt", "Boa noite, muito obrigado por me receber."),
    ("pt", "Sim."),
    ("en", "What brings you here on such a cold day?"),
    ("en", "Thank you."),
    ("pt", "Eu vim buscar as minhas chaves."),
]


@pytest.mark.parametrize("by", ["words", "segments", "all at once"])
async def test_a_speaker_who_changes_language_is_noticed_in_that_very_segment(
    server: RunningServer, by: str
) -> None:
    text = " ".join(said for _, said in TALK)
    pieces = {
        "words": words(text),
        "segments": [source(i + 1, said + " ") for i, (_, said) in enumerate(TALK)],
        "all at once": [source(1, text)],
    }
    result = await exchange(server.address, [und("en", "pt"), *pieces[by]])
    assert list(result.texts("en").values()) == [
        said if language == "en" else said.upper() for language, said in TALK
    ]
    assert list(result.texts("pt").values()) == [
        said if language == "pt" else said.upper() for language, said in TALK
    ]
    told = [
        (s.detected_language_code, s.targets[0].first_segment_id, [t.model for t in s.targets])
        for s in started(result)
    ]
    assert told == [
        ("", 0, ["", ""]),
        ("en", 0, ["", "from-en"]),
        ("pt", 1, ["from-pt", ""]),
        ("en", 3, ["", "from-en"]),
        ("pt", 5, ["from-pt", ""]),
    ]


async def test_a_segment_that_silence_ends_is_looked_at_without_a_further_message(
    server: RunningServer,
) -> None:
    async with connected(server.address) as stub:
        call = stub.StreamingTranslate()
        await call.write(und("de"))
        await call.write(source(1, "Bom dia."))
        seen = Exchange([await call.read() for _ in range(3)])
        call.cancel()
    assert [s.detected_language_code for s in started(seen)] == ["", "pt"]
    (update,) = seen.updates("de")
    assert (update.committed, update.segment_closed) == ("BOM DIA.", True)


async def test_a_foreign_name_changes_no_language(server: RunningServer) -> None:
    text = (
        "We met them in the old town last night. João Gonçalves de Araújo was there with us. "
        "Obrigado. Then we all went home by the river. Guimarães! It was a very good evening."
    )
    result = await exchange(server.address, [und("de"), *words(text)])
    assert [s.detected_language_code for s in started(result)] == ["", "en"]
    assert " ".join(result.texts("de").values()) == text.upper()


async def test_a_stream_names_the_languages_it_may_be_in(server: RunningServer) -> None:
    possible = {"possible_source_language_codes": ["pt-BR"]}
    result = await exchange(server.address, [und("de", **possible), *words(PT)])
    assert started(result)[-1].detected_language_code == "pt-BR"
    assert list(result.texts("de").values()) == SEGMENTS
    # What it may not be in passes through.
    english = "The boats leave the harbour at seven."
    result = await exchange(server.address, [und("de", **possible), source(1, english)])
    assert list(result.texts("de").values()) == [english]


@pytest.mark.parametrize(
    ("source_code", "possible", "code", "message"),
    [
        ("en", ["en"], grpc.StatusCode.INVALID_ARGUMENT, "is 'en'; it is allowed with \"und\""),
        ("und", ["pt", "pt-BR"], grpc.StatusCode.INVALID_ARGUMENT, "has 'pt' and 'pt-BR'"),
        ("und", ["x" * 40], grpc.StatusCode.INVALID_ARGUMENT, "BCP-47"),
        ("und", ["en", "und"], grpc.StatusCode.INVALID_ARGUMENT, "has 'und'"),
        ("und", ["en"] * 17, grpc.StatusCode.INVALID_ARGUMENT, "has 17 languages; at most 16"),
        ("und", ["en", "fr"], grpc.StatusCode.NOT_FOUND, "fr to de"),
    ],
)
async def test_possible_languages_are_checked(
    server: RunningServer,
    source_code: str,
    possible: list[str],
    code: grpc.StatusCode,
    message: str,
) -> None:
    request = config(("de",), source=source_code, possible_source_language_codes=possible)
    result = await exchange(server.address, [request])
    assert result.code == code
    assert result.status is not None
    assert message in result.status.message
    if code == grpc.StatusCode.INVALID_ARGUMENT:
        violation = result.detail(error_details_pb2.BadRequest).field_violations[0]
        assert violation.field == "config.possible_source_language_codes"
    async with connected(server.address) as stub:
        with pytest.raises(grpc.aio.AioRpcError, match=r"possible_source|fr to de") as failed:
            await stub.Translate(
                translate_pb2.TranslateRequest(
                    texts=["a"],
                    source_language_code=source_code,
                    target_language_code="de",
                    possible_source_language_codes=possible,
                )
            )
    assert failed.value.code() == code


async def test_a_language_that_is_not_served_is_passed_over_with_a_warning() -> None:
    models = [FakeModel(LanguagePair("en", "xx")), FakeModel(LanguagePair("pt", "de"), name="b")]
    async with serve_in_process(models=models, detector=FastTextDetector()) as server:
        english = "The boats leave the harbour at seven."
        result = await exchange(server.address, [und("de"), *words(f"{english} {PT}")])
    assert result.code == grpc.StatusCode.OK
    assert list(result.texts("de").values()) == [english, *SEGMENTS]
    (warning,) = result.warnings
    info = detail(warning, error_details_pb2.ErrorInfo)
    assert info.reason == "LANGUAGE_IGNORED_LANGUAGE_PAIR_NOT_SUPPORTED"


@pytest.mark.parametrize("text", ["", " \n"])
async def test_a_source_without_a_word_is_in_no_language_and_ends_well(
    server: RunningServer, text: str
) -> None:
    requests = [source(1, text), flush(2), source(3, "", "Os")]
    result = await exchange(server.address, [und(), *requests])
    assert result.code == grpc.StatusCode.OK
    assert result.kinds == ["started", "warning", "report"]
    assert result.report.source_updates == 2


async def test_what_can_be_served_in_no_language_is_told_before_any_source(
    server: RunningServer,
) -> None:
    for request, code in (
        (und("fr"), grpc.StatusCode.NOT_FOUND),
        (und("de", model="none"), grpc.StatusCode.NOT_FOUND),
        (und(), grpc.StatusCode.OK),
        (und("de", "DE"), grpc.StatusCode.INVALID_ARGUMENT),
    ):
        assert (await exchange(server.address, [request])).code == code


async def test_sequences_and_chunks_are_checked_as_ever(server: RunningServer) -> None:
    back = await exchange(server.address, [und(), source(2, "Os barcos "), source(2, PT)])
    assert back.code == grpc.StatusCode.INVALID_ARGUMENT
    assert "source.sequence" in back.detail(error_details_pb2.BadRequest).field_violations[0].field
    config_ = ServerConfig(port=0, limits=Limits(max_chunk_length=10))
    async with serve_in_process(config_) as limited:
        long = await exchange(limited.address, [und("yy"), source(1, "eleven code points")])
    assert long.code == grpc.StatusCode.INVALID_ARGUMENT


async def test_a_config_that_names_the_language_ends_the_wait(server: RunningServer) -> None:
    requests = [source(1, "Good. "), config(("de",), source="en"), source(2, "Ninguém sabia.")]
    result = await exchange(server.address, [und(), *requests])
    assert [s.targets[0].model for s in started(result)] == ["", "from-en"]
    assert not started(result)[1].detected_language_code
    assert list(result.texts("de").values()) == ["GOOD.", "NINGUÉM SABIA."]


async def test_each_config_gets_its_answer_while_the_language_is_not_known(
    server: RunningServer,
) -> None:
    requests = [source(1, "Os "), config(("fr",), source="en"), und("fr"), und("de", "en")]
    result = await exchange(server.address, [und(), *requests, source(2, PT[3:])])
    assert result.kinds[:5] == ["started", "warning", "warning", "started", "started"]
    assert [len(s.targets) for s in started(result)] == [1, 2, 2]
    assert list(result.texts("en").values()) == SEGMENTS


async def test_a_later_config_keeps_the_language_in_force(server: RunningServer) -> None:
    async with connected(server.address) as stub:
        call = stub.StreamingTranslate()
        await call.write(und())
        await call.write(source(1, PT))
        await call.write(flush(2))
        await call.write(und("en"))
        await call.write(source(3, "Bom dia a todos."))
        await call.write(config(("de",), source="pt"))
        await call.done_writing()
        result = Exchange(await rest_of(call))
    told = [(s.detected_language_code, s.targets[0].model) for s in started(result)]
    assert told == [("", ""), ("pt", "from-pt"), ("pt", "from-pt"), ("", "from-pt")]
    assert list(result.texts("en").values()) == ["BOM DIA A TODOS."]


async def test_heartbeats_tell_what_is_held(server: RunningServer) -> None:
    request = und()
    request.config.heartbeat_interval.FromMilliseconds(50)
    async with connected(server.address) as stub:
        call = stub.StreamingTranslate()
        await call.write(request)
        assert (await call.read()).HasField("started")
        await call.write(source(7, "Os "))
        beats = [(await call.read()).heartbeat.source_sequence for _ in range(4)]
        call.cancel()
    assert beats[-1] == 7


async def test_a_resume_before_the_language_is_known_keeps_the_session(
    server: RunningServer,
) -> None:
    fresh = streaming_pb2.ResumedTarget(target_language_code="de")
    resume = streaming_pb2.ResumeState(session_id="earlier", targets=[fresh])
    result = await exchange(server.address, [und(resume=resume), source(1, PT)])
    assert {s.session_id for s in started(result)} == {"earlier"}
    assert list(result.texts("de").values()) == SEGMENTS


@pytest.mark.parametrize("target", ["de", "pt"])
async def test_a_stream_goes_on_after_a_break_in_the_language_that_is_found_again(
    server: RunningServer, target: str
) -> None:
    done, heard = "The boats leave at seven.", "Os barcos saem"
    resumed = streaming_pb2.ResumedTarget(
        target_language_code=target,
        segment_id=1,
        revision=4,
        segment_source_start=len(done),
        target_committed=heard if target == "pt" else heard.upper(),
    )
    resume = streaming_pb2.ResumeState(session_id="earlier", targets=[resumed])
    requests = [source(7, f" {heard} "), source(8, "do porto às sete. Ninguém sabia.")]
    result = await exchange(server.address, [und(target, resume=resume), *requests])
    assert result.code == grpc.StatusCode.OK
    texts: dict[int, str] = {1: resumed.target_committed}
    for update in result.updates(target):
        texts[update.segment_id] = texts.get(update.segment_id, "") + update.committed
        assert update.committed_length == len(texts[update.segment_id])
    whole = ["Os barcos saem do porto às sete.", "Ninguém sabia."]
    assert list(texts.values()) == (whole if target == "pt" else [w.upper() for w in whole])
    assert [u.revision for u in result.updates(target)] == list(
        range(5, 5 + len(result.updates(target)))
    )


async def test_a_draining_server_sends_a_stream_away_that_waits(server: RunningServer) -> None:
    async with connected(server.address) as stub:
        call = stub.StreamingTranslate()
        await call.write(und())
        assert (await call.read()).HasField("started")
        server.service.drain(5.0)
        assert (await call.read()).HasField("go_away")
        call.cancel()


async def test_short_titles_are_not_taken_for_the_target_language() -> None:
    models = [FakeModel(LanguagePair("pt", "en"))]
    titles = ["Camiseta Polo Masculina", "Mesa de jantar", "Bom dia", "Kit com 3 panelas"]
    requests = [
        und("en"),
        *(source(i + 1, title, end_of_segment=True) for i, title in enumerate(titles)),
    ]
    async with serve_in_process(models=models, detector=FastTextDetector()) as server:
        result = await exchange(server.address, requests)
    assert [segment.rstrip("~.") for segment in result.texts("en").values()] == [
        title.upper() for title in titles
    ]


async def test_short_text_that_is_in_the_target_language_passes_through() -> None:
    models = [FakeModel(LanguagePair("pt", "en"))]
    lines = ["Thank you very much", "Good morning", "That is the new table."]
    requests = [
        und("en"),
        *(source(i + 1, line, end_of_segment=True) for i, line in enumerate(lines)),
    ]
    async with serve_in_process(models=models, detector=FastTextDetector()) as server:
        result = await exchange(server.address, requests)
    assert list(result.texts("en").values()) == lines
