"""Watson, Amazon Transcribe, Speechmatics, Deepgram: messages of their shapes, invented text."""

from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from translator.asr import (
    AwsTranscribeResults,
    DeepgramResults,
    Results,
    SourcePiece,
    SpeechmaticsResults,
    WatsonResults,
)

pytestmark = pytest.mark.unit


def play(results: Results, messages: Iterable[Mapping[str, Any]]) -> list[SourcePiece]:
    return [piece for message in messages for piece in results.accept(message)]


def shown(pieces: Iterable[SourcePiece]) -> list[tuple[str, str]]:
    return [(piece.committed, piece.tentative) for piece in pieces]


# Watson


def watson(index: int, *results: tuple[str, bool], **more: object) -> dict[str, Any]:
    return {
        "result_index": index,
        "results": [
            {"final": final, "alternatives": [{"transcript": text + " "}], **more}
            for text, final in results
        ],
    }


def test_watson_replaces_interim_results_and_commits_final_ones() -> None:
    pieces = play(
        WatsonResults(),
        [
            {"state": "listening"},
            watson(0, ("the boat", False)),
            watson(0, ("the boats are", False)),
            watson(0, ("the boats are $20.", True)),
            watson(1, ("they", False)),
            watson(1, ("they left", True), ("at", False)),
        ],
    )
    assert pieces == [
        SourcePiece("", "the boat"),
        SourcePiece("", "the boats are"),
        SourcePiece("the boats are $20.", end_of_segment=True),
        SourcePiece("", " they"),
        SourcePiece(" they left", " at"),
    ]


def test_watson_takes_no_final_result_twice_and_nothing_that_comes_too_late() -> None:
    messages = [
        watson(0, ("one two", True)),
        watson(0, ("one two", True)),
        watson(0, ("one", False)),
        watson(0, ("one two", True), ("three", False)),
        watson(1, ("three", False)),
        {"speaker_labels": [{"from": 0.0, "to": 0.4, "speaker": 0, "final": True}]},
    ]
    assert shown(play(WatsonResults(), messages)) == [("one two", ""), ("", " three")]


def test_watson_several_final_results_of_one_message_are_segments_each() -> None:
    message = watson(0, ("one", True), ("two", True), end_of_utterance="silence")
    assert play(WatsonResults(), [message]) == [
        SourcePiece("one", end_of_segment=True),
        SourcePiece(" two", end_of_segment=True),
    ]


@pytest.mark.parametrize(("reason", "ends"), [("silence", True), ("reset", False)])
def test_watson_a_reset_cuts_a_sentence_and_ends_no_segment(reason: str, ends: bool) -> None:
    [piece] = play(WatsonResults(), [watson(0, ("one", True), end_of_utterance=reason)])
    assert piece.end_of_segment is ends


def test_watson_times_hesitations_and_results_without_text() -> None:
    best = {
        "transcript": "%HESITATION three boats ",
        "timestamps": [["three", 1.0, 1.5], ["boats", 1.5, 2.0]],
    }
    results = WatsonResults()
    message = {"result_index": 0, "results": [{"final": True, "alternatives": [best]}]}
    assert play(results, [message]) == [SourcePiece("three boats", "", False, 1.0, 2.0)]
    empty = {"result_index": 1, "results": [{"final": True, "alternatives": []}]}
    assert play(results, [empty, {"result_index": 2, "results": []}]) == []


def test_watson_counts_again_in_a_new_request() -> None:
    messages = [watson(0, ("one", True)), {"state": "listening"}, watson(0, ("two", True))]
    assert shown(play(WatsonResults(), messages)) == [("one", ""), (" two", "")]


# Amazon Transcribe


def aws(
    name: str, text: str, start_s: float, end_s: float, *, final: bool = False, **more: object
) -> dict[str, Any]:
    result = {
        "ResultId": name,
        "StartTime": start_s,
        "EndTime": end_s,
        "IsPartial": not final,
        "Alternatives": [{"Transcript": text}],
        **more,
    }
    return {"Transcript": {"Results": [result]}}


def aws_items(
    name: str, words: str, *, stable: int = 0, final: bool = False, start_s: float = 0.0
) -> dict[str, Any]:
    """A result with an item a second; "." and "," are punctuation and take no time."""
    items: list[dict[str, Any]] = []
    now = start_s
    for number, word in enumerate(words.split()):
        is_mark = word in ".,"
        end = now if is_mark else now + 1
        kind = "punctuation" if is_mark else "pronunciation"
        items.append(
            {"Content": word, "StartTime": now, "EndTime": end, "Type": kind}
            | ({} if final else {"Stable": number < stable})
        )
        now = end
    text = words.replace(" .", ".").replace(" ,", ",")
    alternatives = [{"Transcript": text, "Items": items}]
    return aws(name, "", start_s, now, final=final, Alternatives=alternatives)


def test_aws_a_new_id_for_the_same_words_replaces_the_old_one() -> None:
    messages = [
        aws("a", "The.", 0.1, 0.5),
        aws("a", "The boat", 0.1, 0.9),
        aws("b", "The boats", 0.1, 1.2),
        aws("c", "The boats left.", 0.1, 1.6, final=True),
        aws("a", "The boat", 0.1, 1.3),
        aws("c", "The boats left.", 0.1, 1.6, final=True),
        aws("d", "The boats left", 0.1, 1.6),
        aws("e", "So", 2.0, 2.2),
    ]
    pieces = play(AwsTranscribeResults(), messages)
    assert shown(pieces) == [
        ("", "The."),
        ("", "The boat"),
        ("", "The boats"),
        ("The boats left.", ""),
        ("", " So"),
    ]
    assert [p.end_of_segment for p in pieces] == [False, False, False, True, False]


def test_aws_a_final_result_that_cuts_a_sentence_ends_no_segment() -> None:
    [piece] = play(AwsTranscribeResults(), [aws("a", "The boats of", 0.0, 1.0, final=True)])
    assert piece == SourcePiece("The boats of", "", False, 0.0, 1.0)


def test_aws_stable_items_are_committed_at_once_and_never_again() -> None:
    messages = [
        aws_items("a", "The boat"),
        aws_items("a", "The boats , both", stable=2),
        aws_items("a", "The boats , both", stable=2),
        aws_items("b", "The boats , both of them", stable=4),
        aws_items("b", "The boats", stable=1),
        aws_items("b", "The boats , both of us left .", final=True),
    ]
    pieces = play(AwsTranscribeResults(), messages)
    assert shown(pieces) == [
        ("", "The boat"),
        ("The boats", ", both"),
        (", both", " of them"),
        ("", ""),
        (" of us left.", ""),
    ]
    assert pieces[1].end_s == 2.0
    assert pieces[-1].start_s == 3.0
    assert [p.end_of_segment for p in pieces] == [False] * 4 + [True]


def test_aws_when_all_items_were_stable_the_final_result_only_ends_the_segment() -> None:
    messages = [aws_items("a", "It left .", stable=3), aws_items("a", "It left .", final=True)]
    assert play(AwsTranscribeResults(), messages)[1:] == [SourcePiece(end_of_segment=True)]


def test_aws_a_stable_item_that_changes_all_the_same_is_neither_lost_nor_repeated() -> None:
    messages = [
        aws_items("a", "Three one boats", stable=2),
        aws_items("a", "312 boats left", start_s=0.0),
        aws_items("a", "three won boats left .", final=True),
    ]
    pieces = play(AwsTranscribeResults(), messages)
    assert shown(pieces) == [("Three one", " boats"), ("", " left"), (" boats left.", "")]


def test_aws_channels_are_kept_apart() -> None:
    messages = [
        {"TranscriptEvent": aws("a", "one", 0.0, 1.0, final=True, ChannelId="ch_0")},
        {"TranscriptEvent": aws("b", "two", 0.0, 1.0, final=True, ChannelId="ch_1")},
    ]
    assert shown(play(AwsTranscribeResults("ch_1"), messages)) == [("two", "")]


def test_aws_speakers_and_events_without_results() -> None:
    message = aws_items("a", "Yes no", final=True)
    items = message["Transcript"]["Results"][0]["Alternatives"][0]["Items"]
    items[0]["Speaker"], items[1]["Speaker"] = "0", "1"
    pieces = play(AwsTranscribeResults(), [{"Transcript": {"Results": []}}, message])
    assert [(p.committed, p.speaker) for p in pieces] == [("Yes", "0"), (" no", "1")]
    assert play(AwsTranscribeResults(), [aws("a", "", 0.0, 0.4, Alternatives=[])]) == []


# Speechmatics


def speechmatics(kind: str, start_s: float, end_s: float, *results: object) -> dict[str, Any]:
    metadata = {"start_time": start_s, "end_time": end_s, "transcript": "not used"}
    return {"message": kind, "metadata": metadata, "results": list(results)}


def word(content: str, start_s: float, speaker: str = "UU", **more: object) -> dict[str, Any]:
    return {
        "alternatives": [{"content": content, "confidence": 1.0, "speaker": speaker}],
        "start_time": start_s,
        "end_time": start_s + 0.4,
        "type": "word",
        **more,
    }


def mark(content: str, start_s: float, **more: object) -> dict[str, Any]:
    best = {"content": content, "confidence": 1.0}
    return {
        "alternatives": [best], "start_time": start_s, "end_time": start_s,
        "type": "punctuation", "attaches_to": "previous", **more,
    }  # fmt: skip


FINAL, PARTIAL = "AddTranscript", "AddPartialTranscript"


def test_speechmatics_a_full_stop_that_comes_alone_is_attached() -> None:
    messages = [
        {"message": "RecognitionStarted", "id": "x"},
        speechmatics(PARTIAL, 0.0, 0.5, word("Three", 0.0)),
        speechmatics(FINAL, 0.0, 1.0, word("Three", 0.0), word("boats", 0.5)),
        speechmatics(FINAL, 1.0, 1.0, mark(".", 1.0, is_eos=True)),
        speechmatics(PARTIAL, 1.0, 1.5, word("They", 1.0)),
        {"message": "EndOfUtterance", "metadata": {"start_time": 1.5, "end_time": 1.5}},
    ]
    assert play(SpeechmaticsResults(), messages) == [
        SourcePiece("", "Three"),
        SourcePiece("Three boats", "", False, 0.0, 0.9),
        SourcePiece(".", "", True, 1.0, 1.0),
        SourcePiece("", " They"),
    ]


def test_speechmatics_a_final_shorter_than_the_partial_leaves_the_tail_to_the_next() -> None:
    messages = [
        speechmatics(PARTIAL, 0.0, 0.9, word("Thank", 0.0), word("you", 0.5)),
        speechmatics(FINAL, 0.0, 0.45, word("Thank", 0.0)),
        speechmatics(PARTIAL, 0.45, 0.9, word("you", 0.5)),
        speechmatics(FINAL, 0.45, 0.95, word("you", 0.5), mark(".", 0.9, is_eos=True)),
    ]
    assert shown(play(SpeechmaticsResults(), messages)) == [
        ("", "Thank you"),
        ("Thank", " you"),
        (" you.", ""),
    ]


def test_speechmatics_repeats_and_late_partials_are_left_out() -> None:
    messages = [
        speechmatics(FINAL, 0.0, 1.0, word("one", 0.0), word("two", 0.5)),
        speechmatics(FINAL, 0.0, 1.0, word("one", 0.0), word("two", 0.5)),
        speechmatics(PARTIAL, 0.0, 0.9, word("one", 0.0)),
        speechmatics(FINAL, 1.0, 1.4),
        speechmatics(PARTIAL, 1.4, 1.4),
    ]
    assert shown(play(SpeechmaticsResults(), messages)) == [("one two", "")]


def test_speechmatics_numbers_rewritten_late_are_tentative_until_they_are_final() -> None:
    messages = [
        speechmatics(PARTIAL, 0.0, 1.0, word("four", 0.0), word("two", 0.5)),
        speechmatics(PARTIAL, 0.0, 1.4, word("423", 0.0)),
        speechmatics(FINAL, 0.0, 1.9, word("Four", 0.0), mark(".", 0.4), word("Two three", 0.6)),
    ]
    assert shown(play(SpeechmaticsResults(), messages)) == [
        ("", "four two"),
        ("", "423"),
        ("Four. Two three", ""),
    ]


def test_speechmatics_marks_that_attach_to_what_follows() -> None:
    opening = mark("¿", 0.0, attaches_to="next")
    results = SpeechmaticsResults()
    assert shown(play(results, [speechmatics(FINAL, 0, 1, opening, word("Vamos", 0.1))])) == [
        ("¿Vamos", "")
    ]
    messages = [
        speechmatics(FINAL, 1.0, 1.5, mark("?", 1.0), mark("¿", 1.0, attaches_to="next")),
        speechmatics(PARTIAL, 1.5, 2.0, word("Sí", 1.5)),
        speechmatics(FINAL, 1.5, 2.0, word("Sí", 1.5)),
    ]
    assert shown(play(results, messages)) == [("? ¿", ""), ("", "Sí"), ("Sí", "")]


def test_speechmatics_end_of_utterance_keeps_what_is_tentative() -> None:
    messages = [
        speechmatics(FINAL, 0.0, 0.5, word("So", 0.0)),
        speechmatics(PARTIAL, 0.5, 1.0, word("we", 0.5)),
        {"message": "EndOfUtterance", "metadata": {"start_time": 0.5, "end_time": 0.5}},
    ]
    assert play(SpeechmaticsResults(), messages)[-1] == SourcePiece("", " we", True)


def test_speechmatics_speakers() -> None:
    said = speechmatics(FINAL, 0, 1, word("Yes", 0.0, "S1"), word("No", 0.5, "S2"))
    pieces = play(SpeechmaticsResults(), [said])
    assert [(p.committed, p.speaker) for p in pieces] == [("Yes", "S1"), (" No", "S2")]


# Deepgram


def deepgram(
    text: str, start_s: float, duration_s: float, *, final: bool = False, **more: object
) -> dict[str, Any]:
    """A word each half second."""
    words = [
        {"word": w.strip(".,?").lower(), "punctuated_word": w, "start": t, "end": t + 0.4}
        for i, w in enumerate(text.split())
        for t in [start_s + i / 2]
    ]
    return {
        "type": "Results",
        "channel_index": [0, 1],
        "start": start_s,
        "duration": duration_s,
        "is_final": final,
        "speech_final": False,
        "channel": {"alternatives": [{"transcript": text, "words": words}]},
        **more,
    }


def test_deepgram_commits_final_results_and_ends_segments_where_speech_does() -> None:
    messages = [
        {"type": "Metadata", "request_id": "x"},
        deepgram("The boat", 0.0, 1.0),
        deepgram("The boats are", 0.0, 1.5, final=True),
        deepgram("here.", 1.5, 0.5),
        deepgram("here.", 1.5, 0.5, final=True, speech_final=True),
    ]
    assert play(DeepgramResults(), messages) == [
        SourcePiece("", "The boat"),
        SourcePiece("The boats are", "", False, 0.0, 1.4),
        SourcePiece("", " here."),
        SourcePiece(" here.", "", True, 1.5, 1.9),
    ]


def test_deepgram_a_pause_inside_a_sentence_ends_nothing() -> None:
    messages = [
        deepgram("I would like to", 0.0, 1.5, final=True, speech_final=True),
        deepgram("thank you.", 3.0, 1.0, final=True),
        deepgram("", 4.0, 1.0, final=True, speech_final=True),
    ]
    pieces = play(DeepgramResults(), messages)
    assert [piece.end_of_segment for piece in pieces] == [False, False, True]


def test_deepgram_a_final_shorter_than_the_interim_leaves_the_tail_to_the_next() -> None:
    messages = [
        deepgram("one two three", 0.0, 1.5),
        deepgram("One", 0.0, 0.5, final=True),
        deepgram("two three", 0.5, 1.0),
    ]
    assert shown(play(DeepgramResults(), messages)) == [
        ("", "one two three"),
        ("One", " two three"),
    ]


def test_deepgram_repeats_late_interims_and_silence_are_left_out() -> None:
    messages = [
        deepgram("one two", 0.0, 1.0, final=True),
        deepgram("one two", 0.0, 1.0, final=True),
        deepgram("one", 0.0, 0.7),
        deepgram("", 1.0, 1.0, final=True, speech_final=True),
        deepgram("", 2.0, 3.0, final=True, speech_final=True),
        {"type": "UtteranceEnd", "channel": [0, 1], "last_word_end": 1.0},
    ]
    assert play(DeepgramResults(), messages) == [
        SourcePiece("one two", "", False, 0.0, 0.9),
        SourcePiece(end_of_segment=True),
    ]


def test_deepgram_words_that_a_final_result_drops_are_gone() -> None:
    messages = [deepgram("one two", 0.0, 1.0), deepgram("", 0.0, 1.0, final=True)]
    assert shown(play(DeepgramResults(), messages)) == [("", "one two"), ("", "")]


def test_deepgram_utterance_end_ends_the_segment_and_keeps_what_is_tentative() -> None:
    messages = [
        deepgram("one", 0.0, 0.5, final=True),
        deepgram("two", 0.5, 0.5),
        {"type": "UtteranceEnd", "channel": [0, 1], "last_word_end": 0.4},
    ]
    assert play(DeepgramResults(), messages)[-1] == SourcePiece("", " two", True)


def test_deepgram_formatting_that_words_do_not_show_is_kept() -> None:
    message = deepgram("may first", 0.0, 1.0, final=True)
    message["channel"]["alternatives"][0]["transcript"] = "05/01"
    assert shown(play(DeepgramResults(), [message])) == [("05/01", "")]


def test_deepgram_channels_and_speakers() -> None:
    first = deepgram("Yes no", 0.0, 1.0, final=True)
    for number, spoken in enumerate(first["channel"]["alternatives"][0]["words"]):
        spoken["speaker"] = number
    other = deepgram("hm", 0.0, 0.5, final=True, channel_index=[1, 2])
    pieces = play(DeepgramResults(channel=0), [other, first])
    assert [(p.committed, p.speaker) for p in pieces] == [("Yes", "0"), (" no", "1")]
    end = {"type": "UtteranceEnd", "channel": [1, 2], "last_word_end": 0.4}
    assert play(DeepgramResults(channel=0), [first, end])[-1].end_of_segment is False
