"""How a stream's events are printed where there is no terminal."""

import json

import pytest

from translator.cli.display import JsonLines, PlainLines
from translator.client import Reconnecting, SessionWarning, Started, Update
from translator.client.events import Limits
from translator.errors import ConnectionLostError, InvalidRequestError

pytestmark = pytest.mark.unit

BROKEN = Reconnecting("localhost:50051", 1, ConnectionLostError("Connection refused"), 0.0)
AGAIN = Reconnecting("localhost:50051", 2, ConnectionLostError("Connection refused"), 0.2)
STARTED = Started("id", (), Limits(1, 1, 1, 1, 0.0), resumed=True)


def update(text: str, *, closed: bool) -> Update:
    return Update("pt", 0, 1, text, "", closed, text, 1, 0, 3, (), None, None, None)


def test_lines_tell_of_attempts_on_standard_error_once_for_each_reason(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with PlainLines(["pt"]) as display:
        for event in (update("Sim", closed=False), BROKEN, AGAIN, AGAIN, STARTED):
            display.show(event)
        display.show(update("Sim.", closed=True))
    out, err = capsys.readouterr()
    assert out == "Sim.\n"
    assert err.splitlines() == [
        "reconnecting to localhost:50051: Connection refused",
        "connected again",
    ]


def test_json_has_every_event_with_its_error(capsys: pytest.CaptureFixture[str]) -> None:
    warning = SessionWarning(InvalidRequestError("config.policy", "unknown"))
    with JsonLines() as display:
        for event in (STARTED, warning, BROKEN):
            display.show(event)
    started, warned, broken = map(json.loads, capsys.readouterr().out.splitlines())
    assert (started["event"], started["limits"]["max_targets"]) == ("started", 1)
    assert (warned["event"], warned["error"]["message"]) == ("warning", "config.policy: unknown")
    assert (broken["event"], broken["cause"]["reason"]) == ("reconnecting", "CONNECTION_LOST")
