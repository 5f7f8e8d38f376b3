"""What ``translator stream`` makes of the text that it reads."""

import asyncio
import io
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.cli.connect import ServerChoice
from translator.cli.source import Piece, as_it_comes, by_lines, paced, pieces

pytestmark = pytest.mark.unit


async def texts(*given: str) -> AsyncIterator[str]:
    for text in given:
        yield text


async def listed(given: AsyncIterator[Piece]) -> list[tuple[str, bool]]:
    return [(piece.text, piece.ends_segment) async for piece in given]


@pytest.mark.parametrize(
    ("read", "lines"),
    [
        (["one\ntwo"], ["one\n", "two"]),
        (["one\r\ntwo\r\n"], ["one\n", "two\n"]),
        (["on", "e\r", "\ntw", "o\n"], ["one\n", "two\n"]),
        (["\n\n one \r\n\r\n\n"], [" one \n"]),
        (["\r", "\n"], []),
        (["one\rtwo\n"], ["one\rtwo\n"]),
        ([], []),
    ],
)
async def test_a_line_ends_a_segment_whatever_its_end(read: list[str], lines: list[str]) -> None:
    assert await listed(by_lines(texts(*read))) == [(line, True) for line in lines]


async def test_a_line_that_does_not_end_is_sent_in_parts() -> None:
    found = await listed(by_lines(texts("a" * 9000, "b\n")))
    assert "".join(text for text, _ in found) == "a" * 9000 + "b\n"
    assert [ends for _, ends in found] == [False] * (len(found) - 1) + [True]


async def test_words_are_paced_and_the_last_one_ends_the_line() -> None:
    found = await listed(paced(by_lines(texts("one two\nthr", "ee\n")), 1e6))
    assert found == [("one", False), (" two\n", True), ("three\n", True)]


async def test_a_line_before_a_silence_is_a_segment() -> None:
    async def typed() -> AsyncIterator[str]:
        for text, rest_s in (("one\n", 0.1), ("two\n", 0.0), ("three ", 0.1), ("four\n", 0.0)):
            yield text
            await asyncio.sleep(rest_s)

    said = [("one\n", False), ("", True), ("two\n", False), ("three ", False), ("four\n", False)]
    assert await listed(pieces(typed(), 0.05)) == said
    assert ("", True) not in await listed(pieces(typed()))


async def test_a_word_is_not_cut_where_reading_paused() -> None:
    found = await listed(paced(pieces(texts("one tw", "o three")), 1e6))
    assert [text for text, _ in found] == ["one", " two", " three"]


@given(st.lists(st.text("ab \n\r", max_size=8), max_size=6))
async def test_lines_are_those_of_the_whole_text(read: list[str]) -> None:
    found = await listed(by_lines(texts(*read)))
    whole = "".join(read).split("\n")
    lines = [line.removesuffix("\r") for line in whole]
    assert [text.removesuffix("\n") for text, _ in found] == [line for line in lines if line]


async def test_bytes_that_are_not_utf_8_do_not_end_it() -> None:
    read = [text async for text in as_it_comes(io.BytesIO(b"caf\xe9 ol\xc3\xa1 \xc3"))]
    assert "".join(read) == "caf\ufffd olá \ufffd"


def test_a_server_inside_may_take_long_to_answer_first() -> None:
    """It may have kernels to compile, which took more than a minute on a busy machine."""
    assert ServerChoice().patience_s >= 30 * 60
    assert ServerChoice("localhost:50051").patience_s == 60
