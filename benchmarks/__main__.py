"""``make bench``: every benchmark, one after the other. Those on evaluation data need it."""

import subprocess
import sys
from pathlib import Path

DATA = Path("../shared/data")


def main() -> int:
    worst = 0
    for name, needs_data in (
        ("server", False),
        ("load", False),
        ("updates", False),
        ("targets", False),
        ("hostile", False),
        ("overhead", False),
        ("silence", False),
        ("marks", False),
        ("kept", False),
        ("captions", False),
        ("captions_bars", False),
        ("fronts", False),
        ("batch", False),
        ("fairness", False),
        ("oracle", True),
        ("frontier", True),
        ("short", True),
        ("talks", True),
        ("meeting", True),
        ("peers", True),
        ("profile", True),
        ("eight_bits", False),
        ("tiles", False),
        ("everyday", False),
        ("numbers", False),
        ("datastore", True),
    ):
        print(f"\n== {name} ==", flush=True)
        if needs_data and not DATA.is_dir():
            print(f"left out: {DATA} is not here")
            continue
        command = [sys.executable, "-m", f"benchmarks.{name}"]
        worst = max(worst, subprocess.run(command, check=False).returncode)
    return worst


if __name__ == "__main__":
    sys.exit(main())
