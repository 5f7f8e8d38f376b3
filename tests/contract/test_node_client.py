"""The Node client: its own tests, and the conformance scripts against the real server."""

import asyncio
import os
import re
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.contract

CLIENT = Path(__file__).parents[2] / "clients" / "node"


@pytest.fixture
def node() -> str:
    """Where node is; without it, or without the client's packages, a test is skipped, but in CI."""
    found = shutil.which("node")
    if found is not None and (CLIENT / "node_modules").is_dir():
        return found
    missing = "there is no node" if found is None else "run first: npm ci --prefix clients/node"
    if os.environ.get("CI"):
        pytest.fail(missing)
    pytest.skip(missing)


@pytest.fixture
async def address() -> AsyncIterator[str]:
    """Of a server with the fake model, in a process of its own."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TRANSLATOR_")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "translator", "serve", "--fake-model", "--port", "0"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=environment,
    )
    assert process.stdout is not None
    try:
        line = (await process.stdout.readline()).decode()
        assert line.startswith("serving on ")
        yield line.split()[-1]
    finally:
        process.kill()
        await process.wait()


async def run(*command: str) -> tuple[int | None, list[str]]:
    """Exit status and lines of a command in the client's folder; it ends with the test."""
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=CLIENT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode, output.decode().strip().splitlines()


@pytest.mark.timeout(300)
async def test_its_own_tests_pass(node: str) -> None:
    code, lines = await run("npm", "test")
    output = "\n".join(lines)
    assert code == 0, output
    # Which reporter node takes depends on its version.
    [passed] = re.findall(r"^\S+ pass (\d+)$", output, re.MULTILINE)
    [failed] = re.findall(r"^\S+ fail (\d+)$", output, re.MULTILINE)
    assert int(passed) > 50
    assert int(failed) == 0


@pytest.mark.timeout(300)
async def test_it_passes_the_conformance_scripts(node: str, address: str) -> None:
    code, lines = await run(node, "conformance.js", "--address", address)
    output = "\n".join(lines)
    assert code == 0, output
    match = re.fullmatch(r"(\d+) passed, 0 failed", lines[-1])
    assert match is not None, output
    assert int(match[1]) > 100
