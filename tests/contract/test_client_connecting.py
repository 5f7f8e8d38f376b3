"""The asyncio client, and servers that are not there or refuse."""

import itertools
import socket

import grpc
import pytest

from tests.contract.scripted_server import ScriptedCall, play, serve
from translator import errors
from translator.client import AsyncTranslatorClient, Connecting

pytestmark = pytest.mark.contract


async def test_errors_on_opening_are_raised_on_entering() -> None:
    async def refuse(call: ScriptedCall) -> None:
        await call.abort(
            grpc.StatusCode.NOT_FOUND, "LANGUAGE_PAIR_NOT_SUPPORTED", metadata={"pairs": "en-pt"}
        )

    async with serve(refuse) as server, AsyncTranslatorClient(server.address) as client:
        with pytest.raises(errors.LanguagePairNotSupportedError) as raised:
            async with client.stream(source="en", targets=["xx"]):
                pytest.fail("not reached")
        assert raised.value.metadata == {"pairs": "en-pt"}
        assert len(server.calls) == 1


async def test_a_full_server_refuses_a_fresh_start() -> None:
    async def full(call: ScriptedCall) -> None:
        await call.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "OVERLOADED", retry_after_s=0.01)

    async with serve(full) as server, AsyncTranslatorClient(server.address) as client:
        with pytest.raises(errors.OverloadedError) as raised:
            await client.stream(source="en", targets=["pt"]).__aenter__()
        assert raised.value.retry_after_s == 0.01
        assert len(server.calls) == 1


async def test_no_server_at_all_is_told_at_once_and_by_name() -> None:
    told: list[Connecting] = []
    async with AsyncTranslatorClient("127.0.0.1:1") as client:
        stream = client.stream(
            source="en", targets=["pt"], resume_timeout_s=0.5, on_connecting=told.append
        )
        with pytest.raises(
            errors.ConnectionLostError,
            match=r"^no stream to 127\.0\.0\.1:1 within 0\.5 s: .*Connection refused",
        ):
            await stream.__aenter__()
        with pytest.raises(
            errors.ConnectionLostError,
            match=r"^127\.0\.0\.1:1 could not be reached: .*Connection refused",
        ):
            await client.translate(["a"], "en", "pt")
    assert told[0] == Connecting("127.0.0.1:1", 1, None, 0.0)
    assert [event.attempt for event in told] == [*range(1, len(told) + 1)]
    assert len(told) > 1
    assert all("Connection refused" in str(event.cause) for event in told[1:])


async def test_connecting_by_itself_gives_up_soon() -> None:
    told: list[Connecting] = []
    async with AsyncTranslatorClient("127.0.0.1:1") as client:
        with pytest.raises(
            errors.ConnectionLostError,
            match=r"^127\.0\.0\.1:1 could not be reached within 0\.2 s: .*Connection refused",
        ):
            await client.connect(timeout_s=0.2, on_connecting=told.append)
    assert told[0] == Connecting("127.0.0.1:1", 1, None, 0.0)
    async with serve(play) as server, AsyncTranslatorClient(server.address) as client:
        await client.connect()


async def test_of_a_name_with_two_addresses_the_reason_is_told_that_says_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = itertools.chain(
        ["Connection refused", "it may want TLS"], itertools.repeat("Connection refused")
    )

    async def knock(_: AsyncTranslatorClient) -> errors.ConnectionLostError:
        return errors.ConnectionLostError(next(said))

    monkeypatch.setattr(AsyncTranslatorClient, "_knock", knock)
    monkeypatch.setattr("translator.client.aio.Backoff.next_s", lambda _: 0.01)
    async with AsyncTranslatorClient("localhost:1") as client:
        with pytest.raises(errors.ConnectionLostError, match=r"within 0\.2 s: it may want TLS$"):
            await client.connect(timeout_s=0.2)


async def test_a_connection_attempt_without_an_answer_is_given_up() -> None:
    # It listens, and nobody takes the connection.
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        async with AsyncTranslatorClient(address) as client:
            with pytest.raises(errors.ConnectionLostError, match=f"{address}.*no answer"):
                await client.connect(timeout_s=0.2)
            with pytest.raises(errors.ConnectionLostError, match=f"{address}.*no answer"):
                await client.stream(source="en", targets=["pt"], resume_timeout_s=0.2).__aenter__()
