"""Takes the pictures of the captions pages: ``python docs/make_captions_pictures.py``.

Needs Playwright, Chromium and Pillow. Two people speak into a room of the embedded models.
"""

import asyncio
import io
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image
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


async def take(page: Any, name: str, **options: Any) -> None:
    """Take a picture, in as few colours as it needs: a third of the bytes."""
    taken = Image.open(io.BytesIO(await page.screenshot(**options))).convert("RGB")
    few = taken.quantize(128, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    few.save(DOCS / f"captions.{name}.png", optimize=True)


def destinations(folder: str) -> list[str]:
    """One that works, and two where nobody is."""
    sinks = (
        f"original:file={folder}/captions.txt",
        "pt:zoom=http://127.0.0.1:9/closedcaption?id=7",
        "pt:vmix=http://127.0.0.1:9/?Input=Title",
    )
    return [option for sink in sinks for option in ("--sink", sink)]


async def main(folder: str) -> None:
    """Take all of them."""
    os.environ["XDG_STATE_HOME"] = folder
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with captions("--title", "Harbour meeting", *destinations(folder)) as links:
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
                    pages.append((f"{name}.{size}", page))
            await pages[2][1].click("#sinks li:nth-child(3) button")
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
                await take(page, name, full_page=name == "operator.phone")
            for size, (width, height) in SIZES.items():
                page = await browser.new_page(viewport={"width": width, "height": height})
                await page.goto(asking(links["speak"], name="Rosa%20Lindqvist", language="en"))
                await page.wait_for_selector("#qr:not([hidden])")
                await take(page, f"speaker.{size}", full_page=size == "phone")
                await page.close()
            await speaking
            await browser.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as own:
        asyncio.run(main(own))
