"""Values: equality with arrays inside, and an answer that behaves as a sequence."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from pgvectorize import Match, Matches, Vector


def test_vectors_are_equal_by_their_values() -> None:
    assert Vector("a", np.array([1, 2], dtype=np.float32)) == Vector("a", [1.0, 2.0])
    assert Vector("a", [1.0, 2.0]) != Vector("a", [1.0, 3.0])
    assert Vector("a", [1.0]) != Vector("a", [1.0, 1.0])


@pytest.mark.parametrize(
    "other",
    [
        Vector("b", [1.0], "n", {"k": 1}),
        Vector("a", [1.0], None, {"k": 1}),
        Vector("a", [1.0], "n", {"k": 2}),
    ],
)
def test_vectors_that_differ_in_anything_are_not_equal(other: Vector) -> None:
    assert Vector("a", [1.0], "n", {"k": 1}) != other


def test_matches_are_equal_with_and_without_values() -> None:
    values = np.array([1], dtype=np.float32)
    assert Match("a", 0.5) == Match("a", 0.5)
    assert Match("a", 0.5, values=values) == Match("a", 0.5, values=values.copy())
    assert Match("a", 0.5, values=values) != Match("a", 0.5)


def test_a_match_is_no_vector() -> None:
    assert Match("a", 0.5) != Vector("a", [0.5])


def test_values_with_arrays_are_not_hashable() -> None:
    with pytest.raises(TypeError, match="unhashable"):
        hash(Vector("a", [1.0]))


def test_values_are_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        Match("a", 0.5).score = 1.0  # type: ignore[misc]


def test_matches_behave_as_a_sequence() -> None:
    matches = Matches(2, [Match("a", 0.5), Match("b", 0.4)])
    assert [match.id for match in matches] == ["a", "b"]
    assert len(matches) == matches.count == 2
    assert matches[-1].id == "b"
