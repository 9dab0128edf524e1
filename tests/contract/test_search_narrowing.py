"""Queries that look at less: several namespaces, excluded ids, thresholds, offsets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pgvectorize import Client, InvalidFilter, InvalidRequest, Matches
from tests.contract.faces import Face

# on a line, so that the distances from 0 are the numbers
POINTS = {"a": 1.0, "b": 2.0, "c": 3.0, "d": 4.0, "e": 5.0}
NAMESPACES = {"a": "x", "b": "y", "c": "x", "d": "z", "e": None}


def ids(matches: Matches) -> str:
    return "".join(match.id for match in matches)


@pytest.fixture
def line(client: Client, make_index: Callable[..., str]) -> str:
    name = make_index(dimensions=1, metric="euclidean")
    client.index(name).upsert(
        (id, [value], NAMESPACES[id], {"odd": value % 2 == 1}) for id, value in POINTS.items()
    )
    return name


@pytest.mark.parametrize(
    ("namespace", "expected"),
    [
        ("x", "ac"),
        (["x"], "ac"),
        (["x", "z"], "acd"),
        (["z", "nowhere"], "d"),
        ([None], "e"),
        (["y", None], "be"),
        (["nowhere"], ""),
    ],
)
def test_several_namespaces_are_searched_at_once(
    face: Face, line: str, namespace: Any, expected: str
) -> None:
    assert ids(face.query(line, [0], namespace=namespace)) == expected
    assert ids(face.query_by_id(line, "a", namespace=namespace)) == expected
    assert ids(face.query_many(line, [[0]], namespace=namespace)[0]) == expected
    assert face.count(line, namespace=namespace) == len(expected)


@pytest.mark.parametrize("namespace", [[], [""], ["x", ""]])
def test_an_empty_namespace_or_list_of_them_is_refused(
    face: Face, line: str, namespace: Any
) -> None:
    for use in (
        lambda: face.query(line, [0], namespace=namespace),
        lambda: face.count(line, namespace=namespace),
    ):
        with pytest.raises(InvalidRequest, match="is empty"):
            use()


def test_excluded_ids_are_not_found(face: Face, line: str) -> None:
    assert ids(face.query(line, [0], exclude_ids=["a", "d", "nobody"])) == "bce"
    assert ids(face.query(line, [0], exclude_ids=["a"], namespace="x")) == "c"
    assert ids(face.query_by_id(line, "c", exclude_ids=["c"], top_k=2)) == "bd"
    assert ids(face.query(line, [0], exclude_ids=[])) == "abcde"


@pytest.mark.parametrize(
    ("metric", "options", "expected"),
    [
        ("euclidean", {"max_distance": 3.0}, "abc"),
        ("euclidean", {"max_distance": 0.5}, ""),
        ("euclidean", {"max_distance": 3.0, "top_k": 2}, "ab"),
        ("euclidean", {"max_distance": 3.0, "offset": 1}, "bc"),
        ("dot-product", {"max_distance": -2.0}, "edcb"),
        ("cosine", {"min_score": 0.9}, "ab"),
        ("cosine", {"max_distance": 0.1}, "ab"),
        ("cosine", {"min_score": 0.9, "max_distance": 0.001}, "a"),
        ("cosine", {"min_score": -1.0}, "abcde"),
        ("cosine", {"min_score": 1.1}, ""),
    ],
)
def test_a_threshold_leaves_out_what_is_too_far(
    face: Face,
    client: Client,
    make_index: Callable[..., str],
    metric: str,
    options: dict[str, Any],
    expected: str,
) -> None:
    name = make_index(dimensions=2, metric=metric)
    angles = {"a": 0.0, "b": 0.3, "c": 1.0, "d": 2.0, "e": 3.0}
    client.index(name).upsert(
        (id, [np.cos(angles[id]), np.sin(angles[id])] if metric == "cosine" else [value, 0])
        for id, value in POINTS.items()
    )
    query = {"cosine": [1, 0], "euclidean": [0, 0], "dot-product": [1, 0]}[metric]
    for exact in (False, True):
        assert ids(face.query(name, query, exact=exact, **options)) == expected


@pytest.mark.parametrize("metric", ["euclidean", "dot-product"])
def test_min_score_is_refused_where_the_least_score_is_the_best(
    face: Face, make_index: Callable[..., str], metric: str
) -> None:
    with pytest.raises(InvalidRequest, match=f"metric cosine, not with {metric}") as refusal:
        face.query(make_index(dimensions=1, metric=metric), [1], min_score=0.5)
    assert "max_distance" in str(refusal.value.hint)


def test_pages_by_offset_are_the_whole(face: Face, line: str) -> None:
    pages = [ids(face.query(line, [0], top_k=2, offset=offset)) for offset in (0, 2, 4, 6)]
    assert pages == ["ab", "cd", "e", ""]
    assert ids(face.query_by_id(line, "a", top_k=2, offset=1)) == "bc"
    assert [ids(each) for each in face.query_many(line, [[0], [9]], top_k=2, offset=3)] == [
        "de",
        "ba",
    ]


def test_an_offset_beyond_what_the_graph_keeps_still_fills_the_page(
    face: Face, client: Client, make_index: Callable[..., str]
) -> None:
    name = make_index(dimensions=1, metric="euclidean")
    client.index(name).upsert((f"{number:05}", [number]) for number in range(3_000))
    found = face.query(name, [0], top_k=5, offset=2_000)
    assert found.count == 5
    assert [match.id for match in face.query(name, [0], top_k=5, offset=2_000, exact=True)] == [
        f"{number:05}" for number in range(2_000, 2_005)
    ]
    assert face.query(name, [0], top_k=5, offset=2_998).count == 2


@pytest.mark.parametrize("offset", [-1, 10_001])
def test_an_offset_out_of_bounds_is_refused(face: Face, line: str, offset: int) -> None:
    with pytest.raises(InvalidRequest, match=f"offset must be between 0 and 10000, got {offset}"):
        face.query(line, [0], offset=offset)


def test_each_of_many_queries_may_have_its_own_filter(face: Face, line: str) -> None:
    filters = [{"odd": True}, None, {"odd": {"$ne": True}}]
    found = face.query_many(line, [[0], [0], [9]], filters=filters)
    assert [ids(each) for each in found] == ["ace", "abcde", "db"]
    both = face.query_many(line, [[0], [9]], filter={"odd": True}, filters=[None, {"odd": False}])
    assert [ids(each) for each in both] == ["ace", ""]


def test_filters_that_do_not_fit_the_queries_are_refused(face: Face, line: str) -> None:
    with pytest.raises(InvalidRequest, match="1 filters for 2 vectors"):
        face.query_many(line, [[0], [1]], filters=[None])
    with pytest.raises(InvalidFilter, match=r"filters\[2\]\.odd: the condition is empty"):
        face.query_many(line, [[0], [1]], filters=[None, {"odd": {}}])
