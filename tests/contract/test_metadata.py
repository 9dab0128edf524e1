"""Metadata: what comes back, and what may not be stored."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pgvectorize import InvalidVector, Vector
from tests.contract.faces import Face

ROUND_TRIPS: list[dict[str, Any]] = [
    {},
    {"string": "", "number": 0, "true": True, "false": False, "null": None},
    {"nested": {"a": {"b": {"c": [1, {"d": None}]}}, "empty": {}, "list": []}},
    {"mixed": [1, "1", 1.0, True, None, [], [[]], {}, {"a": []}]},
    {"unicode": "äß漢字🧭\u200b\ufeff\u0001\u001f\u007f\u2028", "ключ🧭": 1},
    {"quotes": "' '' \" \\ \\\\ \\u0041 %s %(a)s $1 {} ') or true --", "') or true --": 1},
    {" ": 1, "\n": 2, "a$": 3, "it's": 4, "\\": 5, "%": 6, "-": 7, "0": 8, "null": 9},
    {"integers": [2**31, 2**53 + 1, 2**63, 2**70, -(2**70), 10**400, -1, 0]},
    {"floats": [1.0, 0.0, 0.1, -2.5, 1e23, 1e22, -1e23, 1.7976931348623157e308, 5e-324, 1e-7]},
    {"like numbers": ["1e+23", "-1e+23", '"1e+23', "1e23\\", "NaN"]},
    {"1e+23": 1e23, '\\"'.replace('"', "'"): "1e+5"},
    {"long": "x" * 100_000, "k" * 2_000: list(range(1_000))},
]


def as_json(value: Any) -> str:
    """Tells 1 from 1.0 and from True, which `==` does not."""
    return json.dumps(value, sort_keys=True)


@pytest.mark.parametrize("metadata", ROUND_TRIPS)
def test_metadata_comes_back_unchanged(face: Face, index: str, metadata: dict[str, Any]) -> None:
    face.upsert(index, [Vector("row", [1, 2], None, metadata)])
    face.insert(index, ids=["column"], values=[[1, 2]], metadata=[metadata])

    read = [vector.metadata for vector in face.get_by_ids(index, ["row", "column"])]
    found = [match.metadata for match in face.query(index, [1, 2], return_metadata="all")]
    assert [as_json(each) for each in read + found] == [as_json(metadata)] * 4


def test_metadata_keeps_its_type_when_it_is_upserted_again(face: Face, index: str) -> None:
    for metadata in ({"n": 1}, {"n": 1.0}, {"n": True}, {"n": 1}):
        face.upsert(index, [("a", [1, 2], None, metadata)])
        assert as_json(face.get_by_ids(index, ["a"])[0].metadata) == as_json(metadata)


@pytest.mark.parametrize("metadata", [None, {}])
def test_no_metadata_and_an_empty_object_are_told_apart(
    face: Face, index: str, metadata: dict[str, Any] | None
) -> None:
    face.upsert(index, [("a", [1, 2], None, metadata)])
    assert face.get_by_ids(index, ["a"])[0].metadata == metadata


@pytest.mark.parametrize("key", ["", "$", "$a", "a.b", ".", 'a"b', '"', "größe.cm"])
@pytest.mark.parametrize("depth", ["top", "nested", "deep", "in an array", "in arrays"])
def test_a_forbidden_key_is_refused_at_any_depth(
    face: Face, index: str, key: str, depth: str
) -> None:
    bad = {"fine": 1, key: 2}
    places: dict[str, dict[str, Any]] = {
        "top": bad,
        "nested": {"a": bad},
        "deep": {"a": {"b": {"c": bad}}},
        "in an array": {"a": [1, bad]},
        "in arrays": {"a": [[{"b": [[bad]]}]]},
    }

    with pytest.raises(InvalidVector) as refusal:
        face.upsert(index, [("a", [1, 2]), ("b", [1, 2], None, places[depth])])
    assert str(refusal.value) == (
        'row 2, id "b": a metadata key is empty, begins with "$", or contains "." or a double '
        f"quote: {json.dumps(key, ensure_ascii=False)}"
    )
    assert refusal.value.hint
    assert face.count(index) == 0


@pytest.mark.parametrize("metadata", [[], [1], "text", 5, True])
def test_metadata_that_is_no_object_is_refused(face: Face, index: str, metadata: Any) -> None:
    with pytest.raises(InvalidVector, match='row 1, id "a": metadata is not an object'):
        face.upsert(index, [("a", [1, 2], None, metadata)])
    with pytest.raises(InvalidVector, match='row 1, id "a": metadata is not an object'):
        face.upsert(index, ids=["a"], values=[[1, 2]], metadata=[metadata])
    assert face.count(index) == 0
