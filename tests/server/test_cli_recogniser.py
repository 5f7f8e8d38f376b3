"""``translator stream --from-recogniser``: a vendor's messages, a line each, in processes."""

import json

import pytest

from tests.server.test_cli import run

pytestmark = pytest.mark.server

OPTIONS = ("--from", "xx", "--to", "yy", "--no-summary")


def lines(*messages: object) -> str:
    return "".join(json.dumps(message) + "\n" for message in messages)


def stream(address: str, name: str, stdin: str, *more: str) -> tuple[int, list[str], str]:
    done = run(
        "stream", "--from-recogniser", name, "--address", address, *OPTIONS, *more, stdin=stdin
    )
    return done.returncode, done.stdout.decode().splitlines(), done.stderr.decode()


def test_a_recognisers_messages_are_translated(address: str) -> None:
    said = lines(
        {"partial": "one"},
        {"t": 0.3, "message": {"partial": "one too"}},
        "",
        {"t": 0.5, "message": {"text": "one two."}},
        {"restarted": True, "offset_s": 4.0},
        {"partial": "three"},
    ).replace('""\n', "\n")
    code, texts, errors = stream(address, "vosk", said)
    assert (code, texts) == (0, ["ONE TWO.", "THREE~."]), errors
    assert stream(address, "vosk", said, "--real-pace")[:2] == (code, texts)


def test_what_was_not_taken_as_it_was_said_is_told_once(address: str) -> None:
    said = lines(*(["one two three" + " four" * n, True] for n in range(4)))
    code, texts, errors = stream(address, "interim", said)
    assert (code, texts) == (0, ["ONE TWO THREE FOUR FOUR FOUR~."])
    assert errors.count("FINAL_REPEATS_COMMITTED") == 1


def test_a_line_that_is_no_message_ends_it_after_what_was_said_before(address: str) -> None:
    code, texts, errors = stream(
        address, "vosk", '{"text": "one."}\n{"text": 7}\n{"text": "two"}\n'
    )
    assert (code, texts) == (1, ["ONE."])
    assert "line 2 is not a message of vosk" in errors
    assert "Traceback" not in errors
    assert "line 1 is not JSON" in stream(address, "azure", "one two\n")[2]


@pytest.mark.parametrize("name", ["help", "nobody"])
def test_the_names_are_listed(name: str) -> None:
    done = run("stream", "--from-recogniser", name)
    assert done.returncode == 2
    assert b"deepgram-flux" in done.stderr


def test_options_that_are_for_text_only() -> None:
    for more in ("--lines", "--words-per-second=2"):
        assert run("stream", "--from-recogniser", "vosk", more).returncode == 2
    assert b"--from-recogniser" in run("stream", "--real-pace").stderr
