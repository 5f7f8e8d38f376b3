"""Compiled kernels are kept where that is possible, and never an error where it is not.

The kernels here are two lines: those of the models take many seconds.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

pytestmark = [pytest.mark.unit, pytest.mark.slow]

KERNELS = """
from translator.models.marian.kernel_cache import compiled

@compiled()
def twice(x):
    return x * 2

@compiled(fastmath=True)
def thrice(x):
    return twice(x) + x
"""
# What a process says: the result, and how many of the two kernels it read and compiled.
CODE = """
import logging
import kernels

logging.basicConfig(format="%(levelname)s %(message)s")
print(kernels.thrice(2.0), end=" ")
for kind in ("cache_hits", "cache_misses"):
    stats = [getattr(k.stats, kind) for k in (kernels.twice, kernels.thrice)]
    print(sum(sum(s.values()) for s in stats), end=" ")
"""
# As root writes everywhere: neither folder nor file can be made.
READ_ONLY = """
import builtins, os, tempfile

def refuse(*_, **__):
    raise OSError(30, "Read-only file system")

opened = builtins.open
builtins.open = lambda file, mode="r", *a, **k: (
    refuse() if "w" in mode else opened(file, mode, *a, **k)
)
tempfile.TemporaryFile = refuse
"""


READ, COMPILED = (6.0, 1.0, 0.0), (6.0, 0.0, 2.0)


def place_in(folder: Path) -> SimpleNamespace:
    """A package's folder and ``NUMBA_CACHE_DIR``; a file stands where the home would be."""
    package, kept, home = folder / "package", folder / "kept", folder / "home"
    package.mkdir()
    home.touch()
    (package / "kernels.py").write_text(KERNELS)
    env = {
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": f"{package}:{Path(__file__).parents[2]}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "HOME": str(home),
    }
    return SimpleNamespace(package=package, kept=kept, env=env)


@pytest.fixture
def place(tmp_path: Path) -> SimpleNamespace:
    """Where nothing has been compiled."""
    return place_in(tmp_path)


@pytest.fixture(scope="module")
def compiled_once(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    place = place_in(tmp_path_factory.mktemp("warm"))
    assert run(place, cache_dir=place.kept) == (COMPILED, [])
    return place


@pytest.fixture
def warm(compiled_once: SimpleNamespace, tmp_path: Path) -> SimpleNamespace:
    """The same after a process that has compiled both kernels, with a copy of what it kept."""
    kept = shutil.copytree(compiled_once.kept, tmp_path / "kept")
    return SimpleNamespace(package=compiled_once.package, kept=kept, env=compiled_once.env)


def run(
    place: SimpleNamespace, *, cache_dir: Path | None, before: str = ""
) -> tuple[tuple[float, ...], list[str]]:
    """Result, kernels read, kernels compiled; and the lines of the log."""
    env = dict(place.env)
    if cache_dir is not None:
        env["NUMBA_CACHE_DIR"] = str(cache_dir)
    done = subprocess.run(
        [sys.executable, "-c", before + CODE],
        env=env, capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return tuple(map(float, done.stdout.split())), done.stderr.splitlines()


def test_they_are_compiled_once_and_then_read(warm: SimpleNamespace) -> None:
    # What calls another has that one in it. When its file was written does not matter.
    os.utime(warm.package / "kernels.py")
    assert run(warm, cache_dir=warm.kept) == (READ, [])
    assert not (warm.package / "__pycache__").exists()


def test_they_are_compiled_again_when_their_file_has_changed(warm: SimpleNamespace) -> None:
    file = warm.package / "kernels.py"
    file.write_text(f"{KERNELS}# Changed.\n")
    try:
        assert run(warm, cache_dir=warm.kept) == (COMPILED, [])
    finally:
        file.write_text(KERNELS)


def test_without_the_variable_they_are_beside_the_package_which_need_not_be_written_again(
    place: SimpleNamespace,
) -> None:
    assert run(place, cache_dir=None) == (COMPILED, [])
    assert list((place.package / "__pycache__").glob("*.nbc"))
    assert run(place, cache_dir=None, before=READ_ONLY) == (READ, [])


def test_a_warm_folder_that_cannot_be_written_is_read(warm: SimpleNamespace) -> None:
    assert run(warm, cache_dir=warm.kept, before=READ_ONLY) == (READ, [])


def test_where_nothing_can_be_written_one_warning_names_the_variable(
    place: SimpleNamespace,
) -> None:
    figures, log = run(place, cache_dir=place.kept, before=READ_ONLY)
    assert figures == COMPILED
    [line] = log
    assert line.startswith("WARNING compiled kernels cannot be kept in ")
    assert "Read-only file system" in line
    assert "set NUMBA_CACHE_DIR to a folder that this user can write" in line


def test_a_variable_that_names_a_file_is_as_good_as_none(place: SimpleNamespace) -> None:
    place.kept.touch()
    assert run(place, cache_dir=place.kept) == (COMPILED, [])
    assert list((place.package / "__pycache__").glob("*.nbc"))


@pytest.mark.parametrize(
    ("pattern", "length"),
    [pytest.param("*.nbi", 0, marks=pytest.mark.thorough), ("*.nbi", 40), ("*.nbc", -10)],
)
def test_a_file_that_was_cut_off_is_told_once_and_mended(
    warm: SimpleNamespace, pattern: str, length: int
) -> None:
    for file in warm.kept.rglob(pattern):
        file.write_bytes(file.read_bytes()[:length])
    figures, log = run(warm, cache_dir=warm.kept)
    assert figures == COMPILED
    [line] = log
    assert line.startswith(f"WARNING compiled kernels in {warm.kept}")
    assert "cannot be read" in line
    assert run(warm, cache_dir=warm.kept) == (READ, [])


def test_one_that_was_cut_off_and_cannot_be_written_is_compiled(warm: SimpleNamespace) -> None:
    for file in warm.kept.rglob("*.nb?"):
        file.write_bytes(file.read_bytes()[:40])
    figures, log = run(warm, cache_dir=warm.kept, before=READ_ONLY)
    assert figures == COMPILED
    assert ["be read" in line for line in log] == [True, False]
    assert ["NUMBA_CACHE_DIR" in line for line in log] == [False, True]
