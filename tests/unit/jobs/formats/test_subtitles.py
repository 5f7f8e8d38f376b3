"""SubRip and WebVTT: cues as texts, and the file with their translations."""

import re

import pysubs2
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.unit.jobs.formats.helpers import cells_of, untouched, written
from translator.jobs.cells import InputFileError, Kind
from translator.jobs.formats.subtitles import SubRip, WebVtt

pytestmark = pytest.mark.unit

SUBRIP, WEBVTT = SubRip(), WebVtt()

SRT = """1
00:00:01,000 --> 00:00:02,500
The kettle is on.

2
00:00:03,000 --> 00:00:05,000 X1:10 X2:20
<i>I never thought
that it would <b>boil</b></i>

3
00:00:05,100 --> 00:00:07,000
{\\an8}so quickly.

4
00:00:08,000 --> 00:00:09,000
- Do you take sugar?
- No, thank you.

5
00:00:10,000 --> 00:00:11,000
[door opens]
Who is there?
"""
VTT = """WEBVTT - Tea
Kind: captions

NOTE
This is a note, not a text.

STYLE
::cue { color: red }

first
00:01.000 --> 00:02.000 align:start position:10%
<v Anna>Fish &amp; chips <c.loud>today</c>?

00:00:03.000 --> 00:00:04.000
<00:00:03.100>One <00:00:03.500>two
"""


def upper(html: str) -> str:
    """Its text in capitals, and its tags as they are."""
    return re.sub(r"(<[^<>]*>|&\\w+;)|([^<&]+)", lambda m: m[1] or m[2].upper(), html)


def test_cues_are_texts() -> None:
    cells = cells_of(SUBRIP, SRT.encode())
    assert [cell.text for cell in cells] == [
        "The kettle is on.",
        '<span id="0">I never thought that it would <span id="1">boil</span></span>'
        ' <!--4--><img id="5">so quickly.',
        '<!--0-->Do you take sugar?<br id="1"><!--2-->No, thank you.',
        '[door opens]<br id="0">Who is there?',
    ]
    assert [cell.place.row for cell in cells] == [1, 2, 4, 5]
    assert [cell.kind for cell in cells] == [Kind.TEXT, Kind.HTML, Kind.HTML, Kind.HTML]


def test_all_but_the_texts_stays() -> None:
    result = written(SUBRIP, SRT.encode(), upper).decode()
    assert result == SRT.replace("The kettle is on", "THE KETTLE IS ON").replace(
        "I never thought\nthat it would <b>boil</b>", "I NEVER THOUGHT THAT IT WOULD <b>BOIL</b>"
    ).replace("so quickly", "SO QUICKLY").replace("Do you take sugar", "DO YOU TAKE SUGAR").replace(
        "No, thank you", "NO, THANK YOU"
    ).replace("door opens", "DOOR OPENS").replace("Who is there", "WHO IS THERE")
    result = written(WEBVTT, VTT.encode(), upper).decode()
    assert result == VTT.replace("Fish", "FISH").replace("chips", "CHIPS").replace(
        "today", "TODAY"
    ).replace("One", "ONE").replace("two", "TWO")


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252"]
)
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_any_encoding_and_newline(encoding: str, newline: str) -> None:
    text = SRT.replace("kettle", "café")
    data = text.replace("\n", newline).encode(encoding)
    if encoding == "cp1252":
        with pytest.raises(InputFileError, match=r"file, row 3: byte 0xE9 is not utf-8; name"):
            cells_of(SUBRIP, data)
        return
    assert untouched(SUBRIP, data) == data
    assert written(SUBRIP, data, lambda text: text) == data
    result = written(SUBRIP, data, upper)
    assert b"".join(result.decode(encoding).encode(encoding).split()) == b"".join(result.split())
    assert "CAFÉ" in result.decode(encoding)
    assert result.decode(encoding).count(newline) == text.count("\n") - 1


def test_another_reader_reads_the_same_times() -> None:
    for file, data in ((SUBRIP, SRT), (WEBVTT, VTT)):
        before = pysubs2.SSAFile.from_string(data, file.name)
        after = pysubs2.SSAFile.from_string(written(file, data.encode(), upper).decode(), file.name)
        assert [(e.start, e.end) for e in after] == [(e.start, e.end) for e in before]
        assert [e.plaintext.upper().split() for e in after] == [
            e.plaintext.upper().split() for e in before
        ]


def test_a_long_translation_is_broken_into_even_lines() -> None:
    data = b"1\n00:00:01,000 --> 00:00:02,000\nShort <i>words</i> here.\n"
    text = '{}<span id="0">{}</span>{}'.format(
        "Uma frase muito mais comprida, ", "que precisa", " de duas linhas para caber."
    )
    result = written(SUBRIP, data, lambda _: text).decode()
    assert result.split("\n")[2:] == [
        "Uma frase muito mais comprida,",
        "<i>que precisa</i> de duas linhas para caber.",
        "",
    ]


def test_a_sentence_is_cut_where_its_cues_are() -> None:
    data = SRT.encode()
    text = (
        '<span id="0">Eu nunca pensei <!--4-->que <span id="1">fervesse</span></span><img id="5">.'
    )
    pieces = [c for c in cells_of(SUBRIP, data) if c.text.startswith("<span")]
    assert pieces[0].encode(text).decode() == (
        "<i>Eu nunca pensei\n\n3\n00:00:05,100 --> 00:00:07,000\nque <b>fervesse</b></i>{\\an8}."
    )
    # No cue is left without text.
    text = (
        '<span id="0">Eu <span id="1">nunca</span> pensei que fervesse</span><!--4--><img id="5">'
    )
    result = pieces[0].encode(text).decode()
    assert "-->" in result
    assert "pensei que\n\n3" in result or "pensei\n\n3" in result or "nunca</b>\n\n3" in result


def test_spaces_at_the_end_of_a_line_part_nothing() -> None:
    data = b"1\n00:00:01,000 --> 00:00:02,000\nThe kettle  \n is on \n"
    [cell] = cells_of(SUBRIP, data)
    assert cell.text == "The kettle is on"
    assert written(SUBRIP, data, lambda text: text) == data


def test_a_code_that_is_lost_is_an_error() -> None:
    [_, cell, *_] = cells_of(SUBRIP, SRT.encode())
    with pytest.raises(ValueError, match="not all inline codes"):
        cell.encode("Nunca pensei")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"hello\n", "file, row 1: is no cue; needed are a number and a line with times"),
        (b"1\n00:00:01,000 --> \nhello\n", "file, row 1: has '00:00:01,000 -->' where times"),
        (SRT.encode() + b"\n6\n00:00:1", "file, row 6: has '00:00:1' where times"),
        (b"\xff\xfe1\x00\n", "file, row 1: byte 0x0A is not utf-16-le"),
        (b"1\n00:00:01,000 --> 00:00:02,000\n\xff\n", "file, row 3: byte 0xFF is not utf-8"),
    ],
)
def test_bad_files_are_told(data: bytes, message: str) -> None:
    with pytest.raises(InputFileError, match=re.escape(message)):
        cells_of(SUBRIP, data)


def test_a_file_that_is_no_vtt_is_told() -> None:
    with pytest.raises(InputFileError, match='does not begin with "WEBVTT"'):
        cells_of(WEBVTT, SRT.encode())


@pytest.mark.parametrize("data", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_empty(data: bytes) -> None:
    assert written(SUBRIP, data, upper) == data


def test_odd_files_are_read() -> None:
    no_empty_lines = SRT.replace("\n\n", "\n").encode()
    assert [c.place.row for c in cells_of(SUBRIP, no_empty_lines)] == [1, 2, 4, 5]
    empty_line = b"1\n00:00:01,000 --> 00:00:02,000\none\n\nmore\n\n2\n0:0:3.5 --> 0:0:4\n\nTwo\n"
    assert [c.text for c in cells_of(SUBRIP, empty_line)] == ["one", "more", "Two"]


SOUP = st.lists(
    st.sampled_from(
        [
            *["1\n", "00:00:01,000 --> 00:00:02,000\n", "00:01.0 --> 00:02.0 align:start\n", "\n"],
            *["<i>", "</i>", "<b>", "</b>", "{\\an8}", "<v Bob>", "<c.x>", "</c>", "<00:01.5>"],
            *["- ", "one ", "two", "É", "😀", ".", "♪ ", "[x]\n", "\r\n", "\r", "\n\n", "NOTE\n"],
            *["&amp;", "&", "<", ">", "-->", "  ", "\t", "\ufeff", "\0", "\u2028", "\x0b"],
        ]
    ),
    max_size=40,
).map(lambda parts: "WEBVTT\n\n1\n00:00:00,000 --> 00:00:01,000\na\n\n" + "".join(parts))


@given(SOUP)
@example(
    "WEBVTT\n\n1\n00:00.0 --> 00:01.0\na\n\n1\n<i>00:01.0 --> 00:02.0\n\u202800:01.0 --> 00:02.0<i>"
)
def test_what_is_not_translated_is_the_source(text: str) -> None:
    for file, data in ((WEBVTT, text.encode()), (SUBRIP, text[8:].encode())):
        try:
            assert untouched(file, data) == data
        except InputFileError:
            continue
        assert written(file, data, lambda text: text) == data
        times = re.findall(rb"(?m)^\d+:[\d:.,]+ --> .*", data)
        assert re.findall(rb"(?m)^\d+:[\d:.,]+ --> .*", written(file, data, upper)) == times


def test_a_long_cue_takes_linear_time() -> None:
    data = b"1\n00:00:01,000 --> 00:00:02,000\n" + b"some <i>words</i>\n" * 20_000
    assert written(SUBRIP, data, lambda text: text) == data
    assert len(written(SUBRIP, data, upper)) >= len(data) * 0.9
