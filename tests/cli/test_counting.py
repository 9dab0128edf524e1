"""What is stored and queried, from the shell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def test_usage_shows_what_is_stored_and_queried(
    cli_json: Callable[..., Any], cli_text: Callable[..., str], make_index: Callable[..., str]
) -> None:
    name = make_index()
    (month,) = cli_json("usage", name)
    assert month["storedDimensions"] == 0
    assert month["queriedVectors"] is None
    assert "not counted" in cli_text("usage", name)

    cli_json("update", name, "--count-queries")
    cli_json("query", name, "--vector", "1", "2", "3")
    (month,) = cli_json("usage", name)
    assert (month["queriedVectors"], month["queriedDimensions"]) == (1, 3)
    assert month["vectorizeDollars"] == 0
    assert name in cli_text("usage")
