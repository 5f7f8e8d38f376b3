"""A job that is killed again and again, and one over a file that is larger than memory.

    python -m benchmarks.kills --rows 100000 --kills 20
    python -m benchmarks.kills --rows 20000 --kills 12 --ray
    python -m benchmarks.kills --gigabytes 5

The first kills ``translator batch`` (SIGKILL) at random moments of a table with the fake model,
runs it again until it is through, and compares its output with that of a job that nobody disturbed.
With ``--ray`` it runs in a Ray cluster of two nodes on this machine, and what is killed is drawn
each time: the job, one of its workers, or a whole node, in place of which a new one comes.
The last tells the memory of a job over a table of which most stays, beside that of a table of a
thousand rows. All exit 1 when they fail, and remove what they wrote.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

__all__ = ["main"]

_DIFFERENT = 3_000
_RAY_S = 600.0
_PAGE = os.sysconf("SC_PAGE_SIZE")
# What a job may take beyond one over a small table, in bytes.
_MAX_MORE = 300_000_000
_WORDS = (
    "red",
    "blue",
    "lamp",
    "chair",
    "table",
    "cotton",
    "steel",
    "large",
    "warm",
    "with",
    "for",
)


def _command(prefix: str, source: Path, target: Path, store: Path) -> list[str]:
    return [
        *prefix.split(), sys.executable, "-m", "translator", "batch", str(source), str(target),
        "--from", "xx", "--to", "yy", "--column", "title", "--column", "body:html",
        "--store", str(store), "--overwrite",
    ]  # fmt: skip


def _started(command: list[str]) -> "subprocess.Popen[bytes]":
    environment = {**os.environ, "TRANSLATOR_FAKE_MODEL": "1"}
    return subprocess.Popen(
        command, env=environment, start_new_session=True, stderr=subprocess.DEVNULL
    )


def _undisturbed(command: list[str]) -> None:
    if _started(command).wait():
        sys.exit("the job that nobody disturbed has failed")


def _row(number: int, kept: str = "") -> str:
    """A row; its texts come again after a few thousand, as in a catalogue."""
    chance = random.Random(number % _DIFFERENT)  # noqa: S311
    title = " ".join(chance.choices(_WORDS, k=5))
    body = " ".join(chance.choices(_WORDS, k=12))
    return f'SKU-{number},{title}.,"<p>{body} <b>{number % 100}</b>.</p>",{kept}\n'


def _write_table(path: Path, rows: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write("sku,title,body,data\n")
        file.writelines(_row(number) for number in range(rows))


def _killed(folder: Path, rows: int, kills: int, prefix: str, seed: int) -> bool:
    source = folder / "in.csv"
    _write_table(source, rows)
    began = time.monotonic()
    _undisturbed(_command(prefix, source, folder / "whole.csv", folder / "whole.db"))
    undisturbed_s = time.monotonic() - began
    print(f"undisturbed: {undisturbed_s:.0f} s, {source.stat().st_size / 1e6:.0f} MB", flush=True)
    chance = random.Random(seed)  # noqa: S311
    target = folder / "killed.csv"
    done = runs = 0
    while True:
        job = _started(_command(prefix, source, target, folder / "killed.db"))
        runs += 1
        wait_s = chance.uniform(0.2, undisturbed_s) if done < kills else None
        try:
            job.wait(wait_s)
        except subprocess.TimeoutExpired:
            os.killpg(job.pid, signal.SIGKILL)
            job.wait()
            done += 1
            there = "there" if target.exists() else "not there"
            print(f"killed after {wait_s:.1f} s, output {there}", flush=True)
            continue
        if done >= kills:
            break
        # It was through before: another output, and what is in the store is known already.
        (folder / "killed.db").unlink(missing_ok=True)
        target.unlink()
        print("was through before it could be killed; begins anew", flush=True)
    same = target.read_bytes() == (folder / "whole.csv").read_bytes()
    left = [path.name for path in folder.iterdir() if ".part" in path.name]
    print(f"{done} kills in {runs} runs: bytes {'equal' if same else 'DIFFER'}; left: {left}")
    return same and not left


def _killed_in_ray(folder: Path, rows: int, kills: int, prefix: str, seed: int) -> bool:
    from ray.cluster_utils import Cluster

    source, target = folder / "in.csv", folder / "killed.csv"
    _write_table(source, rows)
    _undisturbed(_command(prefix, source, folder / "whole.csv", folder / "whole.db"))
    chance = random.Random(seed)  # noqa: S311
    os.environ["TRANSLATOR_FAKE_MODEL"] = "1"
    # On a busy machine a node takes its time.
    os.environ.update(RAY_raylet_start_wait_time_s="100")
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    node = cluster.add_node(num_cpus=2)
    in_ray = ["--ray", cluster.address, "--processes", "2", "--shards", "24"]
    done: Counter[str] = Counter()
    runs = 0
    job: subprocess.Popen[bytes] | None = None
    try:
        while True:
            if job is None:
                command = _command(prefix, source, target, folder / "killed.db")
                job = _started([*command, *in_ray])
                runs += 1
            try:
                if done.total() >= kills:
                    job.wait(_RAY_S)
                else:
                    # Some seconds pass before it has a cluster.
                    job.wait(chance.uniform(1.0, 40.0))
            except subprocess.TimeoutExpired:
                what = chance.choice(["job", "worker", "worker", "node"])
                if what == "job":
                    os.killpg(job.pid, signal.SIGKILL)
                    job.wait()
                    job = None
                elif what == "worker":
                    workers = _workers()
                    if not workers:
                        continue
                    os.kill(chance.choice(workers), signal.SIGKILL)
                else:
                    cluster.remove_node(node, allow_graceful=False)
                    node = cluster.add_node(num_cpus=2)
                done[what] += 1
                parts = len(list(folder.glob("killed.csv.parts/*.json")))
                print(f"killed: {what}; {parts} shards done", flush=True)
                continue
            if job.returncode:
                # Shards that were lost three times; the next run makes them.
                print(f"ended with {job.returncode}", flush=True)
            elif done.total() < kills:
                (folder / "killed.db").unlink(missing_ok=True)
                if target.read_bytes() != (folder / "whole.csv").read_bytes():
                    break
                target.unlink()
                print("was through; begins anew", flush=True)
            if done.total() < kills or job.returncode:
                job = None
                continue
            break
    finally:
        cluster.shutdown()
    same = target.read_bytes() == (folder / "whole.csv").read_bytes()
    left = [path.name for path in folder.iterdir() if ".part" in path.name]
    told = ", ".join(f"{count} × {what}" for what, count in sorted(done.items()))
    print(f"{told} killed in {runs} runs: bytes {'equal' if same else 'DIFFER'}; left: {left}")
    return same and not left


def _workers() -> list[int]:
    """The processes of this machine that are workers of a job in Ray."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cmdline").read_bytes().startswith(b"ray::_Worker"):
                found.append(int(process.name))
        except OSError:
            continue
    return found


def _memory_of(group: int) -> int:
    """The most memory that a process of a group has, in bytes."""
    most = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if os.getpgid(int(process.name)) == group:
                most = max(most, int((process / "statm").read_text().split()[1]) * _PAGE)
        except (OSError, IndexError):
            continue
    return most


def _watched(command: list[str], every_s: float) -> tuple[int, float]:
    """The peak memory of a job, in bytes, and its seconds; memory is told as it goes."""
    job = _started(command)
    began, told, peak = time.monotonic(), 0.0, 0
    while job.poll() is None:
        memory = _memory_of(job.pid)
        peak = max(peak, memory)
        if time.monotonic() - told >= every_s:
            told = time.monotonic()
            print(f"{told - began:6.0f} s  {memory / 1e6:6.0f} MB", flush=True)
        time.sleep(0.2)
    return peak, time.monotonic() - began


def _large(folder: Path, gigabytes: float, prefix: str) -> bool:
    small, large = folder / "small.csv", folder / "large.csv"
    _write_table(small, 1_000)
    kept = "0123456789abcdef" * 1_024
    size = number = 0
    with large.open("w", encoding="utf-8") as file:
        size += file.write("sku,title,body,data\n")
        while size < gigabytes * 1e9:
            size += file.write(_row(number, kept))
            number += 1
    command = _command(prefix, small, folder / "small.out.csv", folder / "small.db")
    base, _ = _watched(command, 60.0)
    print(f"a table of 1,000 rows: {base / 1e6:.0f} MB", flush=True)
    command = _command(prefix, large, folder / "large.out.csv", folder / "large.db")
    peak, seconds = _watched(command, 20.0)
    written = (folder / "large.out.csv").stat().st_size
    print(
        f"{size / 1e9:.1f} GB, {number:,} rows: {peak / 1e6:.0f} MB, "
        f"{(peak - base) / 1e6:+.0f} MB, {seconds:.0f} s, {written / 1e9:.1f} GB written"
    )
    return peak - base <= _MAX_MORE and written >= 0.99 * size


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--ray", action="store_true", help="in a Ray cluster of this machine")
    parser.add_argument("--gigabytes", type=float, default=0.0, help="instead of kills")
    parser.add_argument("--seed", type=int, default=1, help="of the moments")
    parser.add_argument("--prefix", default="", help="put before each command, such as nice")
    parser.add_argument("--folder", type=Path, help="where to write; by default a temporary one")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        if options.gigabytes:
            is_right = _large(Path(folder), options.gigabytes, options.prefix)
        else:
            killed = _killed_in_ray if options.ray else _killed
            is_right = killed(
                Path(folder), options.rows, options.kills, options.prefix, options.seed
            )
    sys.exit(0 if is_right else 1)


if __name__ == "__main__":
    main()
