"""What holds for all tests."""

import pytest

# The reason that every test of the eight-bit kernels gives when it is skipped.
_NO_VNNI = "AVX-512 VNNI"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly what this machine could not test: a skip is easily overlooked."""
    skipped = [
        report
        for report in terminalreporter.stats.get("skipped", [])
        if isinstance(report.longrepr, tuple) and _NO_VNNI in report.longrepr[2]
    ]
    if not skipped:
        return
    files = sorted({report.location[0] for report in skipped})
    terminalreporter.section("NOT TESTED: eight bits", sep="=", red=True, bold=True)
    terminalreporter.line(
        f"{len(skipped)} tests of eight-bit models were skipped: this processor has no {_NO_VNNI}."
    )
    terminalreporter.line(f"They are in {', '.join(files)}.")
    terminalreporter.line(
        "A change to the kernels, to what they read (open ends, shortlists, converted models) or "
        "to the policies' presets is NOT tested here: run these on a processor that has it."
    )
