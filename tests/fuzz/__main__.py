"""Fuzz for a night: ``python -m tests.fuzz --cases 1000000``.

Each target has a process of its own and its share of the cases. With atheris, the fuzzer that sees
which code a case has reached, what reaches new code is kept and changed further; without it the
cases come from the seeds alone, by chance. A case that finds a bug, hangs or ends the process is
written to ``build/fuzz/NAME`` and told; make a test of it. Exits 1 then.
"""

import argparse
import asyncio
import hashlib
import importlib.util
import logging
import random
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from math import ceil
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "build" / "fuzz"
# Calls are most of the cases: strangers send them, and operators the files.
CALLS = {"calls": 0.3, "rooms": 0.1}
_TIMEOUT_S = 30


def _target(name: str) -> tuple[Callable[[bytes], None], list[bytes]]:
    """What reads a case, and the first ones."""
    if name not in CALLS:
        from tests.fuzz.files import FILES

        return FILES[name].read, list(FILES[name].seeds)

    from tests.fuzz.calls import calls
    from tests.fuzz.rooms import rooms

    loop = asyncio.new_event_loop()
    running: AbstractAsyncContextManager[Any] = calls() if name == "calls" else rooms()
    service = loop.run_until_complete(running.__aenter__())

    def call(data: bytes) -> None:
        # For as long as it is called, it runs.
        assert running
        loop.run_until_complete(service.run(data))

    return call, [bytes([number]) * 40 for number in range(20)]


def _by_chance(name: str, cases: int, seed: int) -> None:
    from tests.fuzz.choices import mutated

    read, seeds = _target(name)
    chance = random.Random(seed)
    for _ in range(cases):
        if name in CALLS:
            data = chance.randbytes(chance.choice((8, 16, 64)))
        else:
            data = mutated(chance.choice(seeds), chance, seeds)
        _note(name, data)
        try:
            read(data)
        except BaseException:
            _keep(name, data)
            raise


def _guided(name: str, cases: int, seed: int) -> None:
    import atheris

    with atheris.instrument_imports(include=["translator"]):
        read, seeds = _target(name)
    corpus = FOLDER / name / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for each in seeds:
        (corpus / hashlib.sha1(each, usedforsecurity=False).hexdigest()).write_bytes(each)
    options = [
        *(f"-runs={cases}", f"-seed={seed}", f"-timeout={_TIMEOUT_S}", "-rss_limit_mb=4096"),
        *(f"-artifact_prefix={FOLDER / name}/", "-max_len=16384", "-verbosity=0"),
    ]
    atheris.Setup([sys.argv[0], *options, str(corpus)], read)
    atheris.Fuzz()


def _note(name: str, data: bytes) -> None:
    """Remember a case: one may end the process."""
    (FOLDER / name / "last").write_bytes(data)


def _keep(name: str, data: bytes) -> None:
    file = FOLDER / name / f"crash-{hashlib.sha1(data, usedforsecurity=False).hexdigest()[:12]}"
    file.write_bytes(data)


def _fuzzed(name: str, cases: int, seed: int, *, guided: bool) -> bool:
    """Run a target in a process of its own. Returns whether it found nothing."""
    folder = FOLDER / name
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "tests.fuzz", "--one", name, "--cases", str(cases)]
    began_s = time.monotonic()
    done = subprocess.run(
        [*command, "--seed", str(seed), *(["--guided"] if guided else [])],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        check=False,
    )
    taken_s = time.monotonic() - began_s
    print(f"{name:14} {cases:8} cases {taken_s:6.0f} s", flush=True)
    if done.returncode == 0:
        return True
    if done.returncode < 0 and (folder / "last").exists():
        _keep(name, (folder / "last").read_bytes())
    print(f"  ended with {done.returncode}; see {folder}\n{done.stderr[-3000:]}", flush=True)
    return False


def main() -> int:
    from tests.fuzz.files import FILES

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--only", action="append", choices=[*CALLS, *FILES])
    parser.add_argument("--one", choices=[*CALLS, *FILES], help=argparse.SUPPRESS)
    parser.add_argument("--guided", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--no-atheris", action="store_true")
    arguments = parser.parse_args()
    if arguments.one:
        logging.disable(logging.CRITICAL)
        fuzz = _guided if arguments.guided else _by_chance
        fuzz(arguments.one, arguments.cases, arguments.seed)
        return 0
    guided = not arguments.no_atheris and importlib.util.find_spec("atheris") is not None
    print(f"seed {arguments.seed}, {'atheris' if guided else 'by chance: there is no atheris'}")
    names = arguments.only or [*CALLS, *FILES]
    weights: dict[str, float] = {name: FILES[name].cases for name in names if name not in CALLS}
    num_files = sum(weights.values()) or 1
    shares = {name: share for name, share in CALLS.items() if name in names}
    for name, share in shares.items():
        weights[name] = share / (1 - sum(CALLS.values())) * num_files
    fine = True
    for name in names:
        cases = ceil(arguments.cases * weights[name] / sum(weights.values()))
        fine &= _fuzzed(name, cases, arguments.seed, guided=guided)
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
