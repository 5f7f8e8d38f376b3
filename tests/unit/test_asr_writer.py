"""What all recognisers share: spaces, segments, speakers, and what changes nothing."""

import dataclasses
import inspect
import subprocess
import sys

import pytest

from translator import asr
from translator.asr.piece import SourcePiece, Span
from translator.asr.text import clean, ends_sentence, same_word
from translator.asr.writer import PieceWriter
from translator.client import AsyncStream, Stream
from translator.session.events import SourceUpdate

pytestmark = pytest.mark.unit


def spans(text: str) -> list[Span]:
    return [Span(word) for word in text.split()]


def test_committed_texts_put_together_have_single_spaces() -> None:
    writer = PieceWriter()
    pieces = [
        *writer.write(spans("the red boats")),
        *writer.write([Span(",", attached=True), Span("three of them")]),
        *writer.write([Span("")]),
        *writer.write([Span("."), Span("left")]),
    ]
    assert [p.committed for p in pieces] == ["the red boats", ", three of them", " . left"]


def test_tentative_text_brings_its_space_along_and_replaces_the_former() -> None:
    writer = PieceWriter()
    assert writer.write((), spans("the red")) == [SourcePiece(tentative="the red")]
    assert writer.write(spans("the"), spans("read book")) == [SourcePiece("the", " read book")]
    assert writer.write((), [Span(",", attached=True)]) == [SourcePiece(tentative=",")]
    assert writer.write() == [SourcePiece()]


def test_what_changes_nothing_gives_nothing() -> None:
    writer = PieceWriter()
    assert writer.write() == []
    assert writer.write([Span("", ends_segment=True)]) == []
    writer.write([Span("one", ends_segment=True)], spans("two"))
    assert writer.write((), spans("two")) == []
    assert writer.write([Span("", ends_segment=True)], spans("two")) == []


def test_a_segment_may_end_after_its_text_has_come() -> None:
    writer = PieceWriter()
    writer.write(spans("one"), spans("two"))
    assert writer.write([Span("", ends_segment=True)], spans("two")) == [
        SourcePiece(tentative=" two", end_of_segment=True)
    ]


def test_each_segment_and_each_speaker_is_a_piece_and_the_last_has_what_is_tentative() -> None:
    writer = PieceWriter()
    committed = [
        Span("are we ready?", 0.0, 1.0, "A", ends_segment=True),
        Span("yes", 1.0, 1.5, "B"),
        Span("of course", 1.5, 2.0),
        Span("good", 2.0, 2.5, "A"),
    ]
    assert writer.write(committed, spans("so")) == [
        SourcePiece("are we ready?", "", True, 0.0, 1.0, "A"),
        SourcePiece(" yes of course", "", False, 1.0, 2.0, "B"),
        SourcePiece(" good", " so", False, 2.0, 2.5, "A"),
    ]


def test_scripts_without_spaces_get_none() -> None:
    writer = PieceWriter()
    pieces = writer.write([Span("船は"), Span("赤い"), Span("。", attached=True)], [Span("三隻")])
    assert pieces == [SourcePiece("船は赤い。", "三隻")]
    assert writer.write([Span("OK"), Span("です")])[0].committed == " OK です"


def test_finishing_commits_what_is_tentative_and_ends_the_segment() -> None:
    writer = PieceWriter()
    writer.write(spans("one"), spans("two three"))
    assert writer.finish() == [SourcePiece(" two three", end_of_segment=True)]
    assert writer.finish() == []


def test_the_tail_is_what_was_said_after_the_end_of_a_final_result() -> None:
    writer = PieceWriter()
    shown = [Span("thank", 0.0, 0.5), Span("you", 0.5, 1.0), Span("all", 1.0, 1.4)]
    writer.write((), shown)
    assert writer.tail([Span("thank", 0.0, 0.5)], 0.55) == shown[1:]
    assert writer.tail([Span("thank you all", 0.0, 1.4)], 1.4) == []


def test_there_is_no_tail_where_times_are_missing_or_say_what_cannot_be() -> None:
    writer = PieceWriter()
    writer.write((), spans("thank you"))
    assert writer.tail(spans("thank"), 0.5) == []
    writer.write((), [Span("thank you all very much", 0.0, 2.0)])
    assert writer.tail([Span("thank you", 0.0, 0.9)], 0.9) == []
    writer.write((), [Span("thank", 0.0, 0.5), Span("You,", 0.5, 1.0)])
    assert writer.tail([Span("thank"), Span("you"), Span(".", attached=True)], 0.5) == []


def test_text_is_cleaned_of_breaks_and_spaces() -> None:
    assert clean(" one <br><br>  two\n<BR/>") == "one two"
    assert clean("<br><br>") == ""


@pytest.mark.parametrize("text", ["It left.", "Did it?", "He said “no.”", "船。", "So (it did!) "])
def test_a_sentence_ends(text: str) -> None:
    assert ends_sentence(text)


@pytest.mark.parametrize("text", ["", "It left", "It left,", "3.5", "and then…, well"])
def test_a_sentence_goes_on(text: str) -> None:
    assert not ends_sentence(text)


def test_words_are_the_same_but_for_case_and_punctuation() -> None:
    assert same_word("Boats,", "boats")
    assert not same_word("boats", "boat")
    assert not same_word("?", "!")


def test_a_piece_is_what_client_and_session_take() -> None:
    fields = dataclasses.asdict(SourcePiece("a", " b", True, 0.0, 1.0, "A"))
    for send in (AsyncStream.send, Stream.send):
        inspect.signature(send).bind(None, **fields)
    assert dataclasses.asdict(SourceUpdate(1, **fields)) == {"sequence": 1, **fields}


def test_recognisers_need_nothing_but_the_standard_library() -> None:
    code = (
        "import sys, translator.asr; print(*sorted(m for m in sys.modules if m.split('.')[0] in "
        "{'torch', 'grpc', 'google', 'numpy', 'asyncio'} or m.startswith('translator.') "
        "and not m.startswith('translator.asr')))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert result.stdout.split() == []


def test_every_recogniser_is_exported_and_cites_its_documentation() -> None:
    kinds = [
        getattr(asr, name)
        for name in asr.__all__
        if name.endswith(("Results", "Sentences", "Captions")) and name != "Results"
    ]
    assert set(kinds) == set(asr.RECOGNISERS.values())
    for kind in kinds:
        assert issubclass(kind, asr.Results)
        assert "https://" in (kind.__doc__ or "") + (sys.modules[kind.__module__].__doc__ or "")
