"""The command line where a package is not installed; test_installed.py really does without."""

import subprocess
import sys

import pytest

from translator import DISTRIBUTION

pytestmark = pytest.mark.unit

# None in sys.modules is a module that is not there.
CODE = """
import sys
for name in sys.argv.pop(1).split(","):
    sys.modules[name] = None
from translator.__main__ import main
main()
"""


def without(packages: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", CODE, packages, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("packages", "arguments", "package", "extra"),
    [
        ("click", (), "click", "server"),
        ("click", ("serve", "--help"), "click", "server"),
        ("click", ("evaluate",), "click", "eval"),
        ("torch", ("serve",), "torch", "server"),
        ("torch", ("translate", "Hello."), "torch", "server"),
        ("pydantic", ("stream",), "pydantic", "server"),
        ("matplotlib", ("evaluate", "--help"), "matplotlib", "eval"),
        ("sacrebleu", ("evaluate", "x.jsonl"), "sacrebleu", "eval"),
        ("omnisteval", ("evaluate", "x.jsonl"), "omnisteval", "eval"),
    ],
)
def test_what_is_missing_is_named_with_the_command_that_brings_it(
    packages: str, arguments: tuple[str, ...], package: str, extra: str
) -> None:
    done = without(packages, *arguments)
    assert (done.returncode, done.stdout) == (5, "")
    [line] = done.stderr.splitlines()
    assert f"needs the package {package}, which is not installed" in line
    assert line.endswith(f": pip install '{DISTRIBUTION}[{extra}]'")


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("serve", "--help"), 0, "Usage: translator serve"),
        (("serve", "--port", "70000"), 5, "Error: port"),
        (("evaluate", "--help"), 0, "Usage: translator evaluate"),
        (("evaluate", "no-such-file"), 5, "Error: no-such-file"),
    ],
)
def test_help_and_mistakes_load_no_torch(arguments: tuple[str, ...], code: int, says: str) -> None:
    """It takes seconds."""
    done = without("torch", *arguments)
    assert done.returncode == code, done.stderr
    assert says in done.stdout + done.stderr


def test_a_model_that_is_no_folder_loads_no_transformers() -> None:
    done = without("transformers", "serve", "--model", "en-de=/no/such/folder")
    assert done.returncode == 5
    assert "/no/such/folder: no such folder" in done.stderr


def test_the_help_lists_all_commands_whatever_is_missing() -> None:
    done = without("torch,matplotlib,pydantic,rich,transformers,huggingface_hub", "--help")
    assert done.returncode == 0
    for command in ("evaluate", "models", "serve", "stream", "translate"):
        assert f"\n  {command} " in done.stdout


def test_a_part_that_is_missing_of_something_installed_is_a_bug_and_says_where() -> None:
    done = without("translator.cli.stream", "stream")
    assert done.returncode == 1
    assert "Traceback" in done.stderr
