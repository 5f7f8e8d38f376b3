"""Recognisers' recordings as talks: what is revised, when it comes, and files that are not such."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.driver import one_thread  # noqa: F401
from translator.asr import RECOGNISERS
from translator.catalog.catalog import Served
from translator.errors import ConfigError
from translator.eval.live import LiveReplay
from translator.eval.recording import looks_like_events, read_recording
from translator.eval.summary import summarize
from translator.eval.talk import Talk
from translator.languages.pair import LanguagePair
from translator.policy.registry import PolicyChoice, resolve
from translator.testing import FakeModel, fake_translation

pytestmark = pytest.mark.unit


def written(path: Path, *rows: Any) -> Path:
    texts = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("\n".join(texts) + "\n", encoding="utf-8")
    return path


def steps(talk: Talk) -> list[tuple[float, str, str]]:
    return [(a.at_s, a.piece.committed, a.piece.tentative) for a in talk.arrivals]


def event(t: float, text: str, *, final: bool = False, **more: object) -> dict[str, object]:
    return {"t": t, "start": 0.5, "end": t - 0.1, "text": text, "final": final, "seg": 0, **more}


EVENTS = [
    event(1.0, "the boat"),
    event(1.5, "the goat leaves"),
    event(2.0, "the boat leaves."),
    event(2.4, "The boat leaves.", final=True, start=None),
    event(3.0, "nobody", seg=1),
    event(3.5, "Nobody waves.", final=True, seg=1),
]


def test_events_commit_what_is_final_and_revise_the_rest(tmp_path: Path) -> None:
    file = written(tmp_path / "boat.events.jsonl", *EVENTS)
    assert looks_like_events(file)
    talk = read_recording(file)
    assert steps(talk) == [
        (1.0, "", "the boat"),
        (1.5, "", "the goat leaves"),
        (2.0, "", "the boat leaves."),
        (2.4, "The boat leaves.", ""),
        (3.0, "", " nobody"),
        (3.5, " Nobody waves.", ""),
    ]
    assert talk.arrivals[3].piece.end_of_segment
    assert (talk.arrivals[3].piece.start_s, talk.arrivals[3].piece.end_s) == (0.5, 2.3)


def test_a_recording_is_translated_and_what_it_takes_back_is_erasure(tmp_path: Path) -> None:
    talk = read_recording(written(tmp_path / "boat.jsonl", *EVENTS))
    served = Served(FakeModel(), LanguagePair("xx", "yy"))
    policy = resolve(PolicyChoice("retranslation", {}))
    done = LiveReplay(served, talk, policy, timer=lambda: 0.0).run()
    assert done.prediction == " ".join(map(fake_translation, ["The boat leaves.", "Nobody waves."]))
    summary = summarize([done])
    # BOAT~; GOAT LEAVES~; LEAVES. stays; THE... stays; NOBODY~: 1 + 2 + 0 + 0 + 1 of 5 words.
    assert summary.normalized_erasure == pytest.approx(4 / 5)
    assert summary.bleu is None
    assert summary.long_yaal_ms is None
    # All words of a result are committed when it is final. Each had a third of the 1.8 s from 0.5 s
    # on, or half of the 2.9 s.
    ends_s = [1.1, 1.7, 2.3]
    assert summary.median_lag_s == pytest.approx(2.4 - ends_s[1])


def test_a_commit_leaves_the_rest_of_a_hypothesis_tentative(tmp_path: Path) -> None:
    file = written(
        tmp_path / "kit.jsonl",
        {"t": 1.0, "text": "there have been many", "kind": "hypothesis"},
        {"t": 1.0, "text": "there have", "kind": "confirm"},
        {"t": 2.0, "text": "there have", "kind": "commit"},
        {"t": 3.0, "text": "been more<br><br>", "kind": "hypothesis"},
    )
    assert steps(read_recording(file)) == [
        (1.0, "", "there have been many"),
        (2.0, "there have", " been many"),
        (3.0, "", " been more"),
        # The recogniser has ended.
        (3.0, " been more", ""),
    ]


def watson(final: bool, *words: tuple[str, float, float]) -> dict[str, object]:
    text = " ".join(word for word, _, _ in words) + " "
    best = {"transcript": text, "timestamps": [list(word) for word in words]}
    return {"result_index": 0, "results": [{"final": final, "alternatives": [best]}]}


@pytest.mark.parametrize("as_array", [False, True])
def test_a_vendors_messages_come_when_the_media_time_they_reach_is_over(
    tmp_path: Path, as_array: bool
) -> None:
    first = watson(False, ("hello", 0.5, 1.0))
    second = watson(True, ("hello", 0.5, 1.0), ("sea", 1.0, 1.5))
    rows = [json.dumps([first, second], indent=1)] if as_array else [first, second]
    talk = read_recording(written(tmp_path / "w.json", *rows), "watson")
    assert steps(talk) == [(1.0, "", "hello"), (1.5, "hello sea", ""), (1.5, "", "")]
    # The recogniser has ended.
    assert talk.arrivals[-1].piece.end_of_segment


def test_messages_may_say_when_they_came(tmp_path: Path) -> None:
    first, second = watson(False, ("hello", 0.5, 1.0)), watson(True, ("hello", 0.5, 1.0))
    rows = [{"t": 2.5, "message": first}, {"ts": 3.5, "audio_ts": 1, "payload": second}]
    talk = read_recording(written(tmp_path / "w.jsonl", *rows), "watson")
    assert steps(talk) == [(2.5, "", "hello"), (3.5, "hello", ""), (3.5, "", "")]


@pytest.mark.parametrize(
    ("recogniser", "message", "at_s"),
    [
        ("elitr", "100 900 hello sea", 0.9),
        ("simulstreaming", {"start": 0.1, "end": 0.9, "text": " hello sea", "is_final": True}, 0.9),
        (
            "deepgram",
            {
                "type": "Results", "start": 0.5, "duration": 1.0, "is_final": True,
                "speech_final": True,
                "channel": {"alternatives": [{"transcript": "hello sea", "words": [
                    {"word": "hello", "start": 0.5, "end": 1.0},
                    {"word": "sea", "start": 1.0, "end": 1.5},
                ]}]},
            },
            1.5,
        ),
        (
            "aws-transcribe",
            {"Transcript": {"Results": [{
                "ResultId": "a", "StartTime": 0.1, "EndTime": 0.9, "IsPartial": False,
                "Alternatives": [{"Transcript": "hello sea"}],
            }]}},
            0.9,
        ),
        (
            "speechmatics",
            {
                "message": "AddTranscript",
                "metadata": {"start_time": 0.1, "end_time": 0.9, "transcript": "hello sea"},
                "results": [
                    {"type": "word", "start_time": 0.1, "end_time": 0.5,
                     "alternatives": [{"content": "hello"}]},
                    {"type": "word", "start_time": 0.5, "end_time": 0.9,
                     "alternatives": [{"content": "sea"}]},
                ],
            },
            0.9,
        ),
        (
            "whisper-live",
            {"segments": [{"start": "0.1", "end": "0.9", "text": "hello sea", "completed": True}]},
            0.9,
        ),
    ],
)  # fmt: skip
def test_every_recogniser_can_be_named(
    tmp_path: Path, recogniser: str, message: object, at_s: float
) -> None:
    talk = read_recording(written(tmp_path / "messages", message), recogniser)
    assert "".join(a.piece.committed for a in talk.arrivals) == "hello sea"
    assert talk.arrivals[0].at_s == pytest.approx(at_s)


@pytest.mark.parametrize(
    ("recogniser", "message"),
    [
        ("interim", ["hello sea", True]),
        ("interim", {"text": "hello sea", "is_final": True}),
        ("rolling", "hello sea"),
        ("rolling", {"t": 1.5, "message": "hello sea"}),
        ("elitr", {"t": 1.5, "message": "0 900 hello sea"}),
        ("vosk", {"text": "hello sea"}),
    ],
)
def test_messages_that_are_no_objects_are_read_too(
    tmp_path: Path, recogniser: str, message: object
) -> None:
    talk = read_recording(written(tmp_path / "messages", message), recogniser)
    assert "".join(a.piece.committed for a in talk.arrivals) == "hello sea"


def test_a_line_may_say_that_the_recogniser_was_connected_anew(tmp_path: Path) -> None:
    first, second = {"text": "hello", "is_final": True}, {"text": "sea", "is_final": True}
    rows = [first, {"t": 2.0, "restarted": True}, second]
    talk = read_recording(written(tmp_path / "messages", *rows), "interim")
    assert [a.piece.committed for a in talk.arrivals if a.piece.committed] == ["hello", " sea"]


# Any text is a caption.
@pytest.mark.parametrize("name", [name for name in RECOGNISERS if name != "rolling"])
def test_what_is_no_message_of_it_is_an_error_or_nothing(tmp_path: Path, name: str) -> None:
    for number, row in enumerate([{}, 7, {"results": [{}]}, {"segments": 3}, '"x"']):
        file = written(tmp_path / f"{number}", row)
        with pytest.raises(ConfigError):
            read_recording(file, name)


def test_what_is_no_message_names_file_and_line(tmp_path: Path) -> None:
    good = EVENTS[0]
    with pytest.raises(
        ConfigError, match=r"a\.jsonl:2: not a message of events \(KeyError: 'text'"
    ):
        read_recording(written(tmp_path / "a.jsonl", good, {"t": 1}))
    with pytest.raises(ConfigError, match=r"b\.jsonl:2: not JSON"):
        read_recording(written(tmp_path / "b.jsonl", good, "{"))
    with pytest.raises(ConfigError, match=r"c\.jsonl:1: not a message of elitr"):
        read_recording(written(tmp_path / "c.jsonl", "what is this"), "elitr")
    with pytest.raises(ConfigError, match="has no results of watson"):
        read_recording(written(tmp_path / "d.jsonl", {"state": "listening"}), "watson")
    assert not looks_like_events(written(tmp_path / "e.jsonl", {"src": "a", "ref": "b"}))
