"""The client for threads: the same behaviour through blocking calls."""

import threading

import grpc
import pytest

from tests.contract.scripted_server import ScriptedCall, ServerThread, upper
from translator import errors
from translator.client import Report, Started, Stream, TranslatorClient, Update

pytestmark = pytest.mark.contract

WORDS = ["Hello ", "there.", " How ", "are ", "you?"]


def test_a_stream_from_start_to_report() -> None:
    with ServerThread(upper()) as server, TranslatorClient(server.address) as client:
        with client.stream(source="en", targets=["pt"]) as stream:
            assert stream.session_id == "session-1"
            stream.send("Hello ", tentative="there")
            stream.flush()
            stream.close_source()
            events = list(stream)
        assert isinstance(events[0], Started)
        assert isinstance(events[-1], Report)
        assert stream.transcript("pt") == "HELLO "
        assert stream.draft("pt") == ""
        assert list(stream.config.targets) == ["pt"]


def test_sending_from_another_thread_while_the_stream_breaks() -> None:
    scripts = [upper(break_after=3), upper(break_after=3), upper()]
    with ServerThread(*scripts) as server, TranslatorClient(server.address) as client:
        with client.stream(source="en", targets=["pt"]) as stream:

            def talk() -> None:
                for word in WORDS:
                    stream.send(word)
                stream.close_source()

            talking = threading.Thread(target=talk)
            talking.start()
            shown = "".join(event.committed for event in stream if isinstance(event, Update))
            talking.join()
        assert shown == "".join(WORDS).upper()
        assert stream.transcript("pt", "") == shown
        assert len(server.calls) == 3


def test_closing_ends_an_iteration_in_another_thread() -> None:
    with ServerThread(upper()) as server, TranslatorClient(server.address) as client:
        events = []
        first = threading.Event()

        def read(stream: Stream) -> None:
            for event in stream:
                events.append(event)
                first.set()

        with client.stream(source="en", targets=["pt"]) as stream:
            reading = threading.Thread(target=read, args=[stream])
            reading.start()
            assert first.wait(10)
        reading.join(10)
        assert not reading.is_alive()
        assert len(events) == 1


def test_errors_are_the_same() -> None:
    async def refuse(call: ScriptedCall) -> None:
        await call.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "OVERLOADED", retry_after_s=3)

    with ServerThread(refuse) as server, TranslatorClient(server.address) as client:
        with pytest.raises(errors.OverloadedError) as raised:
            client.stream(source="en", targets=["pt"]).__enter__()
        assert raised.value.retry_after_s == 3


def test_unary_calls() -> None:
    with ServerThread(upper()) as server, TranslatorClient(server.address) as client:
        assert client.translate([], "en", "pt") == []
        assert [model.name for model in client.list_models().models] == ["model-0", "model-1"]


def test_its_thread_ends_with_it() -> None:
    names = [thread.name for thread in threading.enumerate()]
    with TranslatorClient("127.0.0.1:1") as client:
        assert len(threading.enumerate()) > len(names)
    assert "translator-client" not in [thread.name for thread in threading.enumerate()]
    client.close()
    with pytest.raises(RuntimeError, match="with"):
        client.list_models()
