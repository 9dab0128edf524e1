"""What tests count, which pytest prints in the end: figures for docs/reliability.md.

The counts go with each test's report, as another process may have run it.
"""

from __future__ import annotations

from collections import Counter

import pytest

_PROPERTY = "tally"


class Tally:
    """Counts by fault, of one test."""

    def __init__(self, test: pytest.Item) -> None:
        self._test = test

    def add(self, fault: str, **counts: int) -> None:
        self._test.user_properties.append((_PROPERTY, [fault, counts]))


def print_tally(reporter: pytest.TerminalReporter) -> None:
    """Print the sums of what all tests that ran have counted, if any did."""
    sums: dict[str, Counter[str]] = {}
    for reports in reporter.stats.values():
        for report in reports:
            if getattr(report, "when", None) == "teardown":
                for name, value in report.user_properties:
                    if name == _PROPERTY:
                        fault, counts = value
                        sums.setdefault(fault, Counter()).update(counts)
    if sums:
        reporter.section("what was lost")
    for fault, counts in sorted(sums.items()):
        figures = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in counts.items())
        reporter.line(f"{fault}: {figures}")
