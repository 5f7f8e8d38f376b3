"""Lines of the log, as text and as JSON."""

import json
import logging
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from translator.errors import ConfigError
from translator.log import log_event, set_up_log

pytestmark = pytest.mark.unit

CODE = """
import logging
from translator.log import TRACE_ID, log_event, set_up_log

set_up_log({level!r}, {form!r})
log = logging.getLogger("translator.here")
log_event(log, "call ended", code="OK", texts=2, duration_s=0.5, target="a\\nb")
log.warning("the disk is %d %% full", 93)
try:
    1 / 0
except ZeroDivisionError:
    log.exception("it broke")
TRACE_ID.set("0af7651916cd43dd8448eb211c80319c")
log_event(log, "call ended", code="OK")
"""


def logged(level: str, form: str) -> list[str]:
    code = CODE.format(level=level, form=form)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == ""
    return done.stderr.splitlines()


def test_a_line_of_json_is_an_object_with_the_fields_under_their_names() -> None:
    lines = [json.loads(line) for line in logged("info", "json")]
    assert all(line.pop("time").endswith("+00:00") for line in lines)
    ended, full, broke, in_trace = lines
    assert ended == {
        "level": "info", "logger": "translator.here", "event": "call ended",
        "code": "OK", "texts": 2, "duration_s": 0.5, "target": "a\nb",
    }  # fmt: skip
    assert full == {
        "level": "warning", "logger": "translator.here", "message": "the disk is 93 % full",
    }  # fmt: skip
    assert broke["exception"].endswith("ZeroDivisionError: division by zero")
    assert in_trace == {
        "level": "info", "logger": "translator.here", "event": "call ended", "code": "OK",
        "trace_id": "0af7651916cd43dd8448eb211c80319c",
    }  # fmt: skip


def test_a_line_of_text_has_them_as_name_and_value_and_is_one_line() -> None:
    ended, full, *_ = logged("info", "text")
    assert ended.endswith(
        r"INFO translator.here call ended code=OK texts=2 duration_s=0.5 target=a\nb"
    )
    assert full.endswith("WARNING translator.here the disk is 93 % full")


def test_below_the_level_nothing_is_logged() -> None:
    assert [json.loads(line)["level"] for line in logged("error", "json")] == ["error"]


def test_a_library_s_user_sees_events_through_handlers_of_their_own(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "translator.mine")
    log_event(logging.getLogger("translator.mine"), "it went well", words=3)
    assert [record.getMessage() for record in caplog.records] == ["it went well words=3"]


NAUGHTY = "a\nb\r\x1b[2J\x7f\x85\x9b31m\u2028\u202ec"
HOSTILE = """
import logging
from pathlib import Path
from translator.log import log_event, set_up_log

set_up_log("info", {form!r}, Path({audit!r}))
log_event(logging.getLogger("translator.here"), "call ended", peer={text!r})
log_event(logging.getLogger("translator.audit"), "stream", peer={text!r})
logging.getLogger("translator.here").warning("it says %s", {text!r})
"""


@pytest.mark.parametrize("form", ["text", "json"])
def test_what_a_client_chose_ends_no_line_and_moves_no_cursor(form: str, tmp_path: Path) -> None:
    audit = tmp_path / "audit.jsonl"
    code = HOSTILE.format(form=form, audit=str(audit), text=NAUGHTY)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    for output, number in ((done.stderr, 2), (audit.read_text(), 1)):
        controls = [c for c in output if unicodedata.category(c) in {"Cc", "Cf", "Zl"}]
        assert controls == ["\n"] * number
    [line] = audit.read_text().splitlines()
    assert json.loads(line)["peer"] == NAUGHTY


def test_an_audit_log_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"audit_log: .*nowhere.* cannot be written"):
        set_up_log("info", "text", tmp_path / "nowhere" / "audit.jsonl")
