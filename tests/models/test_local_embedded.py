"""translator.local with the embedded models: its page and its example say what they say."""

import re
import runpy
from pathlib import Path

import pytest

pytestmark = pytest.mark.model

ROOT = Path(__file__).parents[2]
EXAMPLE, MANY = re.findall(
    r"```python\n(.*?)```", (ROOT / "docs/local.md").read_text("utf-8"), re.S
)


def test_the_example_of_the_page_runs(capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(EXAMPLE, "local.md", "exec"), {"__name__": "__main__"})  # noqa: S102
    first, *_, last = capsys.readouterr().out.splitlines()
    assert first == "Bom dia!"
    assert last.startswith("Bom dia")
    assert last.endswith("?")


def test_the_example_with_many_texts_runs(capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(MANY, "local.md", "exec"), {"__name__": "__main__"})  # noqa: S102
    assert capsys.readouterr().out.splitlines() == ["Lâmpada azul", "Lâmpada vermelha"]


def test_the_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(ROOT / "examples/local.py"), run_name="__main__")
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].strip() == "Bom dia!"
    assert "[" not in lines[-1]
    assert lines[-1].split()[:3] == ["O", "próximo", "trem"]
