"""Random recognisers: whatever they show in between, what is committed is their final transcript.

A talk is a row of words, word ``i`` said from second i to i + 1. A recogniser cuts it anywhere; of
the words since the last cut it shows anything, right or wrong, also of those beyond the next cut,
and repeats itself. Each vendor's messages are made of the same talks.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.driver import Driver, make_config, one_thread  # noqa: F401
from translator.asr import RECOGNISERS as NAMED
from translator.asr import (
    AssemblyAiResults,
    AwsTranscribeResults,
    AzureResults,
    DeepgramFluxResults,
    DeepgramResults,
    ElitrResults,
    ElitrSentences,
    EventResults,
    GoogleResults,
    InterimResults,
    OpenAiResults,
    Results,
    RollingCaptions,
    SimulStreamingResults,
    SonioxResults,
    SourcePiece,
    SpeechmaticsResults,
    VoskResults,
    WatsonResults,
    WebSpeechResults,
    WhisperLiveResults,
)
from translator.testing import FakeModel
from translator.text.segmenter import SegmentLimits

pytestmark = pytest.mark.unit


@dataclass(frozen=True)
class Shown:
    """A hypothesis of the words from ``start`` on; ``stable`` of them are right for good."""

    segment: int
    start: int
    words: tuple[str, ...]
    is_final: bool = False
    stable: int = 0

    @property
    def end(self) -> int:
        return self.start + len(self.words)


@st.composite
def talks(draw: st.DrawFn) -> list[Shown]:
    """Each final result is right and has at least a word; the last one ends the talk."""
    lengths = draw(st.lists(st.integers(1, 4), min_size=1, max_size=5))
    talk = tuple(f"w{i}" for i in range(sum(lengths)))
    events: list[Shown] = []
    start = 0
    for number, length in enumerate(lengths):
        stable = 0
        for _ in range(draw(st.integers(0, 4))):
            end = draw(st.integers(start + stable, min(len(talk), start + length + 3)))
            wrong = draw(st.sets(st.integers(start, end)))
            words = tuple(
                f"x{i}" if i in wrong and i >= start + stable else talk[i]
                for i in range(start, end)
            )
            right = next((i for i, w in enumerate(words) if w != talk[start + i]), len(words))
            stable = draw(st.integers(stable, max(stable, min(right, length))))
            events.append(Shown(number, start, words, stable=stable))
        events.append(Shown(number, start, talk[start : start + length], is_final=True))
        start += length
    return events


def late(kind: type[Results], events: list[Shown], data: st.DataObject) -> list[Shown]:
    """With repeats, and with what comes again when it is long final."""
    if kind in NO_REPEATS:
        return events
    result: list[Shown] = []
    for event in events:
        result.append(event)
        old = [e for e in result if e.segment < event.segment or e is event]
        result += data.draw(st.lists(st.sampled_from(old), max_size=2))
    return result


def watson(event: Shown) -> dict[str, Any]:
    best = {"transcript": " ".join(event.words) + " "}
    return {
        "result_index": event.segment,
        "results": [{"final": event.is_final, "alternatives": [best]}],
    }


def aws(event: Shown) -> dict[str, Any]:
    items = [
        {"Content": word, "StartTime": t, "EndTime": t + 1, "Type": "pronunciation"}
        | {"Stable": t < event.start + event.stable}
        for t, word in enumerate(event.words, start=event.start)
    ]
    result = {
        # Under another id than the interim results, as in the vendor's own example.
        "ResultId": f"{event.segment} {event.is_final}",
        "StartTime": event.start,
        "EndTime": event.end,
        "IsPartial": not event.is_final,
        "Alternatives": [{"Transcript": " ".join(event.words), "Items": items}],
    }
    return {"Transcript": {"Results": [result]}}


def speechmatics(event: Shown) -> dict[str, Any]:
    return {
        "message": "AddTranscript" if event.is_final else "AddPartialTranscript",
        "metadata": {"start_time": event.start, "end_time": event.end},
        "results": [
            {"alternatives": [{"content": word}], "start_time": t, "end_time": t + 1}
            for t, word in enumerate(event.words, start=event.start)
        ],
    }


def deepgram(event: Shown) -> dict[str, Any]:
    words = [
        {"word": word, "start": t, "end": t + 1}
        for t, word in enumerate(event.words, start=event.start)
    ]
    return {
        "type": "Results",
        "start": event.start,
        "duration": len(event.words),
        "is_final": event.is_final,
        "speech_final": event.is_final and event.segment % 2 == 0,
        "channel": {"alternatives": [{"transcript": " ".join(event.words), "words": words}]},
    }


def one_by_one(make: Callable[[Shown], Any]) -> Callable[[list[Shown]], Iterator[Any]]:
    return lambda events: map(make, events)


def whisper_live(events: list[Shown]) -> Iterator[Any]:
    """Each message has the last two completed segments once more."""

    def segment(event: Shown) -> dict[str, Any]:
        text = "".join(" " + word for word in event.words)
        times = {"start": f"{event.start:.3f}", "end": f"{event.end:.3f}"}
        return {**times, "text": text, "completed": event.is_final}

    completed: list[dict[str, Any]] = []
    for event in events:
        if event.is_final and segment(event) not in completed:
            completed.append(segment(event))
        rest = [] if event.is_final else [segment(event)]
        yield {"uid": "x", "segments": [*completed[-2:], *rest]}


def simulstreaming(events: list[Shown]) -> Iterator[Any]:
    for event in events:
        if event.is_final:
            text = "".join(" " + word for word in event.words)
            yield {"start": event.start, "end": event.end, "text": text}


def elitr(events: list[Shown]) -> Iterator[str]:
    for event in events:
        text = " ".join(event.words)
        # A final result is told from the next line, which begins where it ended.
        yield f"{event.start * 1000} {event.end * 1000} {text}{'' if event.is_final else '...'}"


def elitr_sentences(events: list[Shown]) -> Iterator[str]:
    for event in events:
        number = 100 * (event.segment + 1)
        code = number + (100 if event.is_final else 1)
        yield f"{number} {code} {' '.join(event.words)}"


def interim(event: Shown) -> tuple[str, bool]:
    return " ".join(event.words), event.is_final


RECOGNISERS: dict[type[Results], Callable[[list[Shown]], Iterator[Any]]] = {
    WatsonResults: one_by_one(watson),
    AwsTranscribeResults: one_by_one(aws),
    SpeechmaticsResults: one_by_one(speechmatics),
    DeepgramResults: one_by_one(deepgram),
    WhisperLiveResults: whisper_live,
    SimulStreamingResults: simulstreaming,
    ElitrResults: elitr,
    ElitrSentences: elitr_sentences,
    InterimResults: one_by_one(interim),
}
# Of these a result that comes again is not told from a new one.
NO_REPEATS = {InterimResults}
# These know when words were said, so they show the tail of a final result that is shorter.
WITH_TIMES = {AwsTranscribeResults, SpeechmaticsResults, DeepgramResults}
ALL = pytest.mark.parametrize("kind", RECOGNISERS, ids=lambda kind: kind.__name__)


def pieces_of(kind: type[Results], events: list[Shown]) -> list[SourcePiece]:
    results = kind()
    pieces = [p for message in RECOGNISERS[kind](events) for p in results.accept(message)]
    return [*pieces, *results.finish()]


def transcript(events: list[Shown]) -> str:
    return " ".join(word for event in events if event.is_final for word in event.words)


@ALL
@given(talks(), st.data())
def test_what_is_committed_is_the_final_transcript_and_is_never_tentative_again(
    kind: type[Results], events: list[Shown], data: st.DataObject
) -> None:
    final = transcript(events)
    committed = ""
    for piece in pieces_of(kind, late(kind, events, data)):
        committed += piece.committed
        assert (final + " ").startswith(committed + " ") or not committed
        assert not set(piece.tentative.split()) & set(committed.split())
        text = committed + piece.tentative
        assert text == " ".join(text.split())
    assert committed == final


@ALL
@given(talks())
def test_a_piece_always_says_something_new(kind: type[Results], events: list[Shown]) -> None:
    tentative = ""
    for piece in pieces_of(kind, events):
        assert piece.committed or piece.end_of_segment or piece.tentative != tentative
        tentative = piece.tentative


@pytest.mark.parametrize(
    "kind",
    # SimulStreaming has no interim results; ELITR's that are shorter confirm the one before.
    [kind for kind in RECOGNISERS if kind not in {SimulStreamingResults, ElitrResults}],
    ids=lambda kind: kind.__name__,
)
@given(talks())
def test_the_last_interim_result_is_what_is_shown(kind: type[Results], events: list[Shown]) -> None:
    results = kind()
    shown = ""
    for event, message in zip(events, RECOGNISERS[kind](events), strict=True):
        for piece in results.accept(message):
            shown = piece.tentative
        if not event.is_final:
            num_committed = event.stable if kind is AwsTranscribeResults else 0
            assert shown.split() == list(event.words[num_committed:])


@ALL
@given(st.integers(1, 4), st.integers(1, 4), st.booleans())
@settings(deadline=None, max_examples=30)
def test_the_tail_of_a_final_result_that_is_shorter_moves_to_the_next(
    kind: type[Results], length: int, more: int, again: bool
) -> None:
    talk = tuple(f"w{i}" for i in range(length + more))
    first, tail = talk[:length], talk[length:]
    events = [
        Shown(0, 0, talk),
        Shown(0, 0, first, is_final=True),
        *([Shown(1, length, tail)] if again else []),
        Shown(1, length, tail, is_final=True),
    ]
    results = kind()
    messages = iter(RECOGNISERS[kind](events))
    if kind is SimulStreamingResults:
        pieces = [piece for message in messages for piece in results.accept(message)]
    else:
        pieces = [*results.accept(next(messages)), *results.accept(next(messages))]
        if kind in WITH_TIMES:
            assert pieces[-1].tentative.split() == list(tail)
        if kind is not ElitrResults:
            assert "".join(piece.committed for piece in pieces).split() == list(first)
        pieces += [piece for message in messages for piece in results.accept(message)]
    pieces += results.finish()
    assert "".join(piece.committed for piece in pieces) == " ".join(talk)


def with_sentences(events: list[Shown]) -> list[Shown]:
    """The same with a full stop after every third word, wherever that is heard right."""
    ends = {f"w{i}": f"w{i}." for i in range(2, 100, 3)}
    return [
        replace(event, words=tuple(ends.get(word, word) for word in event.words))
        for event in events
    ]


@pytest.mark.parametrize("policy", ["final-only", "local-agreement", "guarded-agreement"])
@given(talks(), st.sampled_from(list(RECOGNISERS)), st.booleans(), st.data())
@settings(max_examples=40)
def test_a_session_translates_it_as_if_only_the_final_text_had_come(
    policy: str, events: list[Shown], kind: type[Results], has_marks: bool, data: st.DataObject
) -> None:
    """Whatever the policy: a segment is the translation of its final source, and of that alone."""
    if has_marks:
        events = with_sentences(events)
    model = FakeModel()
    # Where a long text without marks is cut depends on the hypotheses there were.
    config = make_config(model, policy=policy, segments=SegmentLimits(bare_words=10_000))
    pieces = pieces_of(kind, late(kind, events, data))
    live = Driver(config, model)
    for piece in pieces:
        live.say(**asdict(piece))
    live.end()
    live.check_final()
    final = Driver(config, model)
    for piece in pieces:
        final.send(**asdict(replace(piece, tentative="")))
    final.end()
    assert live.source == final.source == transcript(events)
    assert live.readers["yy"].final_texts == final.readers["yy"].final_texts


# What no recogniser should do


def fake(kind: type[Results], text: str, clock: float, number: int) -> Any:
    """A final result of one word, half a second long, in a vendor's own format."""
    end = clock + 0.5
    word_times = {"start": clock, "end": end}
    ticks = {"Offset": int(clock * 1e7), "Duration": 5_000_000}
    if kind is AssemblyAiResults:
        return {
            "type": "Turn", "turn_order": number, "turn_is_formatted": True, "end_of_turn": True,
            "transcript": text, "words": [],
        }  # fmt: skip
    if kind is OpenAiResults:
        name = "conversation.item.input_audio_transcription.completed"
        return {"type": name, "item_id": f"item{number}", "transcript": text}
    if kind is DeepgramFluxResults:
        return {
            "type": "TurnInfo", "event": "EndOfTurn", "turn_index": number, "transcript": text,
            "audio_window_start": clock, "audio_window_end": end,
        }  # fmt: skip
    made: dict[type[Results], Any] = {
        AzureResults: {"RecognitionStatus": "Success", "DisplayText": text, **ticks},
        EventResults: {"text": text, "final": True, **word_times},
        GoogleResults: {
            "results": [
                {
                    "alternatives": [{"transcript": text}],
                    "isFinal": True,
                    "resultEndTime": f"{end}s",
                }
            ]
        },
        InterimResults: (text, True),
        SonioxResults: {"tokens": [{"text": " " + text if text else "", "is_final": True}]},
        VoskResults: {"text": text, "result": [{"word": text, **word_times}] if text else []},
        WebSpeechResults: {
            "resultIndex": number,
            "results": [{"isFinal": True, "transcript": text, "confidence": 0.9}],
        },
    }
    if kind in made:
        return made[kind]
    if kind is SimulStreamingResults:
        return {**word_times, "text": " " + text if text else ""}
    if kind is ElitrResults:
        return f"{int(clock * 1000)} {int(end * 1000)} {text}"
    if kind is ElitrSentences:
        return f"{100 * (number + 1)} {100 * (number + 2)} {text}"
    return (
        {
            WatsonResults: {
                "result_index": number,
                "results": [{"final": True, "alternatives": [{"transcript": text + " "}]}],
            },
            AwsTranscribeResults: {
                "Transcript": {
                    "Results": [
                        {
                            "ResultId": f"r{number}",
                            "StartTime": clock,
                            "EndTime": end,
                            "IsPartial": False,
                            "Alternatives": [{"Transcript": text}],
                        }
                    ]
                }
            },
            SpeechmaticsResults: {
                "message": "AddTranscript",
                "metadata": {"start_time": clock, "end_time": end},
                "results": [
                    {"alternatives": [{"content": text}], "start_time": clock, "end_time": end}
                ]
                if text
                else [],
            },
            DeepgramResults: {
                "type": "Results",
                "start": clock,
                "duration": 0.5,
                "is_final": True,
                "speech_final": False,
                "channel": {"alternatives": [{"transcript": text, "words": []}]},
            },
            WhisperLiveResults: {
                "segments": [
                    {
                        "start": f"{clock:.3f}",
                        "end": f"{end:.3f}",
                        "text": " " + text,
                        "completed": True,
                    }
                ]
            },
        }
    )[kind]


# A window of captions that has nothing in common with the one before is another one, or revised.
EVERY = pytest.mark.parametrize(
    "kind",
    [kind for kind in NAMED.values() if kind is not RollingCaptions],
    ids=[name for name, kind in NAMED.items() if kind is not RollingCaptions],
)


def said(pieces: Iterable[SourcePiece]) -> list[str]:
    return "".join(piece.committed for piece in pieces).split()


@EVERY
@given(st.lists(st.integers(0, 4), min_size=1, max_size=12), st.data())
@settings(deadline=None, max_examples=15)
def test_a_recogniser_that_starts_again_and_again_loses_and_repeats_nothing(
    kind: type[Results], lengths: list[int], data: st.DataObject
) -> None:
    results = kind()
    pieces: list[SourcePiece] = []
    words: list[str] = []
    for length in lengths:
        pieces += results.restarted(data.draw(st.none() | st.floats(0, 1e6)))
        for number in range(length):
            words.append(f"w{len(words)}")
            message = fake(kind, words[-1], number / 2, number)
            pieces += results.accept(message)
            # Where a result has a name, or times, it may come again.
            if kind not in {ElitrResults, EventResults, InterimResults, SonioxResults}:
                pieces += results.accept(message)
    pieces += results.finish()
    assert said(pieces) == words
    assert results.warnings == []


@EVERY
def test_a_clock_that_stands_still_loses_nothing(kind: type[Results]) -> None:
    results = kind()
    words = [f"w{n}" for n in range(40)]
    if kind in {ElitrResults, WhisperLiveResults}:
        pytest.skip("there times are the only name that a result has")
    pieces = [p for n, w in enumerate(words) for p in results.accept(fake(kind, w, 3.0, n))]
    pieces += results.finish()
    assert said(pieces) == words
    assert len({w.reason for w in results.warnings}) == len(results.warnings) <= 1


@EVERY
def test_blanks_and_marks_alone_are_survived(kind: type[Results]) -> None:
    results = kind()
    pieces: list[SourcePiece] = []
    for number in range(300):
        text = ["", "   ", ".", "…", "-"][number % 5]
        pieces += results.accept(fake(kind, text, number / 2, number))
    pieces += results.accept(fake(kind, "so", 200.0, 300))
    pieces += results.finish()
    assert said(pieces)[-1] in {"so", "-so"}
    assert results.warnings == []


def test_a_million_blank_interims_keep_nothing() -> None:
    results = InterimResults()
    results.accept(("so", True))
    # A few stand for the million: what is kept of each is nothing.
    assert [p for _ in range(10_000) for p in results.accept(("  ", False))] == []
    assert results.accept(("we went", True))[0].committed == " we went"
