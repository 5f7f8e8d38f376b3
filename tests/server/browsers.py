"""A real browser, where there is one."""

import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

# Debian's and others' names for it. Nothing is downloaded.
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Pages that are not in front are not slowed down.
    "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
)


def executable() -> str:
    """The browser; the test is skipped where there is none."""
    pytest.importorskip("playwright", reason="no browser test: Playwright is not installed")
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip(f"no browser test: none of {', '.join(NAMES)} is installed (apt: chromium)")
    return found


class Browser:
    """Opens pages, and keeps what went wrong in them."""

    def __init__(self, chromium: Any) -> None:
        self._chromium = chromium
        self._contexts: list[Any] = []
        self.errors: list[str] = []

    async def page(self, url: str, *, script: str = "", **options: Any) -> Any:
        """Open a page in a profile of its own."""
        options = {"locale": "en-GB", "viewport": {"width": 1280, "height": 800}} | options
        context = await self._chromium.new_context(**options)
        self._contexts.append(context)
        context.set_default_timeout(15_000)
        page = await context.new_page()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._heard)
        if script:
            await page.add_init_script(script)
        await page.goto(url)
        return page

    async def close(self) -> None:
        for context in self._contexts:
            await context.close()

    def _heard(self, message: Any) -> None:
        # What a policy forbids is said on the console, and so is a gateway that is away.
        is_away = re.search("Failed to load|ERR_|WebSocket connection", message.text)
        if message.type == "error" and not is_away:
            self.errors.append(message.text)


async def check_accessible(page: Any) -> None:
    """Nothing keeps people out of a page, in light and in dark, and nothing sticks out of it."""
    package = pytest.importorskip("axe_playwright_python", reason="axe-core is not installed")
    await page.evaluate((Path(package.__file__).parent / "axe.min.js").read_text("utf-8"))
    for scheme, rules in (("light", "{}"), ("dark", "{ runOnly: ['color-contrast'] }")):
        await page.emulate_media(color_scheme=scheme)
        found = await page.evaluate(f"axe.run({rules}).then(({{ violations }}) => violations)")
        said = [(each["id"], [node["html"][:120] for node in each["nodes"]]) for each in found]
        assert said == [], (page.url, scheme)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url


@asynccontextmanager
async def launched(*flags: str) -> AsyncIterator[Any]:
    """Chromium, of which each test opens pages with ``browsing``."""
    path = executable()
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=path, args=[*FLAGS, *flags])
        try:
            yield chromium
        finally:
            await chromium.close()


@asynccontextmanager
async def browsing(chromium: Any) -> AsyncIterator[Browser]:
    """Pages that must not have had an error by the end."""
    browser = Browser(chromium)
    try:
        yield browser
    finally:
        await browser.close()
    assert browser.errors == []
