"""The messages of captions."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.captions import requests, responses
from translator.captions.events import ORIGINAL
from translator.captions.room import Room
from translator.errors import InvalidRequestError
from translator.testing import FakeClock

pytestmark = pytest.mark.unit


def opening(**fields: Any) -> str:
    settings = {"languageCode": "en", "speaker": "Rosa"}
    return json.dumps(
        {"opening": {"publisherId": "publisher1", "settings": settings, "key": "k", **fields}}
    )


def test_an_opening() -> None:
    parsed = requests.parse_publish(opening(position="12", later="field"))
    settings = requests.Settings("en", "Rosa")
    assert parsed == requests.Opening("k", "", "publisher1", settings, 12)


def test_a_source() -> None:
    text = '{"source": {"committed": "Good ", "startOffset": "1.5s", "endOfSegment": true}}'
    assert requests.parse_publish(text) == requests.Source(0, "Good ", "", True, 1.5, None)


@pytest.mark.parametrize(
    "text",
    [
        opening(publisherId="short"),
        opening(publisherId="a:b:c:d:e"),
        opening(settings={}),
        opening(settings={"languageCode": "<img>"}),
        opening(settings={"languageCode": "en", "speaker": "x" * 81}),
        opening(position="-1"),
        '{"source": {"committed": 5}}',
        '{"source": {"committed": "' + "x" * 8193 + '"}}',
        "{}",
        "null",
        "\udc80",
    ],
)
def test_what_is_not_allowed(text: str) -> None:
    with pytest.raises(InvalidRequestError):
        requests.parse_publish(text)


@given(st.one_of(st.text(), st.binary()))
def test_whatever_comes_is_a_message_or_an_error_of_the_client(text: str | bytes) -> None:
    with pytest.raises(InvalidRequestError):
        requests.parse_publish(text)


def test_a_name_is_one_line() -> None:
    parsed = requests.parse_publish('{"settings": {"speaker": " Rosa\\n\\u2028 of  the harbour"}}')
    assert parsed == requests.Settings("", "Rosa of the harbour")


def test_an_event_is_one_line_whatever_is_said() -> None:
    room = Room("aaaa", clock=FakeClock(), wall_clock=FakeClock())
    encoder = responses.Encoder("aaaa")
    number = room.open("key:0", "en").segment_id
    piece = room.commit(ORIGINAL, number, "a\nid: 9\n\ndata: {}\r\r\u2028")
    assert piece is not None
    encoded = encoder.encode(piece)
    lines = encoded.sse.decode().split("\n")
    assert [line.partition(":")[0] for line in lines] == ["id", "data", "", ""]
    assert "\r" not in encoded.sse.decode()
    assert json.loads(lines[1][6:])["committed"]["text"].startswith("a\nid: 9")
    # Made once, for however many.
    assert encoder.encode(piece) is encoded
