"""``translator gateway`` as a process."""

import asyncio
import json
import re
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from click.testing import CliRunner

from tests.server.fronts import models
from tests.server.processes import CLEAN, COMMAND
from translator.cli import main
from translator.metrics import FrontMetrics
from translator.testing import serve_in_process

pytestmark = pytest.mark.server

DOCS = Path(__file__).parents[2] / "docs"


@asynccontextmanager
async def gateway(
    *arguments: str,
) -> AsyncIterator[tuple[dict[str, str], asyncio.subprocess.Process]]:
    """A gateway, with the lines that it prints."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND, "gateway", "--port", "0", *arguments,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env=CLEAN,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        links = {}
        for _ in range(4 if "--captions" in arguments else 1):
            name, url = (await process.stdout.readline()).decode().split()
            links[name] = url
        yield links, process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def post(url: str, body: dict[str, str]) -> dict[str, str]:
    headers = {"content-type": "application/json"}
    with urlopen(Request(url, json.dumps(body).encode(), headers), timeout=60) as answer:
        found: dict[str, str] = json.load(answer)
    return found


def read(url: str) -> str:
    with urlopen(url, timeout=60) as answer:
        text: str = answer.read().decode()
    return text


async def test_it_serves_all_fronts_and_captions_until_it_is_told_to_end(
    tmp_path: Path, unused_tcp_port: int
) -> None:
    log = tmp_path / "calls.jsonl"
    options = ("--captions", "--metrics-port", str(unused_tcp_port), "--audit-log", str(log))
    async with serve_in_process(models=models()) as server:
        async with gateway("--address", server.address, *options) as (links, process):
            url = links["gateway"]
            assert set(links) == {"gateway", "speak", "read", "operate"}
            asked = {"q": "Secret words.", "source": "en", "target": "pt"}
            found = await asyncio.to_thread(post, f"{url}translate", asked)
            assert found == {"translatedText": "SECRET WORDS."}
            assert "Translate" in await asyncio.to_thread(read, url)
            assert "Live captions" in await asyncio.to_thread(read, links["read"])
            page = await asyncio.to_thread(read, f"http://127.0.0.1:{unused_tcp_port}/metrics")
            counted = 'translator_front_requests_total{code="200",front="libretranslate"} 1.0'
            assert counted in page
            process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(process.wait(), 20) == 0
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    told = next(line for line in lines if line["event"] == "libretranslate")
    assert (told["path"], told["code"], told["characters"]) == ("/translate", 200, 13)
    assert "Secret" not in log.read_text()


def test_it_says_what_is_wrong_with_its_options() -> None:
    for options, says in (
        (("--front", "page"), "needs --front libretranslate"),
        (("--tls-cert", "x.pem"), "go together"),
        (("--address", "a:1", "--model", "en-pt"), "--address names a running one"),
        (("--access-key", "key"), "need --address"),
    ):
        done = CliRunner().invoke(main, ["gateway", *options])
        assert done.exit_code == 2
        assert says in done.output


def test_each_metric_is_in_the_document() -> None:
    page = (DOCS / "fronts.md").read_text("utf-8")
    metrics = FrontMetrics()
    metrics.of("any")[0](200)
    names = {
        re.sub("_(bucket|sum|count|created)$", "", sample.name)
        for family in metrics.registry.collect()
        for sample in family.samples
        if sample.name.startswith("translator_")
    }
    assert {name for name in names if name not in page} == set()
