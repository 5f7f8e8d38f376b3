"""WhisperLive, SimulStreaming, ELITR, and any other: messages of their shapes, invented text."""

from collections.abc import Iterable
from typing import Any

import pytest

from translator.asr import (
    ElitrResults,
    ElitrSentences,
    InterimResults,
    Results,
    SimulStreamingResults,
    SourcePiece,
    WhisperLiveResults,
)

pytestmark = pytest.mark.unit


def play(results: Results, messages: Iterable[object]) -> list[SourcePiece]:
    return [piece for message in messages for piece in results.accept(message)]


def shown(pieces: Iterable[SourcePiece]) -> list[tuple[str, str]]:
    return [(piece.committed, piece.tentative) for piece in pieces]


# WhisperLive


def whisper(*segments: tuple[float, float, str, bool]) -> dict[str, Any]:
    return {
        "uid": "x",
        "segments": [
            {"start": f"{start:.3f}", "end": f"{end:.3f}", "text": text, "completed": completed}
            for start, end, text, completed in segments
        ],
    }


def test_whisper_a_completed_segment_is_shorter_and_its_tail_goes_on_as_the_next() -> None:
    first = (0.0, 2.0, " The boats left.", True)
    second = (2.0, 3.5, " Did they all?", True)
    messages = [
        {"uid": "x", "message": "SERVER_READY"},
        whisper((0.0, 3.0, " The boats left, did they", False)),
        whisper(first, (2.0, 3.0, " Did they", False)),
        whisper(first, (2.0, 3.5, " Did they all", False)),
        whisper(first, second),
        whisper(first, second),
    ]
    assert play(WhisperLiveResults(), messages) == [
        SourcePiece("", "The boats left, did they"),
        SourcePiece("The boats left.", " Did they", False, 0.0, 2.0),
        SourcePiece("", " Did they all"),
        SourcePiece(" Did they all?", "", False, 2.0, 3.5),
    ]


def test_whisper_a_segment_that_overlaps_a_little_is_new_and_an_old_one_is_not() -> None:
    messages = [
        whisper((0.0, 2.0, " one", True)),
        whisper((0.0, 2.0, " One!", True), (1.9, 3.0, " two", True)),
        whisper((0.5, 1.8, " one", False)),
    ]
    assert shown(play(WhisperLiveResults(), messages)) == [("one", ""), (" two", "")]


# SimulStreaming


def simul(start: float, end: float, text: str, *, is_final: bool = False) -> dict[str, Any]:
    return {"start": start, "end": end, "text": text, "is_final": is_final, "emission_time": end}


def test_simulstreaming_a_run_without_space_goes_on_with_the_word_before() -> None:
    messages = [
        simul(0.0, 1.0, " Shall we be"),
        simul(1.0, 1.5, "gin"),
        simul(1.5, 2.0, "? I"),
        simul(2.0, 2.5, " think so.", is_final=True),
        simul(2.0, 2.5, " think so.", is_final=True),
        {},
        simul(2.4, 2.9, " Good", is_final=True),
    ]
    pieces = play(SimulStreamingResults(), messages)
    assert [p.committed for p in pieces] == ["Shall we be", "gin", "? I", " think so.", " Good"]
    assert [p.end_of_segment for p in pieces] == [False, False, False, True, False]


def test_simulstreaming_spaces_may_stand_at_the_end() -> None:
    messages = [simul(0.0, 1.0, "one "), simul(1.0, 2.0, "two "), simul(2.0, 3.0, " three")]
    assert "".join(p.committed for p in play(SimulStreamingResults(), messages)) == "one two three"


# ELITR


def test_elitr_text_is_final_when_the_next_line_begins_where_it_ended() -> None:
    lines = [
        "0 900 there were...",
        "0 1500 there were three boats...",
        "0 500 there",
        "0 1800 There were three boats on",
        "0 700 There were",
        "710 2000 three boats on the lake.",
    ]
    pieces = play(ElitrResults(), lines)
    assert shown(pieces) == [
        ("", "there were"),
        ("", "there were three boats"),
        ("", "There were three boats on"),
        ("There were", " three boats on the lake."),
    ]
    assert (pieces[-1].start_s, pieces[-1].end_s) == (0.0, 0.7)


def test_elitr_after_a_commit_the_rest_of_the_hypothesis_stays() -> None:
    lines = ["0 2000 one two three", "0 500 One", "500 1000 two", "1000 2500 three four"]
    results = ElitrResults()
    assert shown(play(results, lines)) == [
        ("", "one two three"),
        ("One", " two three"),
        (" two", " three four"),
    ]
    assert results.finish() == [SourcePiece(" three four", "", True, 1.0, 2.5)]
    assert results.finish() == []


def test_elitr_where_the_hypothesis_does_not_begin_so_the_line_itself_is_shown() -> None:
    lines = ["0 2000 one two three", "0 500 Won", "500 1000 too"]
    assert shown(play(ElitrResults(), lines))[-1] == ("Won", " too")


def test_elitr_a_start_that_moves_into_the_line_before_drops_silence_not_words() -> None:
    lines = ["0 900 there", "0 1500 there were", "400 1800 There were three"]
    assert shown(play(ElitrResults(), lines))[-1] == ("", "There were three")


def test_elitr_breaks_repeats_and_what_comes_too_late() -> None:
    lines = [
        "0 900 It left.",
        "0 900 It left.",
        "0 600 It left. <br><br>",
        "600 650 <br><br>",
        "650 1200 And so...",
        "0 600 It left",
        "650 1200 And so...\n",
        "650 1300",
    ]
    assert shown(play(ElitrResults(), lines)) == [
        ("", "It left."),
        ("It left.", ""),
        ("", " And so"),
        ("", ""),
    ]


def test_elitr_sentences_are_committed_when_complete() -> None:
    lines = [
        "100 101 It...",
        "100 110 It left.",
        "200 201 We...",
        "100 110 It left!",
        "200 201 We stay...",
        "100 200 It left.",
        "200 201 We stayed...",
        "100 200 It left.",
        "200 210 We stayed.",
    ]
    results = ElitrSentences()
    pieces = play(results, lines)
    assert shown(pieces) == [
        ("", "It"),
        ("", "It left."),
        ("", "It left. We"),
        ("", "It left! We"),
        ("", "It left! We stay"),
        ("It left.", " We stay"),
        ("", " We stayed"),
        ("", " We stayed."),
    ]
    assert [p.end_of_segment for p in pieces].count(True) == 1
    assert results.finish() == [SourcePiece(" We stayed.", end_of_segment=True)]


def test_elitr_sentences_that_an_update_leaves_out_are_gone_with_the_next() -> None:
    lines = [
        "100 110 One.",
        "200 210 Two.",
        "300 301 three",
        "100 101 One, two",
        "100 101 One, too",
    ]
    assert shown(play(ElitrSentences(), lines))[-2:] == [
        ("", "One, two Two. three"),
        ("", "One, too"),
    ]


# Any other


def test_interim_results_are_replaced_until_one_is_final() -> None:
    messages = [
        ("the boat", False),
        ("the boat", False),
        ("The boats", False),
        ("The boats are red,", True),
        ("and three one", False),
        ("and 312", False),
        ("and one. Two three left.", True),
        ("", False),
        ("", True),
    ]
    assert play(InterimResults(), messages) == [
        SourcePiece("", "the boat"),
        SourcePiece("", "The boats"),
        SourcePiece("The boats are red,"),
        SourcePiece("", " and three one"),
        SourcePiece("", " and 312"),
        SourcePiece(" and one. Two three left.", end_of_segment=True),
    ]


def test_interim_words_that_the_final_result_drops_are_gone_until_said_again() -> None:
    messages = [("one two three", False), ("One two", True), ("three", False)]
    results = InterimResults()
    assert shown(play(results, messages)) == [
        ("", "one two three"),
        ("One two", ""),
        ("", " three"),
    ]
    assert results.finish() == [SourcePiece(" three", end_of_segment=True)]
    gone = InterimResults()
    play(gone, messages[:2])
    assert gone.finish() == [SourcePiece(end_of_segment=True)]


def test_a_word_said_twice_is_committed_twice() -> None:
    assert [p.committed for p in play(InterimResults(), [("no", True), ("no", True)])] == [
        "no",
        " no",
    ]


def test_each_final_result_ends_a_segment_if_it_is_told_to() -> None:
    results = InterimResults(final_ends_segment=True)
    messages = [("the boats left", True), ("", True), ("so did we", True)]
    assert play(results, messages) == [
        SourcePiece("the boats left", end_of_segment=True),
        SourcePiece(" so did we", end_of_segment=True),
    ]
