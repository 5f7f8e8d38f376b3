"""A string, or anything else, in the place of a list."""

import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from translator.client import AsyncTranslatorClient, StreamConfig, TranslatorClient
from translator.client.arguments import check_strings

pytestmark = pytest.mark.contract

NOBODY = "127.0.0.1:1"
WRONG = [
    ("Good morning.", "a list of strings is needed, not str"),
    (b"Good morning.", "a list of strings is needed, not bytes"),
    ({"pt": 1}, "a list of strings is needed, not dict"),
    (None, "a list of strings is needed, not None"),
    (7, "a list of strings is needed, not int"),
    (["pt", 7], r"\[1\]: a string is needed, not int"),
    ([["pt"]], r"\[0\]: a string is needed, not list"),
    ([b"pt"], r"\[0\]: a string is needed, not bytes"),
]


@pytest.mark.parametrize(("value", "says"), WRONG)
async def test_the_error_names_the_argument_and_what_is_allowed(value: Any, says: str) -> None:
    async with AsyncTranslatorClient(NOBODY) as client:
        with pytest.raises(TypeError, match=f"^texts.*{says}"):
            await client.translate(value, "en", "pt")
        with pytest.raises(TypeError, match=f"^targets.*{says}"):
            client.stream(source="en", targets=value)
    with pytest.raises(TypeError, match=f"^targets.*{says}"):
        StreamConfig("en", value)


def test_the_client_for_threads_says_the_same() -> None:
    with TranslatorClient(NOBODY) as client:
        with pytest.raises(TypeError, match=r"write texts=\[…\] around a single one"):
            client.translate("Good morning.", "en", "pt")  # type: ignore[arg-type]
        with pytest.raises(TypeError, match=r"^targets"):
            client.stream(source="en", targets="pt")  # type: ignore[arg-type]


def test_the_error_does_not_have_the_text() -> None:
    with pytest.raises(TypeError) as raised:
        check_strings("texts", "Nobody is to read this.")
    assert "Nobody" not in str(raised.value)


@pytest.mark.parametrize("name", ["metadata", "channel_options"])
@pytest.mark.parametrize("value", ["authorization", {"authorization": "x"}, ["ab"], [("a",)], None])
def test_pairs_are_pairs(name: str, value: Any) -> None:
    with pytest.raises(TypeError, match=f"^{name}.*pair"):
        AsyncTranslatorClient(NOBODY, **{name: value})


@pytest.mark.parametrize(
    "value", [["a", "b"], ("a", "b"), iter(["a", "b"]), {"a": 0, "b": 0}.keys()]
)
def test_what_yields_strings_will_do(value: Any) -> None:
    assert check_strings("texts", value) == ("a", "b")


@pytest.mark.slow
def test_a_type_checker_refuses_a_string(tmp_path: Path) -> None:
    file = tmp_path / "use.py"
    file.write_text(
        textwrap.dedent(
            """
            from collections.abc import Sequence
            from translator.client import TranslatorClient

            def use(client: TranslatorClient, many: Sequence[str], some: list[str]) -> None:
                client.translate(many, "en", "pt")
                client.translate(some, "en", "pt")
                client.translate(("a", "b"), "en", "pt")
                stream = client.stream(source="en", targets=["pt"])
                stream.reconfigure(source="es", targets=("pt",))
                client.translate("a", "en", "pt")
                client.stream(source="en", targets="pt")
                stream.reconfigure(targets="pt")
            """
        )
    )
    mypy = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache")]
    done = subprocess.run([*mypy, str(file)], capture_output=True, text=True, check=False)
    errors = [line for line in done.stdout.splitlines() if "error:" in line]
    assert [line.split(":")[1] for line in errors] == ["11", "12", "13"], done.stdout
    assert all('"str"; expected "Strings' in line for line in errors), done.stdout
