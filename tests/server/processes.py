"""Servers as processes of their own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

COMMAND = [sys.executable, "-m", "translator"]
CLEAN = {key: value for key, value in os.environ.items() if not key.startswith("TRANSLATOR_")}


@contextmanager
def serving(*arguments: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    process = subprocess.Popen(
        [*COMMAND, "serve", "--port", "0", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=CLEAN,
    )
    assert process.stdout is not None
    line = process.stdout.readline().decode()
    try:
        assert line.startswith("serving on 127.0.0.1:")
        yield line.split()[-1], process
    finally:
        process.kill()
        process.communicate()
