"""Clients of other services, each run in a process of its own."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

__all__ = ["JUDGES", "judged"]

_ROOT = Path(__file__).parents[2]
JUDGES = _ROOT / "tests" / "judges"
# What `make test` installs for them.
_SITE = _ROOT / "build" / "judges"


async def judged(script: str, address: str) -> Any:
    """What a client has found; skipped without its package."""
    if not _SITE.is_dir():
        missing = f"run first: make {_SITE.relative_to(_ROOT)}/.ready"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(JUDGES / script), address,
        env=os.environ | {"PYTHONPATH": f"{_SITE}{os.pathsep}{_ROOT}"},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        output, errors = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, errors.decode()
    return json.loads(output)
