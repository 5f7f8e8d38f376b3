"""From a spoken word to the viewer's screen: how long, as a draft and committed.

    python -m benchmarks.speech TALK.wav MODEL

A server with the embedded models, a gateway with MODEL (a folder with a Whisper model), and a real
browser, all on this machine. The browser's microphone hears the file; a viewer reads what was said,
another one its translation. A word is spoken when its last sample is recorded: the page's messages
say when that was. It is on the screen when the viewer's page has it. Words and their times are
those that the model hears in the whole file; those that come out differently live are left out.
"""

import asyncio
import json
import re
import statistics
import subprocess
import sys
import time
import urllib.request
from base64 import b64decode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measured import Measured, save
from benchmarks.processes import serving
from benchmarks.table import table
from translator.speech.audio import read_audio
from translator.speech.recogniser import SAMPLE_RATE

RESULTS = Path(__file__).parent / "results" / "speech.json"
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-renderer-backgrounding"),
    "--disable-backgrounding-occluded-windows",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
)
# The gateway recognises; when each message of audio was sent is noted.
SPEAKER = """
delete window.SpeechRecognition; delete window.webkitSpeechRecognition;
window.sent = [];
const send = WebSocket.prototype.send;
WebSocket.prototype.send = function (data) {
  if (data.startsWith('{"audio"')) {
    const { position, samples } = JSON.parse(data).audio;
    const kept = sent.length < 60 ? samples : '';
    sent.push([Date.now(), Number(position), kept]);
  }
  return send.call(this, data);
};
"""
# What is on the screen, whenever it changes: committed, and with the draft.
VIEWER = """
window.seen = [];
addEventListener('DOMContentLoaded', () => {
  const box = document.getElementById('lines');
  const text = (query) => [...box.querySelectorAll(query)].map((e) => e.textContent).join(' ');
  new MutationObserver(() => seen.push([Date.now(), text('.said'), text('.said, .draft')]))
    .observe(box, { childList: true, subtree: true, characterData: true });
});
"""

Word = tuple[str, float]


@contextmanager
def captioning(address: str, model: str) -> Iterator[dict[str, str]]:
    """The links of a gateway with a recogniser."""
    command = [sys.executable, "-m", "translator", "captions", "--address", address]
    process = subprocess.Popen(
        [*command, "--port", "0", "--no-qr", "--speech", model],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None  # noqa: S101
        yield dict(process.stdout.readline().split() for _ in range(3))
    finally:
        process.terminate()
        process.wait()


def heard_whole(path: str, model: str) -> list[Word]:
    """The words of the file, and when each ends, in seconds."""
    from faster_whisper import WhisperModel

    segments, _ = WhisperModel(model, compute_type="auto").transcribe(
        path, language="en", word_timestamps=True, vad_filter=True
    )
    return [(_bare(word.word), word.end) for each in segments for word in each.words]


def _bare(word: str) -> str:
    return re.sub(r"[^\w']", "", word).casefold()


async def _answers(url: str, delays: list[float]) -> None:
    """How long the gateway takes for a short answer, again and again."""
    while True:
        began = time.perf_counter()
        await asyncio.to_thread(lambda: urllib.request.urlopen(url).read())  # noqa: S310
        delays.append(time.perf_counter() - began)
        await asyncio.sleep(0.05)


async def speak(
    path: str, links: dict[str, str], seconds: float
) -> tuple[list[Any], list[Any], list[Any], list[float]]:
    """What the pages noted: audio that was sent, what two viewers saw; and the gateway's delays."""
    from playwright.async_api import async_playwright

    def link(name: str, query: str) -> str:
        return links[name].replace("#", f"?{query}#")

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=[*FLAGS, f"--use-file-for-fake-audio-capture={path}%noloop"],
        )
        pages = []
        for script, url in (
            (VIEWER, link("read", "language=original")),
            (VIEWER, link("read", "language=pt")),
            (SPEAKER, link("speak", "language=en")),
        ):
            page = await (await browser.new_context()).new_page()
            await page.add_init_script(script)
            await page.goto(url)
            await page.wait_for_selector("#state[data-state=live]")
            pages.append(page)
        delays: list[float] = []
        answers = asyncio.create_task(_answers(links["read"].split("/r/")[0] + "/healthz", delays))
        await pages[2].click("#mic")
        await asyncio.sleep(seconds + 6.0)
        answers.cancel()
        noted = [await page.evaluate("window.sent ?? window.seen") for page in pages]
        await browser.close()
    original, translated, sent = noted
    return sent, original, translated, delays


def spoken_at(sent: Sequence[Any], whole: np.ndarray[Any, Any], end_s: float) -> float | None:
    """When a moment of the file was recorded, in seconds since 1970; None if it was not."""
    first = np.concatenate([np.frombuffer(b64decode(each[2]), "<i2") for each in sent if each[2]])
    size = min(len(first), 4 * SAMPLE_RATE)
    begin = int(np.argmax(np.abs(first) > 300))
    part = first[begin : begin + size].astype(float)
    looked = whole[: 8 * SAMPLE_RATE].astype(float)
    length = 1 << (len(part) + len(looked)).bit_length()
    products = np.fft.irfft(np.fft.rfft(looked, length) * np.conj(np.fft.rfft(part, length)))
    found = int(np.argmax(products))
    shift = begin - (found - length if found > length // 2 else found)
    sample = end_s * SAMPLE_RATE + shift
    for at_ms, position, _ in sent:
        if position <= sample < position + 1_600:
            return float(at_ms / 1000 - (position + 1_600 - sample) / SAMPLE_RATE)
    return None


def delays_s(
    words: Sequence[Word], times: Sequence[float | None], seen: Sequence[Any], column: int
) -> list[float]:
    """From the end of each word to the screen."""
    known = [word for word, _ in words]
    final = [_bare(word) for word in seen[-1][1].split()]
    blocks = SequenceMatcher(None, known, final, autojunk=False).get_matching_blocks()
    delays = []
    for first, second, size in blocks:
        for index in range(size):
            spoken = times[first + index]
            shown = next(
                (
                    at_ms / 1000
                    for at_ms, *texts in seen
                    if [_bare(w) for w in texts[column].split()][: second + index + 1][-1:]
                    == [known[first + index]]
                    and len(texts[column].split()) > second + index
                ),
                None,
            )
            if spoken is not None and shown is not None:
                delays.append(shown - spoken)
    return delays


def _figures(name: str, delays: Sequence[float]) -> dict[str, Any]:
    ordered = sorted(delays)
    return {
        "what": name,
        "words": len(ordered),
        "median s": round(statistics.median(ordered), 2),
        "p95 s": round(ordered[int(0.95 * len(ordered))], 2),
        "max s": round(ordered[-1], 2),
    }


def main(arguments: list[str]) -> None:
    path, model = arguments
    path = str(Path(path).resolve())
    words = heard_whole(path, model)
    whole = np.frombuffer(b"".join(read_audio(path)), "<i2")
    with serving() as (address, _, _), captioning(address, model) as links:
        sent, original, translated, answers = asyncio.run(
            speak(path, links, len(whole) / SAMPLE_RATE)
        )
    times = [spoken_at(sent, whole, end_s) for _, end_s in words]
    rows = [
        _figures("draft", delays_s(words, times, original, 1)),
        _figures("committed", delays_s(words, times, original, 0)),
    ]
    answers.sort()
    print(original[-1][1], "\n", translated[-1][1])
    print(table(rows))
    facts = {
        "audio_s": round(len(whole) / SAMPLE_RATE, 1),
        "words": len(words),
        "gateway_p95_ms": round(answers[int(0.95 * len(answers))] * 1000),
        "gateway_max_ms": round(answers[-1] * 1000),
        "rows": rows,
    }
    print(json.dumps(facts))
    save(RESULTS, facts, Measured.now())


if __name__ == "__main__":
    main(sys.argv[1:])
