"""What the README, the first steps, the examples and the Dockerfile tell people to run works."""

import asyncio
import os
import re
import shutil
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from translator.languages.pair import LanguagePair
from translator.server.app import RunningServer
from translator.testing import FakeModel, serve_in_process

pytestmark = pytest.mark.contract

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
FIRST_STEPS = (ROOT / "docs" / "first-steps.md").read_text("utf-8")
NODE = shutil.which("node")
NODE_CLIENT = ROOT / "clients" / "node"


@pytest.fixture
async def server() -> AsyncIterator[RunningServer]:
    model = FakeModel(LanguagePair("en", "pt"))
    async with serve_in_process(models=[model]) as running:
        yield running


def example(page: str, language: str) -> str:
    [code] = re.findall(rf"^```{language}\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    return str(code)


async def run(
    command: Sequence[str],
    *,
    cwd: Path = ROOT,
    code: str = "",
    fails: bool = False,
    **environment: str,
) -> list[str]:
    """The lines that a command prints; it has to end well, unless it is to fail."""
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=cwd,
        env={**os.environ, **environment},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate(code.encode())
    assert bool(process.returncode) is fails, err.decode()
    return out.decode().splitlines()


async def test_the_five_lines_of_python_run() -> None:
    lines = await run([sys.executable, "-"], code=example(README, "python"))
    assert "Bom dia a todos.[]" in lines
    assert re.search(r"\[.+\]$", lines[-1])


async def test_the_python_example_runs(server: RunningServer) -> None:
    code = example(FIRST_STEPS, "python").replace("localhost:50051", server.address)
    lines = await run([sys.executable, "-"], code=code)
    assert lines[-1] == "GOOD MORNING, EVERYONE. WE BEGIN AT NINE."
    assert "1: WE BEGIN AT NINE.[]" in lines


@pytest.mark.skipif(NODE is None, reason="there is no node")
@pytest.mark.skipif(
    not (NODE_CLIENT / "node_modules").is_dir(), reason="make test installs clients/node first"
)
async def test_the_node_example_runs(server: RunningServer) -> None:
    code = example(FIRST_STEPS, "js").replace("localhost:50051", server.address)
    lines = await run([str(NODE), "--input-type=module", "-"], cwd=NODE_CLIENT, code=code)
    assert lines[-1] == "GOOD MORNING, EVERYONE. WE BEGIN AT NINE."
    assert "1: WE BEGIN AT NINE.[]" in lines


async def test_the_call_by_reflection_runs(server: RunningServer) -> None:
    [command] = re.findall(
        r"^\.venv/bin/buf (curl.*?localhost:50051\S+)$", FIRST_STEPS, re.S | re.M
    )
    command = command.replace("\\\n", " ").replace("localhost:50051", server.address)
    buf = Path(sys.executable).parent / "buf"
    out = await run(["sh", "-c", f"{buf} {command}"])
    assert any('"GOOD MORNING."' in line for line in out)


async def test_the_streaming_example_runs(server: RunningServer) -> None:
    lines = await run([sys.executable, "examples/python_stream.py", server.address])
    assert lines[-1] == "GOOD MORNING, EVERYONE. TODAY WE TALK ABOUT TRAINS. WHO CAME BY TRAIN?"


async def test_the_example_with_whole_texts_runs(server: RunningServer) -> None:
    lines = await run([sys.executable, "examples/translate_texts.py", server.address])
    assert lines[0] == "fake: en-pt"
    assert lines[-1].endswith(r"'TWO PAGES, PLEASE.\n\nAND A COFFEE.'")


CATALOGUE = [
    "YOUR cesta IS EMPTY.",
    "  entry 0",
    "Blue Door SHIPS {count} ITEMS TO info@shop.example FOR £5.",
    "  entry 1",
    '<p class="note">ADD THE <b>RED</b> CHAIR TO YOUR cesta.</p><code>x = 1</code>',
    "<p>HELLO, {{ customer.name }}!{% if new %} WELCOME.{% endif %}</p>",
]


async def test_the_example_with_a_catalogue_runs(server: RunningServer) -> None:
    lines = await run([sys.executable, "examples/translate_catalogue.py", server.address])
    assert [re.sub(r" was masked$", "", line) for line in lines] == CATALOGUE


@pytest.mark.skipif(NODE is None, reason="there is no node")
@pytest.mark.skipif(
    not (NODE_CLIENT / "node_modules").is_dir(), reason="make test installs clients/node first"
)
async def test_the_node_example_with_a_catalogue_runs(server: RunningServer) -> None:
    example = ["examples/catalogue.js", "--address", server.address]
    lines = await run([str(NODE), *example], cwd=NODE_CLIENT)
    assert [re.sub(r": HOW_MASKED$", "", line) for line in lines] == CATALOGUE
    failed = await run([str(NODE), *example, "--to", "xx"], cwd=NODE_CLIENT, fails=True)
    assert failed == []


async def test_the_image_s_health_check_tells_a_server_from_none(server: RunningServer) -> None:
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")
    assert re.search(r'^HEALTHCHECK .* CMD \["translator", "health"\]$', dockerfile, re.M)
    command = [sys.executable, "-m", "translator", "health"]
    port = server.address.rpartition(":")[2]
    assert await run(command, TRANSLATOR_PORT=port) == [f"127.0.0.1:{port} takes calls"]
    await server.drain()
    assert await run(command, fails=True, TRANSLATOR_PORT=port) == []
