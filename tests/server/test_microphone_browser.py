"""The speaker's microphone in a real browser, with a file of sound in its place."""

import asyncio
import math
import wave
from array import array
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import pytest_asyncio

from tests.server.browsers import Browser, browsing, executable, launched
from tests.server.gateways import ROOM, Gateway, gateway, models
from translator.captions.events import ORIGINAL
from translator.captions.hearing import Ears
from translator.captions.links import Role
from translator.captions.outlets import Recording, RoomSink
from translator.captions.sinks.sink import make_sink
from translator.speech.fake import FakeSpeech
from translator.testing import serve_in_process

pytestmark = [
    pytest.mark.server,
    pytest.mark.slow,
    pytest.mark.asyncio(loop_scope="session"),
]

ASKED = "--use-fake-ui-for-media-stream"
FAKE = "--use-fake-device-for-media-stream"
# The recogniser of the browser needs a server of its maker's.
NO_RECOGNISER = "delete window.SpeechRecognition; delete window.webkitSpeechRecognition;"
SHOWS = "text => document.querySelector('#lines').innerText.replace(/\\s+/g, ' ').includes(text)"


@pytest_asyncio.fixture(loop_scope="session")
async def captions() -> AsyncIterator[Gateway]:
    executable()
    with ThreadPoolExecutor(1) as pool:
        async with serve_in_process(models=models()) as server:
            async with gateway(server.address, ears=Ears(FakeSpeech(), pool)) as running:
                yield running


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    """Ten seconds that go up and down, so that no filter takes them for noise."""
    samples = array(
        "h",
        (
            round(12_000 * math.sin(i * (0.05 + 0.03 * math.sin(i / 9_000))) * (i // 4_000 % 4 > 0))
            for i in range(480_000)
        ),
    )
    with wave.open(str(tmp_path / "sound.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(48_000)
        file.writeframes(samples.tobytes())
    return tmp_path / "sound.wav"


def url(captions: Gateway, role: Role) -> str:
    return captions.links.url(ROOM, role).replace("#", "?language=en#")


async def notice(page: object, text: str) -> None:
    await page.wait_for_function(  # type: ignore[attr-defined]
        "text => document.querySelector('#notice').innerText.includes(text)", arg=text
    )


async def test_what_is_spoken_is_read(captions: Gateway, sound: Path) -> None:
    hears = f"--use-file-for-fake-audio-capture={sound}"
    async with launched(ASKED, FAKE, hears) as chromium, browsing(chromium) as browser:
        viewer = await browser.page(url(captions, Role.VIEW))
        speaker = await browser.page(url(captions, Role.SPEAK), script=NO_RECOGNISER)
        await speaker.wait_for_selector("#state[data-state=live]")
        assert "gateway" in await speaker.inner_text("#mic-says")
        await speaker.click("#mic")
        await viewer.wait_for_function(SHOWS, arg="One two three four.")
        assert await speaker.evaluate("document.querySelector('#level').value") > 0
        assert sum(each.connected for each in captions.room.facts().publishers) == 1
        # The connection breaks: it goes on where it was, and the words are there once.
        (feed,) = [feed for feed in captions.room._feeds.values() if feed.received]
        connection = captions.room._connections[feed.publisher_id]
        await connection._peer.close(1011, "")  # type: ignore[attr-defined]
        await viewer.wait_for_function(SHOWS, arg="three four. Five six seven eight.")
        await speaker.click("#mic")
        await viewer.wait_for_function("() => !document.querySelector('.draft:not(:empty)')")
        await speaker.wait_for_selector("#mic[aria-pressed=false]")
        async with asyncio.timeout(20):
            while captions.room.facts().num_segments == 0 or feed in captions.room._hearings:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        await speaker.fill("#text", "I type too.")
        await speaker.press("#text", "Enter")
        await viewer.wait_for_function(SHOWS, arg="I type too.")


def refuses(name: str) -> str:
    """A browser whose microphone cannot be had, for a reason as the standard names it."""
    refusal = f"Promise.reject(new DOMException('No.', '{name}'))"
    return f"MediaDevices.prototype.getUserMedia = () => {refusal};"


@pytest.mark.parametrize(
    ("script", "says"),
    [
        (refuses("NotAllowedError"), "does not let this page use the microphone"),
        (refuses("NotFoundError"), "There is no microphone"),
        (refuses("NotReadableError"), "Another program may be using it"),
        ("delete Navigator.prototype.mediaDevices;", "needs https"),
    ],
)
async def test_a_microphone_that_cannot_be_used_is_told(
    captions: Gateway, browser: Browser, script: str, says: str
) -> None:
    speaker = await browser.page(url(captions, Role.SPEAK), script=NO_RECOGNISER + script)
    await speaker.wait_for_selector("#state[data-state=live]")
    await speaker.wait_for_function("() => !document.querySelector('#mic').disabled")
    await speaker.click("#mic")
    await notice(speaker, says)
    assert await speaker.get_attribute("#mic", "aria-pressed") == "false"


async def test_a_language_that_nobody_recognises(captions: Gateway, browser: Browser) -> None:
    german = url(captions, Role.SPEAK).replace("=en", "=de")
    speaker = await browser.page(german, script=NO_RECOGNISER)
    await speaker.wait_for_function(
        "() => document.querySelector('#mic').disabled"
        " && document.querySelector('#mic-says').innerText.includes('in this language')"
    )


async def test_operators_see_destinations_and_all_see_that_it_is_recorded(
    captions: Gateway, browser: Browser, tmp_path: Path
) -> None:
    captions.room.add_outlet(RoomSink("pt", make_sink("webhook=http://127.0.0.1:9/", "pt")))
    captions.room.add_outlet(Recording(ORIGINAL, tmp_path / "talk.txt"))
    operator = await browser.page(url(captions, Role.OPERATE))
    viewer = await browser.page(url(captions, Role.VIEW))
    async with captions.speaker() as speaker:
        await speaker.say("Good morning. ")
        await operator.wait_for_function(
            "() => /Webhook Portuguese, 0 sent Tries again: .+ Recording Original, 1 sent Works/u"
            ".test(document.querySelector('#sinks').innerText.replace(/\\s+/g, ' '))"
        )
    assert "is recorded" in await operator.inner_text("#retention")
    await viewer.wait_for_function(
        "() => document.querySelector('#retention').textContent.includes('is recorded')"
    )
