"""Progress and tables, as somebody at a terminal sees them."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import numpy as np
import pytest
from click.testing import Result

from pgvectorize.cli import output


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_float32_is_printed_shortest() -> None:
    values = np.array([0.2321, 1, 0, -0.0, -2.5, 1e-9, 3e38, 16777216], dtype=np.float32)
    assert str(output.shortest(values)) == ("[0.2321, 1, 0, 0, -2.5, 1e-09, 3e+38, 16777216]")


def test_a_timestamp_is_utc_with_z() -> None:
    moment = datetime(2024, 7, 11, 15, 2, 18, 2680, tzinfo=timezone(timedelta(hours=2)))
    assert output.timestamp(moment) == "2024-07-11T13:02:18.002680Z"
    assert output.timestamp(None) is None


def test_a_spinner_turns_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    for stderr, drawn in ((io.StringIO(), False), (Terminal(), True)):
        monkeypatch.setattr(sys, "stderr", stderr)
        with output.spinner("building"):
            pass
        assert ("building" in stderr.getvalue()) is drawn


def test_long_values_are_shortened_in_tables_only(
    cli_text: Callable[..., str], make_index: Callable[..., str], cli: Callable[..., Result]
) -> None:
    name = make_index(dimensions=10)
    line = '{"id": "a", "values": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]}'
    cli("upsert", name, "--file", "-", input=line)
    assert "[1, 2, 3, 4, 5, 6, … 10 in all]" in cli_text("get-vectors", name, "--ids", "a")
