"""Takes the pictures of the captions pages: ``python docs/make_captions_pictures.py``.

Needs Playwright and Chromium. Two people speak into a room of the embedded models.
"""

import asyncio
import shutil
import sys
from pathlib import Path
from typing import Any

from playwright.async_api import async_playwright

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS.parent))

from examples.captions_demo import captions, speak  # noqa: E402

SIZES = {"phone": (320, 640), "laptop": (1280, 800), "projector": (1920, 1080)}
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
PORTUGUESE = (
    "Boa noite a todos. O cais antigo está fechado desde a tempestade, e ninguém sabe quando vai "
    "abrir."
)
ENGLISH = (
    "Good evening, and welcome to the harbour meeting. We have three things to decide tonight. "
    "The first is the new ferry, which should run from April. It costs more than we thought, and "
    "the town would have to pay"
)


def asking(link: str, page: str = "", **query: str) -> str:
    """A link with settings."""
    place, _, key = link.partition("#")
    return f"{place}{page}?{'&'.join(f'{n}={v}' for n, v in query.items())}#{key}"


async def main() -> None:
    """Take all of them."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with captions("--title", "Harbour meeting") as links:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            read = links["read"]
            pages: list[tuple[str, Any]] = []
            for size, (width, height) in SIZES.items():
                dark = "light" if size == "phone" else "dark"
                context = await browser.new_context(
                    viewport={"width": width, "height": height}, color_scheme=dark
                )
                scale = {"phone": "100", "laptop": "110", "projector": "170"}[size]
                for name, link in (
                    ("viewer", asking(read, language="pt", original="1", size=scale)),
                    ("overlay", asking(read, "/overlay", language="pt", clear="0")),
                    ("operator", links["operate"]),
                ):
                    page = await context.new_page()
                    await page.goto(link)
                    pages.append((f"captions.{name}.{size}.png", page))
            talk = {"words_per_second": 6.0}
            await speak(links["speak"], PORTUGUESE, name="Davi Nogueira", language="pt", **talk)
            speaking = asyncio.create_task(
                speak(links["speak"], ENGLISH, name="Rosa Lindqvist", language="en", **talk)
            )
            await asyncio.sleep(len(ENGLISH.split()) / 6.0 + 0.5)
            # The operator's first: it shows who speaks at the moment.
            for name, page in sorted(pages, key=lambda each: "operator" not in each[0]):
                if "overlay" in name:
                    # What a camera sees behind it.
                    await page.evaluate("document.documentElement.style.background = '#4a6b7c'")
                await page.screenshot(path=DOCS / name)
            for size, (width, height) in SIZES.items():
                page = await browser.new_page(viewport={"width": width, "height": height})
                await page.goto(asking(links["speak"], name="Rosa%20Lindqvist", language="en"))
                await page.wait_for_selector("#qr:not([hidden])")
                await page.screenshot(path=DOCS / f"captions.speaker.{size}.png")
                await page.close()
            await speaking
            await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
