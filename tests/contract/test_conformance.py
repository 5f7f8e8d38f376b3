"""The conformance scripts: the server's messages, the Python client, and what the checks find."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import grpc
import pytest

from clients.conformance.driver import Driver
from clients.conformance.expectations import disappointments
from clients.conformance.invariants import broken_invariants
from clients.conformance.journal import FailedError, Journal
from clients.conformance.library import play_library
from clients.conformance.messages import play_messages
from clients.conformance.outages import play_outage
from clients.conformance.runner import Result, Runner, check_messages
from clients.conformance.scripts import (
    Batch,
    Call,
    Outage,
    RoomCase,
    Script,
    load_batches,
    load_calls,
    load_outages,
    load_rooms,
    load_scripts,
)
from translator.testing import serve_in_process
from translator.v1.streaming_pb2 import TargetUpdate
from translator.v1.translate_pb2 import Alignment

pytestmark = pytest.mark.contract

SCRIPTS = load_scripts()
DRIVER = str(Path(__file__).parents[2] / "clients" / "python" / "conformance" / "driver.py")
# With the client for threads, which has nothing of its own but the threads.
FEW = {"words-one-by-one", "reconfigure", "silence", "acks", "unknown-pair", "media-times"}
FEW |= {"batch-items", "batch-cut", "batch-unknown-pair", "captions-cut", "publish-cut"}
FEW |= {"room-created", "room-refused", "room-status", "sink-switched"}


async def results_of(
    *command: str,
    only: set[str] | None = None,
    timeout_s: float = 10.0,
    answer_timeout_s: float = 30.0,
    is_quick: bool = False,
) -> Sequence[Result]:
    """What comes of all files, or of some, with a driver."""
    results: list[Result] = []
    files: list[Script | Batch | Call | Outage | RoomCase] = [
        *SCRIPTS,
        *load_batches(),
        *load_calls(),
        *load_rooms(),
        *load_outages(),
    ]
    async with serve_in_process() as server:
        runner = Runner(
            command, server.address, results.append, timeout_s, answer_timeout_s, is_quick=is_quick
        )
        await runner.run([one for one in files if only is None or one.name in only])
    return results


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
async def test_the_server_passes(script: Script) -> None:
    async with serve_in_process() as server:
        result = await check_messages(script, server.address, 10.0)
    assert result.problems == []


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("is_quick", "least"), [(True, 100), pytest.param(False, 140, marks=pytest.mark.thorough)]
)
async def test_the_python_client_passes(is_quick: bool, least: int) -> None:
    results = await results_of(sys.executable, DRIVER, is_quick=is_quick)
    assert [result for result in results if result.problems] == []
    assert len(results) > least
    cuts = {result.how for result in results if "cut after" in result.how}
    assert len(cuts) == 3


async def test_the_python_client_for_threads_passes() -> None:
    results = await results_of(sys.executable, DRIVER, "--threads", only=FEW)
    assert [result for result in results if result.problems] == []
    assert len(results) > 15


def test_every_script_says_what_it_is_for_and_how_it_ends() -> None:
    assert len(SCRIPTS) > 50
    for script in SCRIPTS:
        assert script.description.endswith("."), script.name
        assert script.steps, script.name
        assert script.expect["status"]["code"], script.name


# What the checks are worth. First, clients with one fault each, and what is said of it.

BROKEN = """
import dataclasses, runpy, sys
from translator.client import (
    backoff, convert, resuming, session, source_log, status, stream, target, targets
)

def change(owner, name, how):
    original = getattr(owner, name)
    setattr(owner, name, lambda *arguments: how(original, *arguments))

def edit(message, **fields):
    for name, value in fields.items():
        setattr(message, name, value)
    return message

async def twice(original, self):
    kept, self.kept = getattr(self, "kept", None), None
    event = kept or await original(self)
    self.kept = event if kept is None and hasattr(event, "draft") else None
    return event

{fault}
sys.argv = ["driver.py"]
runpy.run_path({driver!r}, run_name="__main__")
"""
SESSION, STREAM = "session.ClientSession", "stream.AsyncStream"
TARGET = "target.TargetProgress"
OUTAGE = -1


@pytest.mark.parametrize(
    ("fault", "name", "cut_after", "said"),
    [
        pytest.param(
            f"change({SESSION}, 'transcript', lambda f, *a: f(*a)[1:])",
            "words-one-by-one",
            0,
            "state of yy, transcript: expected 'HELLO BIG WORLD.', got 'ELLO BIG WORLD.'",
            id="a letter of the transcript is lost",
        ),
        pytest.param(
            f"change({SESSION}, 'draft', lambda f, *a: '')",
            "tentative-taken-back",
            0,
            "state of yy, draft: expected 'GOODBYE~', got ''",
            id="no draft",
        ),
        pytest.param(
            "change(convert, 'update', lambda f, message, segment:"
            " f(message, dataclasses.replace(segment, text=segment.text + '!')))",
            "words-one-by-one",
            0,
            "expected the text 'HELLO BIG WORLD.', got 'HELLO BIG WORLD.!'",
            id="a wrong text",
        ),
        pytest.param(
            f"change({STREAM}, '__anext__', twice)",
            "words-one-by-one",
            0,
            "segments: yy: expected ['HELLO BIG WORLD.'], got ['HELLO BIG WORLD.HELLO",
            id="an update is told twice",
        ),
        pytest.param(
            "change(source_log.SourceLog, 'replay', lambda f, log, at: f(log, at + 1))",
            "silence",
            1,
            "source sent on the last connection: expected 'H",
            id="source is sent again from too far on",
        ),
        pytest.param(
            f"change({TARGET}, 'resumed', lambda f, *a: edit(f(*a), revision=0))",
            "words-one-by-one",
            1,
            "resume of yy, revision: expected 1, got 0",
            id="a wrong revision to resume from",
        ),
        pytest.param(
            f"change({TARGET}, 'resumed', lambda f, *a: edit(f(*a), target_committed='HE'))",
            "words-one-by-one",
            # Under load there may be no third update to be cut off from.
            1,
            "resume of yy, target_committed: expected '",
            id="a wrong text to resume from",
        ),
        pytest.param(
            "targets.Targets.void_drafts = lambda self: None",
            "tentative-taken-back",
            1,
            "state of yy, draft: expected '', got",
            id="drafts stay after a resume",
        ),
        pytest.param(
            "resuming.is_lost = lambda error: False",
            "words-one-by-one",
            1,
            "status: expected OK, got UNAVAILABLE",
            id="no resume",
        ),
        pytest.param(
            f"change({SESSION}, 'acknowledge', lambda f, *a: None)",
            "acks",
            0,
            "1 s have passed; these messages have come: ",
            id="no acks",
        ),
        pytest.param(
            f"change({SESSION}, '_warn', lambda f, *a: f(*a) and None)",
            "reconfigure-invalid",
            0,
            "1 s have passed; these messages have come: ",
            id="no warnings",
        ),
        pytest.param(
            "change(convert, 'config_message', lambda f, c: edit(f(c), disable_drafts=False))",
            "drafts-disabled",
            0,
            "request 1: expected at least",
            id="an option is lost",
        ),
        pytest.param(
            "change(convert, 'duration', lambda f, s: f(s and s / 1000))",
            "media-times",
            0,
            "mediaTimes: yy: expected",
            id="seconds for milliseconds",
        ),
        pytest.param(
            "change(status, 'error_from_status', lambda f, m: edit(f(m), reason='X'))",
            "unknown-pair",
            0,
            "status: expected the reason LANGUAGE_PAIR_NOT_SUPPORTED, got X",
            id="another reason",
        ),
        pytest.param(
            "change(backoff.Backoff, 'next_s', lambda f, *a: 0.0 * f(*a))",
            "retry-spread",
            OUTAGE,
            "stream 6: expected after 1s, got after 0.",
            id="no pauses",
        ),
        pytest.param(
            "session._MAX_SILENT_HEARTBEATS = 1e9",
            "silence",
            OUTAGE,
            "6 s have passed; the stream has not ended",
            id="silence is not noticed",
        ),
    ],
)
async def test_a_fault_in_a_client_is_found(
    fault: str, name: str, cut_after: int, said: str
) -> None:
    # What never comes need not be waited for as long.
    timeout_s = 1.0 if "s have passed" in said else 10.0
    command = (sys.executable, "-c", BROKEN.format(fault=fault, driver=DRIVER))
    outages = {outage.name: outage for outage in load_outages()}
    async with serve_in_process() as server, Driver(command, timeout_s=30.0) as driver:
        try:
            if cut_after == OUTAGE:
                problems = await play_outage(driver, outages[name], timeout_s)
            else:
                [script] = [script for script in SCRIPTS if script.name == name]
                address = server.address
                problems = await play_library(driver, script, address, timeout_s, cut_after)
        except FailedError as error:
            problems = [str(error)]
    assert any(said in problem for problem in problems), "\n".join(problems)


# Then drivers that do not keep to the protocol. Each is a loop over its commands.

LOOP = """
import json, sys, time
print("a word to whoever reads", file=sys.stderr, flush=True)
for line in sys.stdin:
    command = json.loads(line)
    answer = {"id": command["id"], "answer": command["command"]}
    """


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("sys.exit(3)", "the driver ended with exit status 3"),
        ("sys.exit(0)", "the driver ended with exit status 0"),
        ("print('Hello.', flush=True)", "the driver printed 'Hello.': this is not JSON"),
        ("print('[1]', flush=True)", "the driver printed '[1]': this is not an object with an id"),
        ("time.sleep(60)", "the driver has not answered the command 'open' for 3 s"),
        (
            "print(json.dumps(answer | {'id': '7'}), flush=True)",
            "this is no event, and answers no command",
        ),
        (
            "print(json.dumps(answer | {'answer': 'flush'}), flush=True)",
            "to the command 'open'",
        ),
        (
            "print(json.dumps(answer | {'event': 'begun'}), flush=True)",
            "there is no event 'begun'",
        ),
        (
            "print(json.dumps({'id': '1', 'event': 'heartbeat', 'pulse': 60}), flush=True)",
            'has no field named "pulse"',
        ),
    ],
)
async def test_a_driver_that_breaks_the_protocol_is_given_up(body: str, said: str) -> None:
    answer_timeout_s = 3.0 if "sleep" in body else 30.0
    results = await results_of(
        *(sys.executable, "-c", LOOP + body),
        only={"words-one-by-one"},
        answer_timeout_s=answer_timeout_s,
    )
    assert 3 <= len(results) <= 4
    for result in results:
        assert said in result.problems[0]
        assert result.problems[0].startswith("step 1, ")
    assert "its standard error is:\na word to whoever reads" in results[0].problems[0]


async def test_a_command_that_the_driver_does_not_know_is_named() -> None:
    body = "print(json.dumps({'id': command['id'], 'unknown': command['command']}), flush=True)"
    results = await results_of(sys.executable, "-c", LOOP + body, only={"unknown-pair"})
    [problem] = results[0].problems
    assert problem.endswith(": the driver does not know the command 'open'")


async def test_a_driver_that_is_not_there_is_a_failure() -> None:
    results = await results_of("/no/such/driver", only={"unknown-pair"})
    assert "the driver cannot be started" in results[0].problems[0]


async def test_a_driver_has_to_end_with_its_input() -> None:
    body = f"import runpy, sys, time; runpy.run_path({DRIVER!r}); time.sleep(60)"
    results = await results_of(
        *(sys.executable, "-c", body), only={"unknown-pair"}, answer_timeout_s=5.0
    )
    assert [result.problems for result in results] == [
        [],
        ["the driver did not end when its input ended"],
    ]


# Then a right stream with one fault in it.


@pytest.fixture
async def journal() -> Journal:
    [script] = [script for script in load_scripts() if script.name == "words-one-by-one"]
    async with serve_in_process() as server:
        return await play_messages(script, server.address, 10.0)


@pytest.mark.parametrize(
    "fault",
    [
        TargetUpdate(target_language_code="qq"),
        TargetUpdate(segment_id=1),
        TargetUpdate(revision=9),
        TargetUpdate(committed="X"),
        TargetUpdate(draft="X"),
        TargetUpdate(segment_source_start=1),
        TargetUpdate(source_sequence=4),
        TargetUpdate(source_committed_length=17),
        TargetUpdate(alignments=[Alignment(source_end=1, target_end=1)]),
    ],
    ids=str,
)
def test_a_fault_in_an_update_is_found(journal: Journal, fault: TargetUpdate) -> None:
    closing = journal.messages("target")[-1]
    closing.MergeFrom(fault)
    assert broken_invariants(journal) != []


def test_a_missing_message_is_found(journal: Journal) -> None:
    assert broken_invariants(journal) == []
    for response in (journal.received[0], journal.received[-1]):
        entries = [entry for entry in journal.entries if entry is not response]
        assert broken_invariants(Journal(entries, journal.code, journal.status)) != []


def test_more_updates_than_may_be_unacked_are_found(journal: Journal) -> None:
    journal.sent[0].config.max_unacked_updates = 1
    journal.entries.remove(None)
    journal.messages("target")[-1].revision = 9
    assert any("only 0 is acked" in problem for problem in broken_invariants(journal))


def test_an_error_without_a_reason_is_found() -> None:
    journal = Journal(code=grpc.StatusCode.INTERNAL)
    assert broken_invariants(journal) == ["StatusCode.INTERNAL without ErrorInfo"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("status", {"code": "NOT_FOUND"}),
        ("status", {"code": "OK", "reason": "INTERNAL"}),
        ("status", {"code": "OK", "mentions": ["xx-yy"]}),
        ("status", {"code": "OK", "violates": "source"}),
        ("kinds", ["started", "report"]),
        ("started", [{"targets": [{"targetLanguageCode": "zz"}]}]),
        ("warnings", [{"reason": "CONFIG_IGNORED_INVALID_REQUEST"}]),
        ("segments", {"yy": ["HELLO BIG", "WORLD."]}),
        ("sources", {"yy": ["Hello big"]}),
        ("updates", {"yy": 0}),
        ("alignments", "some"),
        ("mediaTimes", {"yy": [{"startOffset": "0s", "endOffset": "1s"}]}),
        ("report", {"sourceWords": 4}),
        ("report", {"targets": []}),
    ],
)
def test_what_is_not_as_expected_is_found(journal: Journal, name: str, expected: Any) -> None:
    assert len(disappointments({name: expected}, journal)) == 1
