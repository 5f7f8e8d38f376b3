"""docs/first-steps.md, typed line by line as a newcomer would, and what it prints.

Numbers depend on the machine, and so does how many drafts come: numbers count as alike, and lines
that end with a draft in brackets are left out. What installs the package is in test_installed.py.
"""

import os
import re
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = [pytest.mark.server, pytest.mark.timeout(300)]

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
PAGE = (ROOT / "docs" / "first-steps.md").read_text("utf-8")
# Each block of code with its language, and what it prints.
BLOCKS = re.findall(
    r"^```(sh|python)\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", PAGE, re.DOTALL | re.MULTILINE
)
[INSTALL, *STEPS] = BLOCKS
ENV = {name: value for name, value in os.environ.items() if not name.startswith("TRANSLATOR_")}
ENV |= {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "TRANSLATOR_PORT": "0"}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the page uses of this one."""
    folder = tmp_path_factory.mktemp("checkout")
    (folder / "examples").symlink_to(ROOT / "examples")
    (folder / ".venv").mkdir()
    (folder / ".venv" / "bin").symlink_to(BIN)
    (folder / "build").mkdir()
    return folder


@pytest.fixture(scope="module")
def address(checkout: Path) -> Iterator[str]:
    """Of the server that the page starts."""
    [(_, command, printed)] = [step for step in STEPS if step[1] == "translator serve\n"]
    process = start(command, checkout, stderr=subprocess.DEVNULL)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert alike(line) == alike(printed)
        yield line.split()[-1]
    finally:
        end(process, signal.SIGTERM)


def start(command: str, checkout: Path, stderr: int = subprocess.STDOUT) -> subprocess.Popen[str]:
    return subprocess.Popen(
        ["bash", "-c", f"exec {command}"], cwd=checkout, env=ENV, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=stderr,
    )  # fmt: skip


def end(process: subprocess.Popen[str], number: signal.Signals) -> int:
    process.send_signal(number)
    try:
        process.communicate(timeout=60)
    finally:
        process.kill()
    return process.returncode


def alike(printed: str) -> list[str]:
    """The lines that are the same on every machine."""
    noise = re.compile(r".*\[.+\]$|connecting to |[IWE]\d{4} ")
    return [
        # A fingerprint tells the number format too, which depends on the processor.
        re.sub(r"[0-9a-f]{32}|\d+(\.\d+)*", "0", line)
        for line in printed.splitlines()
        if not noise.match(line)
    ]


def test_the_page_installs_what_there_is_and_says_its_version(checkout: Path) -> None:
    *_, pip, version = INSTALL[1].splitlines()
    assert pip in (ROOT / "README.md").read_text("utf-8").splitlines()
    [constraint] = re.findall(r"--constraint (\S+)", pip)
    [extra] = re.findall(r"'\.\[(\w+)\]'", pip)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert (ROOT / constraint).is_file()
    assert extra in project["optional-dependencies"]
    done = subprocess.run(
        ["bash", "-c", version], cwd=checkout, env=ENV, capture_output=True, text=True, check=True
    )
    assert done.stdout == INSTALL[2]


def test_each_step_prints_what_the_page_says(checkout: Path, address: str) -> None:
    num_compared = 0
    for language, code, printed in STEPS:
        if language == "python":
            [file] = re.findall(r"save it as\s`(\S+)`:\n\n```python\n" + re.escape(code), PAGE)
            (checkout / file).write_text(code.replace("localhost:50051", address))
            continue
        if code.startswith("npm ") or code == "translator serve\n" or "per-second" in code:
            continue
        done = subprocess.run(
            ["bash", "-c", code.replace("localhost:50051", address)],
            cwd=checkout, env=ENV, text=True, timeout=120, check=False,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout
        assert alike(done.stdout) == alike(printed), code
        num_compared += 1
    assert num_compared == 7


@pytest.mark.thorough
def test_the_talk_at_the_pace_of_speech_ends_with_ctrl_c(checkout: Path) -> None:
    [(_, command, _)] = [step for step in STEPS if "--words-per-second" in step[1]]
    process = start(command, checkout, stderr=subprocess.DEVNULL)
    assert process.stdout is not None
    try:
        # How it goes on depends on how far the speaker was when it was committed.
        assert process.stdout.readline().startswith("Boa noite a todos, e obrigado por ")
    finally:
        code = end(process, signal.SIGINT)
    assert code == 130
