"""The page to try it, in a real browser."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tests.server.browsers import Browser, check_accessible, executable
from tests.server.fronts import Fronts, fronts, models
from translator.access.caller import Role
from translator.access.key_file import add_key
from translator.client.login import Login
from translator.config import ServerConfig
from translator.fronts.page.front import Page
from translator.languages.detection import FastTextDetector
from translator.testing import serve_in_process

pytestmark = [pytest.mark.server, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(loop_scope="session")
async def front() -> AsyncIterator[Fronts]:
    async with serve_in_process(models=models(), detector=FastTextDetector()) as server:
        async with fronts(server.address) as running:
            yield running


async def shows(page: Any, text: str) -> None:
    """Wait until this is the whole translation, and will stay."""
    await page.wait_for_function(
        "(text) => document.querySelector('#out').getAttribute('aria-busy') === 'false'"
        " && [...document.querySelectorAll('#out .line')].map((e) => e.textContent).join('\\n')"
        " === text",
        arg=text,
    )


async def opened(browser: Browser, front: Fronts, **options: Any) -> Any:
    page = await browser.page(front.url, **options)
    await page.wait_for_selector("#state[data-state=live]")
    return page


@pytest.mark.slow
async def test_it_translates_while_somebody_types(front: Fronts, browser: Browser) -> None:
    page = await opened(browser, front)
    assert await page.input_value("#source") == "auto"
    await page.select_option("#target", "pt")
    await page.type("#text", "Good morning to all of you. Who is here?")
    await shows(page, "GOOD MORNING TO ALL OF YOU. WHO IS HERE?")
    assert await page.inner_text("#source option:checked") == "Detected: English"
    assert await page.locator("#out .part").count() == 2
    # In the middle, and on lines of their own; blank ones stay.
    await page.fill("#text", "Good morning to all of you. Who is there?\n\nTwo lines.\n")
    await shows(page, "GOOD MORNING TO ALL OF YOU. WHO IS THERE?\n\nTWO LINES.\n")
    await page.fill("#text", "Good morning to all of you. Who is there?")
    await shows(page, "GOOD MORNING TO ALL OF YOU. WHO IS THERE?")
    await page.click("#clear")
    await shows(page, "")
    # Markup is text.
    evil = "<img src=x onerror=window.evil=1> is one."
    await page.fill("#text", evil)
    await page.wait_for_function("() => document.querySelector('#out .part')")
    assert await page.locator("#out img").count() == 0
    assert await page.evaluate("window.evil") is None


@pytest.mark.slow
async def test_languages_swap_and_a_text_in_the_target_changes_it(
    front: Fronts, browser: Browser
) -> None:
    page = await opened(browser, front)
    await page.select_option("#target", "pt")
    await page.fill("#text", "Onde fica a estação de trem, por favor?")
    await page.wait_for_function("() => document.querySelector('#target').value !== 'pt'")
    await page.select_option("#target", "en")
    await shows(page, "Onde fica a estação de trem, por favor?")
    await page.click("#swap")
    assert await page.input_value("#source") == "en"
    assert await page.input_value("#target") == "pt"
    await shows(page, "ONDE FICA A ESTAÇÃO DE TREM, POR FAVOR?")
    await page.reload()
    await page.wait_for_selector("#state[data-state=live]")
    assert await page.input_value("#source") == "en"


@pytest.mark.slow
async def test_a_sentence_has_other_translations(front: Fronts, browser: Browser) -> None:
    page = await opened(browser, front)
    # What the API answers is its own matter.
    answer = {"translatedText": "TWO.", "alternatives": ["DEUX.", "ZWEI."]}
    asked = []

    async def answers(route: Any) -> None:
        asked.append(json.loads(route.request.post_data))
        await route.fulfill(json=answer)

    await page.route("**/translate", answers)
    await page.select_option("#source", "en")
    await page.fill("#text", "One. Two.\nThree.")
    await shows(page, "ONE. TWO.\nTHREE.")
    await page.click("#out .part >> nth=1")
    await page.click("#menu button:has-text('ZWEI')")
    await shows(page, "ONE. ZWEI.\nTHREE.")
    assert asked[0]["q"] == "Two."
    assert await page.is_hidden("#menu")
    # By keyboard too.
    await page.focus("#out .part >> nth=1")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("#menu button")
    assert await page.inner_text("#menu button >> nth=0") == "TWO."
    await page.keyboard.press("Escape")
    assert await page.is_hidden("#menu")
    # It is the writer's until the line changes.
    await page.fill("#text", "One. Two.\nThree. Four.")
    await shows(page, "ONE. ZWEI.\nTHREE. FOUR.")
    await page.fill("#text", "One. Too.\nThree. Four.")
    await shows(page, "ONE. TOO.\nTHREE. FOUR.")


DROP = """async () => {
  const data = new DataTransfer();
  data.items.add(new File(['Good morning.\\n'], 'note.txt', { type: 'text/plain' }));
  for (const kind of ['dragenter', 'dragover', 'drop'])
    window.dispatchEvent(new DragEvent(kind, { dataTransfer: data, cancelable: true }));
}"""


@pytest.mark.slow
async def test_files_are_dropped_in(front: Fronts, browser: Browser) -> None:
    page = await opened(browser, front)
    await page.select_option("#source", "en")
    await page.evaluate(DROP)
    assert await page.is_hidden("#drop")
    async with page.expect_download() as downloading:
        await page.click("#files a")
    download = await downloading.value
    assert download.suggested_filename == f"note.{await page.input_value('#target')}.txt"
    text = await asyncio.to_thread(Path(await download.path()).read_text)
    assert text == "GOOD MORNING.\n"
    await page.set_input_files("#file", [{"name": "a.exe", "mimeType": "x/y", "buffer": b"x"}])
    await page.wait_for_selector("#files .problem")
    assert ".exe" in await page.inner_text("#files .problem")


@pytest.mark.slow
async def test_it_asks_for_a_key_where_one_is_needed(tmp_path: Path, browser: Browser) -> None:
    rules = tmp_path / "access.toml"
    # Whole texts only: there are no drafts, and all else is the same.
    key = add_key(rules, "desk", [Role.TRANSLATE], expires=None, quotas={})
    gateway = add_key(rules, "gateway", [], expires=None, quotas={})
    secret = tmp_path / "gateway.key"
    secret.write_text(gateway)
    executable()
    config = ServerConfig(port=0, access=rules)
    async with serve_in_process(config, models(), FastTextDetector()) as server:
        async with fronts(server.address, login=Login(access_key=secret)) as front:
            page = await opened(browser, front)
            await page.select_option("#source", "en")
            await page.fill("#text", "Good morning.")
            await page.wait_for_selector("#key-form:not([hidden])")
            await page.fill("#key", "tk_wrong")
            await page.keyboard.press("Enter")
            await page.wait_for_selector("#notice:not([hidden])")
            await page.fill("#key", key)
            await page.keyboard.press("Enter")
            await shows(page, "GOOD MORNING.")
            assert await page.is_hidden("#notice")


@pytest.mark.slow
async def test_everybody_can_use_it(front: Fronts, browser: Browser) -> None:
    executable()
    for viewport in ({"width": 320, "height": 640}, {"width": 1280, "height": 800}):
        page = await opened(browser, front, viewport=viewport, color_scheme="light")
        await page.fill("#text", "Good morning. Who is here?")
        await shows(page, "GOOD MORNING. WHO IS HERE?")
        await page.evaluate(DROP)
        await page.wait_for_selector("#files a")
        await page.click("#out .part >> nth=0")
        await page.wait_for_selector("#menu :is(button, p):not(:text-is('…'))")
        await check_accessible(page)
    await page.select_option("#theme", "dark")
    assert await page.get_attribute("html", "data-theme") == "dark"


async def test_the_live_socket_bears_what_is_no_text(front: Fronts) -> None:
    url = front.url.replace("http", "ws") + "/live"
    async with connect(url, compression=None) as socket:

        async def answer(message: str | bytes) -> dict[str, Any]:
            await socket.send(message)
            async with asyncio.timeout(10):
                found: dict[str, Any] = json.loads(await socket.recv())
            return found

        for wrong in ("", "{", "[]", "5", '{"text": 5, "target": "pt"}', '{"text": "a"}'):
            assert (await answer(wrong))["reason"] == "INVALID_REQUEST", wrong
        long = json.dumps({"text": "a" * 10_001, "target": "pt"})
        assert "10000" in (await answer(long))["problem"]
        asked = {"text": "Good.", "source": "en", "target": "xx"}
        found = await answer(json.dumps(asked))
        while "problem" not in found:
            found = json.loads(await socket.recv())
        assert found["reason"] == "LANGUAGE_PAIR_NOT_SUPPORTED"
        # It goes on.
        await socket.send(json.dumps(asked | {"target": "pt"}))
        while not found.get("settled"):
            found = json.loads(await socket.recv())
        assert found["lines"] == [[0, "GOOD.", False]]
    with pytest.raises(InvalidStatus):
        async with connect(url, origin="https://evil.example"):  # type: ignore[arg-type]
            pass


async def test_drafts_come_while_the_writer_does_not_pause() -> None:
    async with serve_in_process(models=models(), detector=FastTextDetector()) as server:
        served = [lambda hub: Page(hub, pause_s=60.0)]
        async with fronts(server.address, served=served) as front:
            url = front.url.replace("http", "ws") + "/live"
            async with connect(url, compression=None) as socket:

                async def until(text: str, least: int) -> None:
                    """Wait for a draft that begins as this, and has so many letters."""
                    shown = ""
                    async with asyncio.timeout(20):
                        while len(shown) < least or not text.startswith(shown):
                            found = json.loads(await socket.recv())
                            assert (found["settled"], found["source"]) == (False, "en")
                            # The fake model marks where its source goes on.
                            shown = next((line[1] for line in found["lines"]), shown).strip("~")

                asked = {"source": "auto", "target": "pt"}
                for text in ("Good morning to", "Good morning to all of you.", "Good day to all."):
                    await socket.send(json.dumps({"text": text, **asked}))
                    await until(text.upper(), 7)
