"""A publisher's source when its stream fails."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.server.gateways import PUBLISHER, Gateway, gateway, models
from translator.captions.events import ORIGINAL
from translator.config import Limits, ServerConfig
from translator.errors import DecodingError
from translator.testing import serve_in_process

pytestmark = pytest.mark.server


@pytest.fixture
async def captions() -> AsyncIterator[Gateway]:
    async with serve_in_process(models=models()) as server:
        async with gateway(server.address) as running:
            yield running


async def test_of_the_original_nothing_is_lost_or_doubled(captions: Gateway) -> None:
    async with captions.viewer(ORIGINAL, "pt") as viewer, captions.speaker() as speaker:
        await speaker.say("One. ")
        await speaker.say("Two three ", ends=False)
        await viewer.until(lambda v: "Two" in v.texts.get((ORIGINAL, 2), ""))
        feed = captions.room._feeds[PUBLISHER]
        stream = feed._stream
        assert stream is not None
        # As an error of the server that no resume can mend.
        failed = DecodingError("the model's output cannot be used")
        stream._calls.failure = failed
        await stream._calls.drop()
        await speaker.say("four. ")
        await viewer.until(lambda v: v.text(ORIGINAL).replace("\n", " ") == "One. Two three four.")
        await viewer.until(lambda v: v.text("pt").endswith("FOUR."))


async def test_no_more_languages_than_a_stream_may_have() -> None:
    config = ServerConfig(port=0, limits=Limits(max_targets=2))
    async with serve_in_process(config, models()) as server:
        async with gateway(server.address) as captions:
            async with (
                captions.viewer("pt") as one,
                captions.viewer("pt") as two,
                captions.viewer("de"),
                captions.speaker() as speaker,
            ):
                await speaker.say("One. ")
                async with asyncio.timeout(10):
                    await one.until_text("ONE.")
                    await two.until_text("ONE.")
