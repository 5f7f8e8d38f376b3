"""The conformance scripts against the real server: its messages, and the Python client."""

from typing import Any

import pytest

from tests.contract.conformance import Journal, Script, load_scripts, play
from tests.contract.conformance_client import play_with_client
from tests.contract.conformance_expectations import disappointments
from tests.contract.conformance_invariants import broken_invariants
from tests.contract.conformance_outages import Outage, load_outages, play_outage
from tests.contract.cutting_proxy import Proxy
from translator.testing import serve_in_process
from translator.v1.streaming_pb2 import TargetUpdate
from translator.v1.translate_pb2 import Alignment

pytestmark = pytest.mark.contract

ALL = [pytest.param(script, id=script.name) for script in load_scripts()]
LIBRARY = [pytest.param(script, id=script.name) for script in load_scripts() if script.library]


def transcripts_of(script: Script) -> dict[str, str]:
    return {target: "\n".join(texts) for target, texts in script.expect["segments"].items()}


@pytest.mark.parametrize("script", ALL)
async def test_the_server_passes(script: Script) -> None:
    async with serve_in_process() as server:
        journal = await play(script, server.address)
    assert broken_invariants(journal) == []
    assert disappointments(script.expect, journal) == []


@pytest.mark.parametrize("script", LIBRARY)
async def test_the_python_client_passes(script: Script) -> None:
    async with serve_in_process() as server:
        transcripts = await play_with_client(script, server.address)
    assert transcripts == transcripts_of(script)


@pytest.mark.parametrize("cut_after", [1, 2, 3])
@pytest.mark.parametrize("script", LIBRARY)
async def test_the_python_client_passes_over_a_cut_connection(
    script: Script, cut_after: int
) -> None:
    proxy = Proxy()

    def cut(num_updates: int) -> None:
        if num_updates == cut_after:
            proxy.cut()

    async with serve_in_process() as server:
        port = int(server.address.rpartition(":")[2])
        async with proxy.listening(port) as address:
            transcripts = await play_with_client(script, address, cut)
    assert transcripts == transcripts_of(script)


@pytest.mark.parametrize("outage", load_outages(), ids=lambda outage: outage.name)
async def test_the_python_client_gets_over_an_outage(outage: Outage) -> None:
    assert await play_outage(outage) == []


# What the checks above are worth: a right stream, and then one fault in it.


@pytest.fixture
async def journal() -> Journal:
    [script] = [script for script in load_scripts() if script.name == "words-one-by-one"]
    async with serve_in_process() as server:
        return await play(script, server.address)


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
