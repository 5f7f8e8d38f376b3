"""Recognisers that name their results: messages of their shapes, invented text."""

from collections.abc import Iterable
from typing import Any

import pytest

from translator.asr import (
    AssemblyAiResults,
    AzureResults,
    DeepgramFluxResults,
    GoogleResults,
    InterimResults,
    OpenAiResults,
    Results,
    RollingCaptions,
    SonioxResults,
    SourcePiece,
    VoskResults,
    WebSpeechResults,
    WhisperLiveResults,
)

pytestmark = pytest.mark.unit


def play(results: Results, messages: Iterable[object]) -> list[SourcePiece]:
    return [piece for message in messages for piece in results.accept(message)]


def shown(pieces: Iterable[SourcePiece]) -> list[tuple[str, str]]:
    return [(piece.committed, piece.tentative) for piece in pieces]


def committed(pieces: Iterable[SourcePiece]) -> str:
    return "".join(piece.committed for piece in pieces)


def reasons(results: Results) -> list[str]:
    return [warning.reason for warning in results.warnings]


# AssemblyAI


def turn(
    order: int, text: str, *, final: int | None = None, end: bool = False, formatted: bool = False
) -> dict[str, Any]:
    """A word each half second; the first ``final`` of them do not change."""
    words = text.split()
    count = len(words) if final is None else final
    return {
        "type": "Turn", "turn_order": order, "turn_is_formatted": formatted, "end_of_turn": end,
        "transcript": " ".join(words[:count]),
        "words": [
            {"text": word, "start": i * 500, "end": i * 500 + 400, "word_is_final": i < count}
            for i, word in enumerate(words)
        ],
    }  # fmt: skip


def test_assemblyai_a_turn_is_committed_once_formatted() -> None:
    messages = [
        {"type": "Begin", "id": "x"},
        turn(0, "we le", final=1),
        turn(0, "we left", final=2),
        turn(0, "we left", end=True),
        turn(0, "We left.", end=True, formatted=True),
        turn(0, "We left.", end=True, formatted=True),
        turn(0, "we left", final=2),
        turn(1, "why", final=0),
        {"type": "Termination"},
    ]
    results = AssemblyAiResults()
    pieces = play(results, messages)
    assert shown(pieces) == [("", "we le"), ("", "we left"), ("We left.", ""), ("", " why")]
    assert pieces[2] == SourcePiece("We left.", "", True, 0.0, 0.9)
    assert results.finish() == [SourcePiece(" why", "", True, 0.0, 0.4)]


def test_assemblyai_a_turn_that_is_never_formatted_is_committed_with_the_next() -> None:
    messages = [turn(0, "yes", end=True), turn(0, "yes no"), turn(1, "so"), turn(3, "and")]
    pieces = play(AssemblyAiResults(), messages)
    assert [(p.committed, p.end_of_segment) for p in pieces if p.committed] == [
        ("yes", True), (" so", True),
    ]  # fmt: skip
    unformatted = AssemblyAiResults(formatted=False)
    assert play(unformatted, [turn(0, "yes", end=True)])[0].committed == "yes"


def test_assemblyai_formatting_that_words_do_not_show_is_kept_and_a_session_begins_anew() -> None:
    message = turn(0, "may first", end=True, formatted=True) | {"transcript": "05/01"}
    results = AssemblyAiResults()
    pieces = play(results, [message, {"type": "Begin", "id": "y"}, message, turn(1, "", end=True)])
    assert committed(pieces) == "05/01 05/01"


# Soniox


def soniox(*tokens: tuple[str, bool], ms: int = 0, **more: object) -> dict[str, Any]:
    return {
        "tokens": [{"text": text, "is_final": final, **more} for text, final in tokens],
        "final_audio_proc_ms": ms,
        "total_audio_proc_ms": ms + 500,
    }


def test_soniox_tokens_are_pieces_of_words() -> None:
    messages = [
        soniox(("We", False), (" le", False)),
        soniox(("We", True), (" lef", True), ("d", False), (" a", False), ms=500),
        soniox(("t", True), (" at", False), ms=700),
        soniox(ms=700),
        soniox((" at", True), (" noon", True), (".", True), ("<end>", True), ms=1500),
        soniox(("So", False), ("<fin>", True), ms=1500),
        {"error_code": 408},
    ]
    pieces = play(SonioxResults(), messages)
    assert shown(pieces) == [
        ("", "We le"), ("We lef", "d a"), ("t", " at"), ("", ""), (" at noon.", ""), ("", " So"),
    ]  # fmt: skip
    assert [p.end_of_segment for p in pieces] == [False] * 4 + [True, False]


def test_soniox_translations_are_no_source_and_less_final_audio_is_a_new_connection() -> None:
    results = SonioxResults()
    pieces = play(results, [
        soniox(("yes", True), ms=900, start_ms=100, end_ms=400, speaker="1"),
        soniox(("oui", True), ms=900, translation_status="translation"),
        soniox(("no", True), ms=300),
    ])  # fmt: skip
    assert shown(pieces) == [("yes", ""), (" no", "")]
    assert (pieces[0].start_s, pieces[0].end_s, pieces[0].speaker) == (0.1, 0.4, "1")
    assert SonioxResults.reached_s(soniox(ms=900)) == 1.4


# Deepgram Flux


def flux(index: int, event: str, text: str, request_id: str = "a") -> dict[str, Any]:
    return {
        "type": "TurnInfo", "request_id": request_id, "event": event, "turn_index": index,
        "audio_window_start": 0.0, "audio_window_end": 1.5, "transcript": text, "words": [],
    }  # fmt: skip


def test_flux_an_eager_end_may_be_taken_back_and_a_turn_is_taken_once() -> None:
    messages = [
        {"type": "Connected", "request_id": "a"},
        flux(0, "Update", ""),
        flux(0, "StartOfTurn", "We"),
        flux(0, "EagerEndOfTurn", "We left."),
        flux(0, "TurnResumed", "We left at"),
        flux(0, "EndOfTurn", "We left at noon."),
        flux(0, "EndOfTurn", "We left at noon."),
        flux(1, "Update", "So"),
        flux(2, "Update", "And"),
        flux(0, "EndOfTurn", "So.", "b"),
    ]
    pieces = play(DeepgramFluxResults(), messages)
    assert shown(pieces) == [
        ("", "We"), ("", "We left."), ("", "We left at"), ("We left at noon.", ""),
        ("", " So"), (" So", ""), ("", " And"), (" And", ""), (" So.", ""),
    ]  # fmt: skip
    assert pieces[3] == SourcePiece("We left at noon.", "", True, 0.0, 1.5)


# OpenAI

PREFIX = "conversation.item.input_audio_transcription."


def openai(item: str, kind: str, text: str = "") -> dict[str, Any]:
    field = {"delta": "delta", "completed": "transcript"}.get(kind, "unused")
    return {"type": PREFIX + kind, "item_id": item, "content_index": 0, field: text}


def buffer(item: str, kind: str = "committed", **more: object) -> dict[str, Any]:
    return {"type": f"input_audio_buffer.{kind}", "item_id": item, **more}


def test_openai_items_are_committed_once_and_in_the_order_of_speech() -> None:
    messages = [
        {"type": "session.created"},
        buffer("a", "speech_started", audio_start_ms=100),
        buffer("a", "speech_stopped", audio_end_ms=900),
        buffer("a"),
        buffer("b"),
        openai("a", "delta", "We"),
        openai("b", "completed", "Why?"),
        openai("a", "delta", " left"),
        openai("a", "completed", "We left."),
        openai("a", "completed", "We left."),
        openai("b", "completed", "Why?"),
        openai("b", "delta", "Why"),
        {"type": "response.done"},
    ]
    pieces = play(OpenAiResults(), messages)
    assert pieces == [
        SourcePiece("", "We"),
        SourcePiece("", "We Why?"),
        SourcePiece("", "We left Why?"),
        SourcePiece("We left.", "", True, 0.1, 0.9),
        SourcePiece(" Why?", "", True),
    ]


def test_openai_items_that_fail_are_empty_or_never_come() -> None:
    messages = [buffer("a"), openai("a", "failed"), openai("b", "completed", " ")]
    messages += [buffer("c", "speech_started", audio_start_ms=5), openai("d", "completed", "So.")]
    results = OpenAiResults()
    assert committed(play(results, messages)) == "So."
    messages = [buffer("x"), openai("x", "delta", "And")]
    messages += [openai(f"y{n}", "completed", f"w{n}") for n in range(9)]
    assert committed(play(results, messages)).split() == ["And", *(f"w{n}" for n in range(9))]
    assert reasons(results) == ["ITEM_NOT_COMPLETED"]


# Google


def google(*results: tuple[str, bool], end: str | None = None, **more: object) -> dict[str, Any]:
    return {
        "results": [
            {"alternatives": [{"transcript": text}], "isFinal": final, "stability": 0.9}
            | ({"resultEndTime": end} if end else {})
            | more
            for text, final in results
        ]
    }


def test_google_a_stable_part_and_what_follows_it_are_one_tentative_text() -> None:
    messages = [
        google(("we", False), (" le", False), end="0.9s"),
        google(("we left", False), (" a", False), end="1.2s"),
        {"speechEventType": "END_OF_SINGLE_UTTERANCE"},
        google(("We left at noon.", True), end="2s"),
        google(("We left at noon.", True), end="2s"),
        google(("we left", False), end="1.9s"),
        google((" so", False), end="2.500s"),
        google(("", True), end="3s"),
    ]
    results = GoogleResults()
    pieces = play(results, messages)
    assert shown(pieces) == [
        ("", "we le"), ("", "we left a"), ("We left at noon.", ""), ("", " so"), ("", ""),
    ]  # fmt: skip
    assert pieces[2] == SourcePiece("We left at noon.", "", True, 0.0, 2.0)
    assert reasons(results) == []


def test_google_a_new_stream_has_a_clock_of_its_own() -> None:
    results = GoogleResults()
    pieces = play(results, [google(("one two", True), end="280s")])
    pieces += results.restarted(281.0)
    pieces += play(results, [google(("three", True), end="4s")])
    assert committed(pieces) == "one two three"
    assert pieces[-1].end_s == 285.0
    pieces = play(results, [google(("four", True), end="2s"), google(("five", True), end="3s")])
    assert committed(pieces) == " four five"
    assert reasons(results) == ["CLOCK_RESTARTED"]


def test_google_takes_both_spellings_and_words_that_are_the_text() -> None:
    words = [
        {"word": "yes", "start_time": {"seconds": 1}, "end_time": {"nanos": 500000000}},
        {"word": "no", "start_time": "1.5s", "end_time": 2.0, "speaker_tag": 2},
    ]
    result = {
        "alternatives": [{"transcript": "yes no", "words": words}],
        "is_final": True, "result_end_time": {"seconds": "2", "nanos": 0},
    }  # fmt: skip
    [piece] = play(GoogleResults(), [{"results": [result]}])
    assert (piece.start_s, piece.end_s, piece.speaker) == (1.0, 2.0, "2")
    assert GoogleResults.reached_s({"results": [result]}) == 2.0
    result["alternatives"][0]["transcript"] = "yes, no"  # type: ignore[index]
    assert play(GoogleResults(), [{"results": [result]}])[0].speaker == ""
    assert play(GoogleResults(), [{}, {"results": []}, google(("so", True))])[0].committed == "so"


# Azure


def azure(text: str, start_s: float, duration_s: float, **more: object) -> dict[str, Any]:
    return {
        "Id": "x", "Offset": int(start_s * 1e7), "Duration": int(duration_s * 1e7), **more,
        "DisplayText" if "RecognitionStatus" in more else "Text": text,
    }  # fmt: skip


def test_azure_recognized_results_are_committed_once() -> None:
    final: dict[str, object] = {"RecognitionStatus": "Success"}
    messages = [
        {"Type": "ConnectionStarted"},
        azure("we left", 0.5, 1.0),
        azure("we left at", 0.5, 1.5),
        azure("We left.", 0.5, 1.0, **final),
        azure("We left.", 0.5, 1.0, **final),
        azure("we left", 0.5, 0.9),
        azure("so", 2.0, 0.5, SpeakerId="Guest-1"),
        azure("", 2.0, 0.5, RecognitionStatus="NoMatch"),
        azure("So", 2.0, 0.5, SpeakerId="Guest-1", **final),
        azure("and", 3.0, 0.5, SpeakerId="Unknown", **final),
    ]
    pieces = play(AzureResults(), messages)
    assert shown(pieces) == [
        ("", "we left"), ("", "we left at"), ("We left.", ""), ("", " so"), ("", ""),
        (" So", ""), (" and", ""),
    ]  # fmt: skip
    assert pieces[2] == SourcePiece("We left.", "", True, 0.5, 1.5)
    assert [p.speaker for p in pieces[-2:]] == ["Guest-1", ""]
    detailed = {"RecognitionStatus": "Success", "Offset": 0, "NBest": [{"Display": "Yes."}]}
    assert play(AzureResults(), [detailed])[0].committed == "Yes."


# Vosk


def vosk(*words: tuple[str, float]) -> dict[str, Any]:
    return {
        "text": " ".join(word for word, _ in words),
        "result": [{"word": w, "start": t, "end": t + 0.4, "conf": 1.0} for w, t in words],
    }


def test_vosk_words_have_times_and_pauses_end_no_segment() -> None:
    messages = [
        {"partial": ""},
        {"partial": "we"},
        {"partial": "we left", "partial_result": []},
        vosk(("we", 0.0), ("left", 0.5)),
        vosk(("we", 0.0), ("left", 0.5)),
        {"partial": "so"},
        {"text": ""},
    ]
    pieces = play(VoskResults(), messages)
    assert shown(pieces) == [("", "we"), ("", "we left"), ("we left", ""), ("", " so"), ("", "")]
    assert pieces[2] == SourcePiece("we left", "", False, 0.0, 0.9)
    pieces = play(VoskResults(), [{"text": "no"}, {"text": "no"}])
    assert committed(pieces) == "no no"


# Web Speech API


def web(index: int, *results: tuple[str, bool], confidence: float = 0.9) -> dict[str, Any]:
    return {
        "resultIndex": index,
        "results": [
            {"isFinal": final, "transcript": text, "confidence": confidence}
            for text, final in results
        ],
    }


def test_web_speech_results_have_their_index_for_a_name() -> None:
    messages = [
        web(0, ("we left", False)),
        web(0, ("We left.", True)),
        web(0, ("We left.", True), ("so", False)),
        web(0, ("We left.", True)),
        web(1, ("So", True), (" and", False)),
        web(2, ("and and", True)),
    ]
    pieces = play(WebSpeechResults(), messages)
    assert shown(pieces) == [
        ("", "we left"), ("We left.", ""), ("", " so"), (" So", " and"), (" and and", ""),
    ]  # fmt: skip


def test_web_speech_android_calls_everything_final() -> None:
    texts = ["we", "we are", "we are in the", "we are in a park", "hello", "hello dear"]
    results = WebSpeechResults()
    pieces = play(results, [web(n, (t, True), confidence=0) for n, t in enumerate(texts)])
    assert shown(pieces) == [
        ("", "we"), ("", "we are"), ("", "we are in the"), ("", "we are in a park"),
        ("we are in a park", " hello"), ("", " hello dear"),
    ]  # fmt: skip
    assert results.finish()[0].committed == " hello dear"
    # Here confidence is told, and the text repeats itself all the same.
    results = WebSpeechResults()
    texts = ["we are in", "we are in the park", "no", "no"]
    pieces = play(results, [web(n, (t, True)) for n, t in enumerate(texts)])
    assert committed(pieces) == "we are in the park no no"
    assert reasons(results) == ["FINAL_REPEATS_COMMITTED"]


def test_web_speech_a_confidence_of_0_is_nothing_where_there_are_interim_results() -> None:
    messages = [web(0, ("I we", False)), web(0, ("I went", True), confidence=0)]
    messages += [web(1, ("I went", False)), web(1, ("I went on", True), confidence=0)]
    assert committed(play(WebSpeechResults(), messages)) == "I went I went on"
    results = WebSpeechResults()
    pieces = play(results, [web(0, ("I went", True)), {"type": "start"}, web(0, ("home", True))])
    assert committed(pieces) == "I went home"


# Any other


def test_finals_that_repeat_all_of_the_one_before_are_left_out_and_told_once() -> None:
    results = InterimResults()
    texts = ["we are in", "we are in the park", "we are in the park with all", "they left"]
    pieces = play(results, [(text, True) for text in texts])
    assert committed(pieces) == "we are in the park with all they left"
    assert reasons(results) == ["FINAL_REPEATS_COMMITTED"]
    assert "park" not in results.warnings[0].message


def test_a_final_sent_twice_is_left_out_where_interims_tell_that_nobody_spoke() -> None:
    spoken = [("we are in", False), ("we are in", True)]
    results = InterimResults()
    assert committed(play(results, [*spoken, spoken[1], *spoken])) == "we are in we are in"
    assert reasons(results) == ["FINAL_REPEATS_COMMITTED"]


@pytest.mark.parametrize(
    "texts",
    [
        ["no", "no", "no"],
        ["thank you", "thank you very much"],
        ["no, no, no", "no, no, no, no"],
        # Without interim results these may well be said twice.
        ["we want to go", "we want to go"],
        ["we are in a park", "we are in"],
    ],
)
def test_what_people_say_twice_is_committed_twice(texts: list[str]) -> None:
    results = InterimResults()
    assert committed(play(results, [(text, True) for text in texts])) == " ".join(texts)
    assert results.warnings == []


def test_a_recogniser_that_does_not_repeat_itself_and_results_with_a_name() -> None:
    texts = ["we are in", "we are in the park"]
    results = InterimResults(cumulative=False)
    assert committed(play(results, [(t, True) for t in texts])) == " ".join(texts)
    named = [
        {"text": text, "is_final": final, "id": name}
        for text, final, name in [
            ("we are", False, 1), ("we are in", True, 1), ("we are in", True, 1), ("we", False, 1),
            ("we are in", True, 2), ("we are in a", True, 2),
        ]
    ]  # fmt: skip
    results = InterimResults()
    assert committed(play(results, named)) == "we are in we are in"
    assert results.warnings == []


# Rolling captions


def test_rolling_captions_are_committed_as_they_leave_the_window() -> None:
    windows = [
        "three boats",
        "three boats are on the lake",
        "three boats are on the lake and free of",
        "",
        "are on the lake and three of them",
        "are on the lake and three of them",
        "and three of them are red",
        "they left at noon",
    ]
    results = RollingCaptions()
    pieces = play(results, windows) + results.finish()
    text = "three boats are on the lake and three of them are red they left at noon"
    assert committed(pieces) == text
    assert shown(pieces)[3] == ("three boats", " are on the lake and three of them")


def test_rolling_captions_that_never_scroll_are_committed_behind_the_settled_words() -> None:
    words = [f"w{n}" for n in range(60)]
    results = RollingCaptions(settled=5)
    pieces = play(results, [" ".join(words[:n]) for n in range(1, 61)])
    assert committed(pieces) == " ".join(words[:55])
    assert committed([*pieces, *results.finish()]) == " ".join(words)


def test_rolling_captions_whose_words_are_revised_or_repeated() -> None:
    results = RollingCaptions()
    windows = ["hell", "hello ther", "hello there no", "hello there no no", {"text": "no no no"}]
    pieces = play(results, windows) + results.finish()
    assert committed(pieces).split() == ["hello", "there", "no", "no", "no"]
    with pytest.raises(ValueError, match="settled is 0"):
        RollingCaptions(settled=0)


# WhisperLive


def test_whisper_live_says_who_speaks() -> None:
    segments = [
        {"start": "0.0", "end": "1.0", "text": " Yes.", "completed": True, "speaker": "A"},
        {"start": "1.0", "end": "2.0", "text": " No.", "completed": True, "speaker": 1},
        {"start": "2.0", "end": "3.0", "text": " So", "completed": True, "speaker": None},
    ]
    pieces = play(WhisperLiveResults(), [{"segments": segments}])
    assert [(p.committed, p.speaker) for p in pieces] == [("Yes.", "A"), (" No. So", "1")]
