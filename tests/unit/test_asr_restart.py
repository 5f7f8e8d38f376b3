"""A recogniser's connection that starts again: nothing is lost, glued or committed twice."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from translator.asr import (
    RECOGNISERS,
    AwsTranscribeResults,
    DeepgramResults,
    ElitrResults,
    InterimResults,
    Results,
    SimulStreamingResults,
    SourcePiece,
    SpeechmaticsResults,
    WatsonResults,
    WhisperLiveResults,
)

pytestmark = pytest.mark.unit


def deepgram(text: str, *, final: bool = True, request_id: str = "") -> dict[str, Any]:
    """Half a second for each word, from 0 s on."""
    words = [
        {"word": word, "start": i / 2, "end": i / 2 + 0.4} for i, word in enumerate(text.split())
    ]
    return {
        "type": "Results",
        "start": 0.0,
        "duration": len(words) / 2,
        "is_final": final,
        "speech_final": False,
        "metadata": {"request_id": request_id} if request_id else {},
        "channel": {"alternatives": [{"transcript": text, "words": words}]},
    }


def aws(text: str) -> dict[str, Any]:
    result = {
        "ResultId": text, "StartTime": 0.0, "EndTime": len(text.split()) / 2, "IsPartial": False,
        "Alternatives": [{"Transcript": text}],
    }  # fmt: skip
    return {"Transcript": {"Results": [result]}}


def speechmatics(text: str) -> dict[str, Any]:
    results = [
        {"alternatives": [{"content": word}], "start_time": i / 2, "end_time": i / 2 + 0.4}
        for i, word in enumerate(text.split())
    ]
    metadata = {"start_time": 0.0, "end_time": len(results) / 2}
    return {"message": "AddTranscript", "metadata": metadata, "results": results}


def simul(text: str) -> dict[str, Any]:
    return {"start": 0.0, "end": len(text.split()) / 2, "text": " " + text}


def whisper(text: str) -> dict[str, Any]:
    end = f"{len(text.split()) / 2:.3f}"
    return {"segments": [{"start": "0.000", "end": end, "text": text, "completed": True}]}


def elitr(text: str) -> str:
    return f"0 {len(text.split()) * 500} {text}"


def watson(text: str) -> dict[str, Any]:
    best = {"transcript": text + " "}
    return {"result_index": 0, "results": [{"final": True, "alternatives": [best]}]}


FINAL: dict[type[Results], Callable[[str], Any]] = {
    AwsTranscribeResults: aws,
    DeepgramResults: deepgram,
    ElitrResults: elitr,
    InterimResults: lambda text: (text, True),
    SimulStreamingResults: simul,
    SpeechmaticsResults: speechmatics,
    WatsonResults: watson,
    WhisperLiveResults: whisper,
}
ALL = pytest.mark.parametrize("kind", FINAL, ids=lambda kind: kind.__name__)


def committed(pieces: Iterable[SourcePiece]) -> str:
    return "".join(piece.committed for piece in pieces)


@ALL
def test_after_restarted_the_text_goes_on_with_a_space(kind: type[Results]) -> None:
    results, message = kind(), FINAL[kind]
    pieces = results.accept(message("I am still not"))
    pieces += results.restarted(10.0)
    pieces += results.accept(message("able to come"))
    pieces += results.restarted()
    pieces += results.accept(message("able to come"))
    pieces += results.finish()
    assert committed(pieces) == "I am still not able to come able to come"
    assert results.warnings == []


@ALL
def test_a_recogniser_that_restarts_every_second_loses_nothing(kind: type[Results]) -> None:
    results, message = kind(), FINAL[kind]
    pieces: list[SourcePiece] = []
    for _ in range(50):
        pieces += results.restarted()
        pieces += results.accept(message("yes"))
    pieces += results.finish()
    assert committed(pieces).split() == ["yes"] * 50


def test_media_times_go_on_from_the_offset_or_are_left_out() -> None:
    results = DeepgramResults()
    [first] = results.accept(deepgram("one two"))
    results.restarted(60.0)
    [second] = results.accept(deepgram("three four"))
    results.restarted()
    [third] = results.accept(deepgram("five"))
    times = [(p.start_s, p.end_s) for p in (first, second, third)]
    assert times == [(0.0, 0.9), (60.0, 60.9), (None, None)]


def test_what_was_tentative_is_committed_unless_it_is_sent_again() -> None:
    results = DeepgramResults()
    results.accept(deepgram("one two", final=False))
    assert results.restarted(5.0) == [SourcePiece("one two", "", False, 0.0, 0.9)]
    results.accept(deepgram("three fore", final=False))
    assert results.restarted(9.0, resent=True) == []
    [piece] = results.accept(deepgram("three four five"))
    assert (piece.committed, piece.tentative) == (" three four five", "")


def test_the_seam_leaves_punctuation_and_unspaced_scripts_alone() -> None:
    results = SpeechmaticsResults()
    results.accept(speechmatics("船は"))
    results.restarted()
    assert results.accept(speechmatics("赤い"))[0].committed == "赤い"
    results.restarted()
    full_stop = speechmatics("。")
    full_stop["results"][0]["attaches_to"] = "previous"
    assert results.accept(full_stop)[0].committed == "。"


def test_a_run_that_goes_on_with_a_word_does_not_after_a_restart() -> None:
    results = SimulStreamingResults()
    pieces = results.accept(simul(" I am not"))
    pieces += results.restarted()
    pieces += results.accept(simul("able"))
    assert committed(pieces) == "I am not able"


@pytest.mark.parametrize(
    ("kind", "begins"),
    [
        (SpeechmaticsResults, {"message": "RecognitionStarted", "id": "x"}),
        (WatsonResults, {"state": "listening"}),
        (WhisperLiveResults, {"uid": "x", "message": "SERVER_READY"}),
    ],
)
def test_a_message_that_begins_a_connection_is_enough(
    kind: type[Results], begins: dict[str, str]
) -> None:
    results, message = kind(), FINAL[kind]
    pieces: list[SourcePiece] = []
    for _ in range(3):
        pieces += results.accept(begins)
        pieces += results.accept(message("no thanks"))
    assert committed(pieces) == "no thanks no thanks no thanks"
    # It does no harm after restarted(), whose offset holds.
    results.restarted(30.0)
    results.accept(begins)
    [piece] = results.accept(message("bye"))
    assert piece.start_s in {30.0, None}
    assert results.warnings == []


def test_a_request_id_that_changes_is_another_connection() -> None:
    results = DeepgramResults()
    messages = [deepgram("no thanks", request_id=name) for name in "aabbc"]
    pieces = [piece for message in messages for piece in results.accept(message)]
    assert committed(pieces) == "no thanks no thanks no thanks"
    assert results.warnings == []


@pytest.mark.parametrize(
    "kind", [k for k in FINAL if k not in {InterimResults, WatsonResults, ElitrResults}]
)
def test_without_a_word_of_it_a_final_result_from_before_is_taken_and_told_once(
    kind: type[Results],
) -> None:
    results, message = kind(), FINAL[kind]
    pieces = results.accept(message("we are all going to the harbour"))
    pieces += results.accept(message("it rains"))
    pieces += results.accept(message("it pours so"))
    pieces += results.accept(message("we stay"))
    assert committed(pieces) == "we are all going to the harbour it rains it pours so we stay"
    assert [warning.reason for warning in results.warnings] == ["CLOCK_RESTARTED"]
    assert "rains" not in results.warnings[0].message


def test_elitr_lines_from_before_are_taken_once_there_are_too_many_for_late_ones() -> None:
    results = ElitrResults()
    lines = ["0 9000 one two three", "9000 9900 four", "9900 9990 five"]
    lines += [f"{n}000 {n + 1}000 w{n}" for n in range(12)]
    pieces = [piece for line in lines for piece in results.accept(line)]
    pieces += results.finish()
    said = [f"w{n}" for n in range(12)]
    assert committed(pieces).split() == ["one", "two", "three", "four", "five", *said]
    assert [warning.reason for warning in results.warnings] == ["CLOCK_RESTARTED"]


@pytest.mark.parametrize("name", RECOGNISERS)
def test_restarting_again_and_again_says_nothing(name: str) -> None:
    results = RECOGNISERS[name]()
    assert [piece for _ in range(5) for piece in results.restarted()] == []
    assert results.finish() == []
