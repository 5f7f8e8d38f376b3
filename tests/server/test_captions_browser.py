"""The pages of the gateway in a real browser."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.server.browsers import Browser, check_accessible, executable
from tests.server.gateways import ROOM, Gateway, gateway, models
from tests.server.processes import CLEAN
from translator.captions.audience import RoomLimits
from translator.captions.events import ORIGINAL
from translator.captions.links import Links, Role
from translator.captions.outlets import RoomSink
from translator.captions.sinks.sink import make_sink
from translator.languages.pair import LanguagePair
from translator.models.fake import FakeModel
from translator.testing import serve_in_process

pytestmark = [
    pytest.mark.server,
    pytest.mark.slow,
    pytest.mark.asyncio(loop_scope="session"),
]


@pytest_asyncio.fixture(loop_scope="session")
async def captions() -> AsyncIterator[Gateway]:
    executable()
    async with serve_in_process(models=models()) as server:
        # Who asks every two seconds reads all the time.
        async with gateway(server.address, limits=RoomLimits(linger_s=5.0)) as running:
            yield running


def url(captions: Gateway, role: Role = Role.VIEW, page: str = "", **query: str) -> str:
    link, _, key = captions.links.url(ROOM, role).partition("#")
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    return f"{link}{page}?{asked}#{key}"


async def shows(page: Any, text: str, box: str = "#lines") -> None:
    """Wait until a page shows a text, whatever white space is in it."""
    pattern = r"^\s*" + r"\s+".join(map(re.escape, text.split())) + r"\s*$"
    await page.wait_for_function(
        "([box, pattern]) => new RegExp(pattern, 'u').test(document.querySelector(box).innerText)",
        arg=[box, pattern],
    )


async def types(speaker: Any, text: str) -> None:
    await speaker.fill("#text", text)
    await speaker.press("#text", "Enter")


async def test_a_meeting(captions: Gateway, browser: Browser) -> None:
    speaker = await browser.page(url(captions, Role.SPEAK))
    portuguese = await browser.page(url(captions, language="pt"), color_scheme="dark")
    german = await browser.page(url(captions, language="de", original="1"))
    await speaker.wait_for_selector("#state[data-state=live]")
    await speaker.fill("#name", "Rosa")
    await speaker.dispatch_event("#name", "change")
    await types(speaker, "Good morning.")
    await shows(portuguese, "Rosa GOOD MORNING.")
    await shows(german, "Rosa GOOD MORNING. Good morning.")
    # A draft, then what it becomes.
    await speaker.type("#text", "We begin")
    await portuguese.wait_for_function("() => document.querySelector('.draft:not(:empty)')")
    await speaker.type("#text", " now. ")
    await shows(portuguese, "Rosa GOOD MORNING. WE BEGIN NOW.")
    # Who comes late reads all of it, and in another language after a change of mind.
    late = await browser.page(url(captions))
    await shows(late, "Rosa Good morning. We begin now.")
    await late.select_option("#language", "de")
    await shows(late, "Rosa GOOD MORNING. WE BEGIN NOW.")
    assert await late.get_attribute("#lines .text", "lang") == "de"
    operator = await browser.page(url(captions, Role.OPERATE))
    await operator.wait_for_function(
        "() => document.querySelector('#publishers').innerText.includes('Rosa')"
    )
    assert "Portuguese" in await operator.inner_text("#languages")


async def test_settings_survive_a_reload(captions: Gateway, browser: Browser) -> None:
    page = await browser.page(url(captions))
    await page.wait_for_selector("#state[data-state=live]")
    await page.click("#open-settings")
    await page.select_option("#theme", "yellow")
    await page.select_option("#rows", "3")
    await page.check("#original")
    await page.fill("#size", "180")
    assert "theme=yellow" in page.url
    link = page.url.split("?")[0] + "#" + page.url.split("#")[1]
    # In the address, and where that has none of it, in the browser.
    for where in (page.url, link):
        await page.goto("about:blank")
        await page.goto(where)
        await page.wait_for_selector("#state[data-state=live]")
        assert await page.get_attribute("html", "data-theme") == "yellow"
        assert await page.input_value("#rows") == "3"
        assert await page.is_checked("#original")
        scale = "getComputedStyle(document.documentElement).getPropertyValue('--scale')"
        assert float(await page.evaluate(scale)) == 1.8


EVIL = "<img src=x onerror=window.evil=1>"


async def test_markup_is_text_everywhere(captions: Gateway, browser: Browser) -> None:
    captions.room.title = EVIL
    captions.room.changed()
    speaker = await browser.page(url(captions, Role.SPEAK))
    viewer = await browser.page(url(captions, language="pt", original="1"))
    overlay = await browser.page(url(captions, page="/overlay", speakers="1", box=EVIL, font=EVIL))
    operator = await browser.page(url(captions, Role.OPERATE))
    await speaker.wait_for_selector("#state[data-state=live]")
    await speaker.fill("#name", EVIL)
    await speaker.dispatch_event("#name", "change")
    await types(speaker, f"{EVIL} and <script>window.evil=1</script>.")
    await speaker.type("#text", f"{EVIL} as a draft")
    for page, box in ((viewer, "#lines"), (overlay, "#lines"), (speaker, "#echo")):
        await page.wait_for_function(
            "([box, evil]) => document.querySelector(box).innerText.includes(evil)", arg=[box, EVIL]
        )
    await operator.wait_for_function(
        "evil => document.querySelector('#publishers').innerText.includes(evil)", arg=EVIL
    )
    for page in (speaker, viewer, overlay, operator):
        assert await page.evaluate("window.evil") is None
        assert await page.locator("main img:not(#qr), .stage img").count() == 0
    assert await viewer.inner_text("#title") == EVIL


async def test_a_page_that_hangs_for_a_while_catches_up(
    captions: Gateway, browser: Browser
) -> None:
    viewer = await browser.page(url(captions, language="pt"))
    await viewer.wait_for_selector("#state[data-state=live]")
    async with captions.speaker() as speaker:
        hanging = asyncio.create_task(
            viewer.evaluate("const end = Date.now() + 2000; while (Date.now() < end);")
        )
        for number in range(40):
            await speaker.say(f"Line {number}. ")
        await speaker.until_done(speaker.position)
        await hanging
        await shows(viewer, " ".join(f"LINE {number}." for number in range(40)))


@pytest.mark.parametrize("blocked", [["events"], ["events", "socket"]])
async def test_where_event_streams_do_not_get_through(
    captions: Gateway, browser: Browser, blocked: list[str]
) -> None:
    script = "".join(
        {
            "events": "window.EventSource = class { constructor() {"
            "setTimeout(() => this.onerror(), 1) } addEventListener() {} close() {} };",
            "socket": "window.WebSocket = class { constructor() {"
            "setTimeout(() => this.onclose({ code: 1006 }), 1) } close() {} };",
        }[each]
        for each in blocked
    )
    viewer = await browser.page(url(captions, language="pt"), script=script)
    async with captions.speaker() as speaker:
        await speaker.say("Good morning. ")
        await shows(viewer, "GOOD MORNING.")
        await speaker.say("Still here? ")
        await shows(viewer, "GOOD MORNING. STILL HERE?")


async def test_pausing_and_going_on(captions: Gateway, browser: Browser) -> None:
    viewer = await browser.page(url(captions))
    await viewer.wait_for_selector("#state[data-state=live]")
    async with captions.speaker() as speaker, captions.viewer() as other:
        await speaker.say("One. ")
        await shows(viewer, "One.")
        await viewer.click("#pause")
        await speaker.say("Two. ")
        await other.until_text("One.\nTwo.")
        await shows(viewer, "One.")
        await viewer.click("#to-live")
        await shows(viewer, "One. Two.")


async def test_a_language_from_right_to_left_begins_at_the_right(browser: Browser) -> None:
    executable()
    async with serve_in_process(models=[FakeModel(LanguagePair("en", "ar"))]) as server:
        async with gateway(server.address, limits=RoomLimits(linger_s=5.0)) as captions:
            page = await browser.page(url(captions, language="ar", original="1"))
            async with captions.speaker(name="Rosa") as speaker:
                await speaker.say("Good morning. ")
                await page.wait_for_function("() => document.querySelector('.said:not(:empty)')")
            translated, original, name = [
                await page.locator(where).first.bounding_box()
                for where in (".text.rtl", ".text.second", ".speaker")
            ]
            assert translated["x"] > original["x"] + original["width"]
            assert name["x"] + name["width"] == translated["x"] + translated["width"]
            align = "getComputedStyle(document.querySelector('.speaker')).direction"
            assert await page.evaluate(align) == "rtl"


async def test_the_overlay_keeps_its_box_and_clears(captions: Gateway, browser: Browser) -> None:
    overlay = await browser.page(url(captions, page="/overlay", clear="4", rows="2", columns="20"))
    height = "document.getElementById('box').getBoundingClientRect().height"
    async with captions.speaker() as speaker:
        before = await overlay.evaluate(height)
        await speaker.say("One two three four five six seven eight nine ten eleven twelve. ")
        await overlay.wait_for_function(
            "() => document.getElementById('lines').innerText.includes('twelve.')"
        )
        assert await overlay.evaluate(height) == before
        background = "getComputedStyle(document.body).backgroundColor"
        assert await overlay.evaluate(background) == "rgba(0, 0, 0, 0)"
        await overlay.wait_for_selector("#box.clear", state="attached")


# Stands in for the browser's recogniser, which needs a server of its maker's.
RECOGNISER = """
window.recognisers = [];
window.SpeechRecognition = class {
  constructor() { recognisers.push(this); this.results = []; }
  start() { this.isOn = true; }
  stop() { this.end(); }
  hear(text, isFinal) {
    const result = Object.assign([{ transcript: text }], { isFinal });
    const last = this.results.at(-1);
    if (last && !last.isFinal) this.results.pop();
    this.results.push(result);
    this.onresult({ results: this.results });
  }
  end() { this.isOn = false; this.onend(); }
  fail(error) { this.onerror({ error }); this.end(); }
};
"""


async def test_the_browsers_recogniser(captions: Gateway, browser: Browser) -> None:
    viewer = await browser.page(url(captions))
    speaker = await browser.page(url(captions, Role.SPEAK, language="en"), script=RECOGNISER)
    await speaker.wait_for_selector("#state[data-state=live]")
    await speaker.click("#mic")
    assert await speaker.evaluate("recognisers[0].lang") == "en"

    async def hears(text: str, *, final: bool = False) -> None:
        await speaker.evaluate("([t, f]) => recognisers.at(-1).hear(t, f)", [text, final])

    await hears("good mor")
    await viewer.wait_for_function(
        "() => document.querySelector('#lines').innerText.includes('good mor')"
    )
    await hears("good morning everyone", final=True)
    await hears("how are")
    # It ends by itself: what it had not confirmed counts, and another one starts.
    await speaker.evaluate("recognisers[0].end()")
    await speaker.wait_for_function("() => recognisers.length === 2 && recognisers[1].isOn")
    await hears("you today", final=True)
    await viewer.wait_for_function(
        "() => document.querySelector('#lines').innerText.replace(/\\s+/g, ' ')"
        ".includes('good morning everyone how are you today')"
    )
    await speaker.evaluate("recognisers[1].fail('not-allowed')")
    await speaker.wait_for_function(
        "() => document.querySelector('#notice').innerText.includes('microphone')"
    )
    assert await speaker.get_attribute("#mic", "aria-pressed") == "false"


@pytest.mark.parametrize(("link", "says"), [("#key=nonsense", "not valid"), ("", "lacks its key")])
async def test_a_link_that_is_not_good_says_so(
    captions: Gateway, browser: Browser, link: str, says: str
) -> None:
    for page in ("r", "s", "o"):
        opened = await browser.page(f"http://127.0.0.1:{captions.port}/{page}/{ROOM}{link}")
        await opened.wait_for_selector("#notice:not([hidden])")
        text = await opened.inner_text("#notice")
        assert says in text or "does not let you speak" in text


@asynccontextmanager
async def process(
    address: str, port: int, secret: Path
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A gateway that can be killed."""
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "translator", "captions", "--address", address, "--room", ROOM,
        "--port", str(port), "--secret", str(secret), "--no-qr",
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL, env=CLEAN,
    )  # fmt: skip
    try:
        assert running.stdout is not None
        for _ in range(3):
            assert await running.stdout.readline()
        yield running
    finally:
        if running.returncode is None:
            running.terminate()
        await running.wait()


async def test_a_gateway_that_is_killed_costs_nobody_a_word(
    browser: Browser, tmp_path: Path, unused_tcp_port: int
) -> None:
    secret = tmp_path / "secret"
    port = unused_tcp_port
    async with serve_in_process(models=models()) as server:
        async with process(server.address, port, secret) as first:
            links = Links(secret.read_bytes().strip(), f"http://127.0.0.1:{port}")
            speaker = await browser.page(links.url(ROOM, Role.SPEAK))
            link, _, key = links.url(ROOM, Role.VIEW).partition("#")
            viewer = await browser.page(f"{link}?language=pt#{key}")
            await speaker.wait_for_selector("#state[data-state=live]")
            await types(speaker, "Good morning.")
            await shows(viewer, "GOOD MORNING.")
            os.kill(first.pid, signal.SIGKILL)
            await first.wait()
            await types(speaker, "We go on.")
            await shows(viewer, "GOOD MORNING.")
        async with process(server.address, port, secret):
            await shows(viewer, "GOOD MORNING. WE GO ON.")
            await types(speaker, "All of us.")
            await shows(viewer, "GOOD MORNING. WE GO ON. ALL OF US.")


async def test_an_operator_switches_a_destination_on_again(
    captions: Gateway, browser: Browser, tmp_path: Path
) -> None:
    sink = make_sink(f"file={tmp_path / 'lines.txt'}", "en")
    captions.room.add_outlet(RoomSink(ORIGINAL, sink))
    for _ in range(10):
        sink.feed.failed(0, "the disk is full <img onerror=alert(1)>")
    phone = {"width": 320, "height": 640}
    operator = await browser.page(url(captions, Role.OPERATE), viewport=phone)
    standing, button = "#sinks .how", "#sinks button"
    await operator.wait_for_selector(button)
    assert await operator.inner_text(standing) == (
        "Switched off after 10 failures in a row: the disk is full <img onerror=alert(1)>"
    )
    await operator.focus(button)
    async with captions.viewer() as viewer, captions.speaker() as speaker:
        await speaker.say("Nobody hears this there. ")
        await viewer.until_text("Nobody hears this there.")
        await operator.keyboard.press("Enter")
        await shows(operator, "Nothing sent yet", standing)
        await speaker.say("Good morning, everyone. ")
        await shows(operator, "Works", standing)
        # The button has kept the focus, and says what it does now.
        await operator.keyboard.press("Enter")
        await shows(operator, "Switched off by an operator", standing)
        label = await operator.get_attribute(button, "aria-label")
        assert label == "Switch on: Text file, Original"
        await check_accessible(operator)
    assert (tmp_path / "lines.txt").read_text().startswith("Good morning, everyone.")


async def test_axe_finds_nothing(captions: Gateway, browser: Browser) -> None:
    options: dict[str, Any] = {"color_scheme": "light", "viewport": {"width": 320, "height": 640}}
    viewer = await browser.page(url(captions, language="pt", original="1"), **options)
    settings = await browser.page(url(captions), **options)
    speaker = await browser.page(url(captions, Role.SPEAK, name="Rosa"), **options)
    operator = await browser.page(url(captions, Role.OPERATE), **options)
    overlay = await browser.page(url(captions, page="/overlay"), **options)
    await speaker.wait_for_selector("#state[data-state=live]")
    await types(speaker, "Good morning.")
    await speaker.type("#text", "We begin")
    await shows(speaker, "Rosa Good morning. We begin", "#echo")
    await viewer.wait_for_function("() => document.querySelector('.draft:not(:empty)')")
    await settings.click("#open-settings")
    await operator.wait_for_selector("#qr:not([hidden])")
    for page in (viewer, settings, speaker, operator, overlay):
        await check_accessible(page)
