"""The Node client: its own tests, and the conformance scripts against the real server."""

import asyncio
import os
import re
import shlex
import shutil
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.contract

ROOT = Path(__file__).parents[2]
CLIENT = ROOT / "clients" / "node"


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


async def run(*command: str, folder: Path) -> tuple[int | None, list[str]]:
    """Exit status and lines of a command in a folder; it ends with the test."""
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
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
    code, lines = await run("npm", "test", folder=CLIENT)
    output = "\n".join(lines)
    assert code == 0, output
    # Which reporter node takes depends on its version.
    [passed] = re.findall(r"^\S+ pass (\d+)$", output, re.MULTILINE)
    [failed] = re.findall(r"^\S+ fail (\d+)$", output, re.MULTILINE)
    assert int(passed) > 40
    assert int(failed) == 0


@pytest.mark.timeout(300)
async def test_it_passes_the_conformance_scripts(node: str) -> None:
    driver = shlex.join([node, str(CLIENT / "conformance" / "driver.js")])
    command = (sys.executable, "-m", "clients.conformance", "--driver", driver)
    code, lines = await run(*command, folder=ROOT)
    output = "\n".join(lines)
    assert code == 0, output
    match = re.fullmatch(r"(\d+) passed, 0 failed", lines[-1])
    assert match is not None, output
    assert int(match[1]) > 140
