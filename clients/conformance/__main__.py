"""The command: ``python -m clients.conformance --driver "PROGRAM ARGUMENT…" [NAME…]``."""

import argparse
import asyncio
import shlex
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack

from clients.conformance.runner import Result, Runner, check_messages
from clients.conformance.scripts import (
    Batch,
    Call,
    Outage,
    RoomCase,
    Script,
    load_batches,
    load_calls,
    load_outages,
    load_rooms,
    load_scripts,
)
from translator.testing import serve_in_process


def main() -> None:
    """Play all files, print what came of each run, and exit with 0 if all passed."""
    parser = argparse.ArgumentParser(
        prog="python -m clients.conformance",
        description="Check a client library against scripted streams, or, without a driver, "
        "the server. See clients/conformance/README.md.",
    )
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="script, batch, call, room or outage"
    )
    parser.add_argument(
        "--driver", help="command that runs the library's driver (default: check the server)"
    )
    parser.add_argument(
        "--address", help="HOST:PORT of a server with the fake model (default: one is started)"
    )
    parser.add_argument(
        "--timeout", type=float, default=10.0, help="seconds that each await may take (default: 10)"
    )
    parser.add_argument("--jobs", type=int, default=2, help="runs at the same time (default: 2)")
    parser.add_argument(
        "--quick",
        action="store_true",
        help="cut the connection once in each script, not three times",
    )
    arguments = parser.parse_args()
    files: list[Script | Batch | Call | Outage | RoomCase] = [
        *load_scripts(),
        *load_batches(),
        *load_calls(),
        *load_rooms(),
        *load_outages(),
    ]
    if unknown := sorted(set(arguments.names) - {one.name for one in files}):
        parser.error(f"there is no file named {', '.join(unknown)}")
    chosen = [one for one in files if not arguments.names or one.name in arguments.names]
    results = asyncio.run(_run(arguments, chosen))
    num_failed = sum(bool(result.problems) for result in results)
    print(f"{len(results) - num_failed} passed, {num_failed} failed")
    sys.exit(1 if num_failed or not results else 0)


async def _run(
    arguments: argparse.Namespace, files: Sequence[Script | Batch | Call | Outage | RoomCase]
) -> Sequence[Result]:
    results = []

    def tell(result: Result) -> None:
        results.append(result)
        print(f"{'FAILED' if result.problems else 'passed'}  {result.name} ({result.how})")
        for problem in result.problems:
            print("        " + problem.replace("\n", "\n        "))
        sys.stdout.flush()

    async with AsyncExitStack() as stack:
        address = arguments.address
        if address is None:
            address = (await stack.enter_async_context(serve_in_process())).address
        if arguments.driver is None:
            for script in (one for one in files if isinstance(one, Script)):
                tell(await check_messages(script, address, arguments.timeout))
        else:
            command = shlex.split(arguments.driver)
            runner = Runner(
                command, address, tell, arguments.timeout,
                jobs=arguments.jobs, is_quick=arguments.quick,
            )  # fmt: skip
            await runner.run(files)
    return results


if __name__ == "__main__":
    main()
