"""What holds for all tests."""

import gc
import os

import pytest
from hypothesis import settings

# Properties: the same examples in every run, or, to find what nobody has seen yet, new ones. A test
# has a number of its own only where an example takes long.
settings.register_profile("repeatable", max_examples=60, derandomize=True, deadline=None)
settings.register_profile("explore", max_examples=1000, deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))

# For tensors as small as these, and with all cores at work on tests, threads only cost time. Torch
# reads it when it is imported, here and in the processes that tests start.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# What is imported while tests are collected, torch and more, stays: to look through it for garbage
# takes half a second each time.
gc.disable()

# The reason that a test of its instructions gives when it is skipped.
_NO_INSTRUCTIONS = "the processor has no "
# The same for pages.
_NO_BROWSER = "no browser test"
_NO_HELM = "no chart test"


# Where a test takes ten seconds or more.
_LONG = {
    *("test_cli.py", "test_conformance.py", "test_faults.py", "test_first_steps.py"),
    *("test_installed.py", "test_node_client.py", "test_session.py"),
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long, so that no process is left alone with it in the end."""
    items.sort(key=lambda item: item.path.name not in _LONG)


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly what this machine could not test: a skip is easily overlooked.

    Eight bits run everywhere; what a product of bytes is made of is the processor's own.
    """
    reasons = [
        (report, report.longrepr[2])
        for report in terminalreporter.stats.get("skipped", [])
        if isinstance(report.longrepr, tuple)
    ]
    without = [reason for _, reason in reasons if _NO_BROWSER in reason]
    if without:
        terminalreporter.section("NOT TESTED: pages in a browser", sep="=", red=True, bold=True)
        terminalreporter.line(f"{len(without)} tests skipped. {without[0]}")
    without = [reason for _, reason in reasons if _NO_HELM in reason]
    if without:
        terminalreporter.section("NOT TESTED: the Helm chart", sep="=", red=True, bold=True)
        terminalreporter.line(f"{len(without)} tests skipped. {without[0]}")
    missing = sorted(
        {
            reason.partition(_NO_INSTRUCTIONS)[2]
            for _, reason in reasons
            if _NO_INSTRUCTIONS in reason
        }
    )
    if not missing:
        return
    terminalreporter.section(f"NOT TESTED: {', '.join(missing)}", sep="=", red=True, bold=True)
    terminalreporter.line("This processor does not have these instructions for eight bits.")
    terminalreporter.line(
        "A change to models/marian/dots.py or tiles.py is NOT tested for processors that have it."
    )
