"""The server as a process: how it is started, and what it uses."""

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["cpu_s", "memory_mb", "serving", "thread_ticks"]


@contextmanager
def serving(*options: str, **limits: int) -> Iterator[tuple[str, int, float]]:
    """Address and process id of a server, and the seconds it took to be ready.

    Args:
        options: Of ``translator serve``.
        limits: Settings of the table ``limits``.
    """
    began = time.perf_counter()
    variables = {f"TRANSLATOR_LIMITS__{k.upper()}": str(value) for k, value in limits.items()}
    process = subprocess.Popen(
        [sys.executable, "-m", "translator", "serve", "--port", "0", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=os.environ | variables,
    )
    try:
        if process.stdout is None or not (line := process.stdout.readline()):
            raise SystemExit("the server did not start")
        yield line.split()[-1], process.pid, time.perf_counter() - began
    finally:
        process.kill()
        process.wait()


def memory_mb(pid: int) -> float:
    """Resident memory of a process and its children."""
    pages = sum(int(Path(f"/proc/{p}/statm").read_text().split()[1]) for p in _family(pid))
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def cpu_s(pid: int) -> float:
    """CPU time of a process and its children, user and system."""
    ticks = 0
    for process in _family(pid):
        # The command's name, in brackets, may hold spaces.
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def thread_ticks(pid: int) -> Counter[str]:
    """CPU time of the threads of a process and its children, in clock ticks, by what they are.

    ``main``: the first thread of each; ``python``: the others that are named as it is, such as
    engines; ``other``: those with names of their own, such as gRPC's.
    """
    ticks: Counter[str] = Counter()
    for process in _family(pid):
        tasks = Path(f"/proc/{process}/task")
        name = (tasks / str(process) / "comm").read_text()
        for task in tasks.iterdir():
            is_same = (task / "comm").read_text() == name
            kind = "main" if task.name == str(process) else "python" if is_same else "other"
            fields = (task / "stat").read_text().rpartition(")")[2].split()
            ticks[kind] += int(fields[11]) + int(fields[12])
    return ticks


def _family(pid: int) -> list[int]:
    """A process and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *map(int, children)]
