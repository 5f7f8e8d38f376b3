"""The Node client: its own tests, and the conformance scripts against the real server."""

import asyncio
import os
import re
import shlex
import shutil
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from clients.conformance.__main__ import main as conformance
from translator.client import AsyncTranslatorClient
from translator.config import ServerConfig
from translator.errors import TranslatorError
from translator.testing import serve_in_process

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
@pytest.mark.parametrize(
    ("options", "least"), [(["--quick"], 100), pytest.param([], 140, marks=pytest.mark.thorough)]
)
def test_it_passes_the_conformance_scripts(
    node: str,
    options: list[str],
    least: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    driver = shlex.join([node, str(CLIENT / "conformance" / "driver.js")])
    monkeypatch.setattr(sys, "argv", ["conformance", "--driver", driver, *options])
    with pytest.raises(SystemExit) as ended:
        conformance()
    output = capsys.readouterr().out
    assert ended.value.code == 0, output
    match = re.fullmatch(r"(\d+) passed, 0 failed", output.splitlines()[-1])
    assert match is not None, output
    assert int(match[1]) > least


_DRAINED = """
import { createInterface } from 'node:readline';
import { TranslatorClient } from './src/index.js';

const client = new TranslatorClient(process.argv.at(-1));
const stream = client.stream({ source: 'xx', targets: ['yy'] });
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
stream.send('hello there. ');
const kinds = [];
for await (const { type } of stream) {
  kinds.push(type);
  if (kinds.length === 2) {
    console.log('ready');
    await lines.next();
    stream.send('how are you? ');
    stream.end();
  }
}
console.log(stream.transcript('yy'), kinds.includes('reconnecting'));
client.close();
process.exit();
"""


async def test_a_drain_with_nobody_else_silences_no_reader(node: str) -> None:
    async with serve_in_process(ServerConfig(port=0, drain_grace_s=30)) as server:
        process = await asyncio.create_subprocess_exec(
            *(node, "--input-type=module", "--eval", _DRAINED, "--", server.address),
            cwd=CLIENT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            assert await process.stdout.readline() == b"ready\n"
            drain = asyncio.create_task(server.drain())
            async with AsyncTranslatorClient(server.address) as client:
                with suppress(TranslatorError):
                    while await client.is_serving():
                        pass
            process.stdin.write(b"go on\n")
            told = (await process.stdout.read()).decode()
            await asyncio.wait_for(drain, 10)
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()
        assert told == "HELLO THERE. HOW ARE YOU? false\n"
