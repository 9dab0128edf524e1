"""Which way a query took, in words, over every face."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import numpy as np
import psycopg
import pytest

from pgvectorize import Client, IndexNotFound, InvalidFilter, InvalidRequest, InvalidVector
from tests.contract.faces import Face

Connection = psycopg.Connection[tuple[object, ...]]

VALUES = np.random.default_rng(11).normal(size=(8_000, 8)).astype(np.float32)


@pytest.fixture(scope="module")
def explained(client: Client) -> Any:
    """8,000 vectors, of which 800 are in a namespace and 80 are red; a metadata index on that."""
    client.create_index("explained", dimensions=8, metric="euclidean", hnsw=False)
    index = client.index("explained")
    index.create_metadata_index("color", "string")
    index.upsert(
        ids=[f"v{row}" for row in range(len(VALUES))],
        values=VALUES,
        namespaces=["tenth" if row % 10 == 0 else None for row in range(len(VALUES))],
        metadata=[
            {"color": "red" if row % 100 == 7 else "blue", "odd one": row % 2}
            for row in range(len(VALUES))
        ],
    )
    index.build()
    yield index.name
    client.delete_index("explained")


@pytest.fixture(autouse=True)
def analyzed(explained: str, connection: Connection) -> None:
    connection.execute("vacuum analyze pgvectorize_data.explained")


def test_a_plain_query_walks_the_graph(face: Face, explained: str) -> None:
    told = face.explain(explained, VALUES[3], top_k=10)
    assert (told.path, told.matches, told.expected_matches, told.count) == ("hnsw", 8000, 8000, 10)
    assert told.visited is not None
    assert told.visited >= 10
    first, walk, answer = str(told).splitlines()
    assert first == (
        'Index "explained" holds about 8,000 vectors of 8 dimensions (euclidean), '
        "with an HNSW index of float32, m 16, ef_construction 64."
    )
    assert walk.startswith(
        "It searches the HNSW index (ef_search 200) and finds 10 of 10 among "
        f"{told.visited} vectors"
    )
    assert answer.startswith("Answer: 10 matches, by the HNSW index, in ")


def test_a_rare_filter_is_answered_exactly(face: Face, explained: str) -> None:
    told = face.explain(explained, VALUES[3], filter={"color": "red"}, top_k=100)
    assert (told.path, told.matches, told.visited, told.count) == ("exact", 80, 80, 80)
    assert "80 of them match (1.0 %); Postgres expected 80." in str(told)
    assert 'It reads the metadata index of "color", which gives 80, and compares' in str(told)


def test_a_filter_that_nothing_can_match_says_so(face: Face, explained: str) -> None:
    told = face.explain(explained, VALUES[3], filter={"nothing": {"$in": []}})
    assert (told.path, told.count, told.matches) == ("exact", 0, 0)
    assert "It reads nothing, and compares each match" in told.explanation


def test_what_is_asked_for_exactly_says_so(face: Face, explained: str) -> None:
    told = face.explain(explained, VALUES[3], exact=True)
    assert (told.path, told.visited) == ("exact", 8000)
    assert "An exact search is asked for." in str(told)
    assert "It reads the whole table, 8,000 vectors," in str(told)


def test_statistics_that_mislead_are_named_with_what_fixes_them(face: Face, explained: str) -> None:
    told = face.explain(explained, VALUES[3], filter={"odd one": 1})
    assert (told.matches, told.expected_matches) == (4000, 40)
    (advice,) = told.advice
    assert (advice.code, advice.name) == ("metadata_index_useful", explained)
    assert advice.action == "create_metadata_index"
    assert advice.arguments == {
        "index": "explained",
        "property_name": "odd one",
        "index_type": "number",
    }
    assert advice.fix == (
        "select pgvectorize.create_metadata_index(index => 'explained', "
        "index_type => 'number', property_name => 'odd one');"
    )
    assert str(told).splitlines()[-1] == f"{advice.finding} Run: {advice.fix}"


@pytest.mark.parametrize(
    ("filter", "advice"),
    [
        ('{"size": 1}', [("create_metadata_index", "number")]),
        ('{"$or": [{"size": {"$in": ["a", 1]}}]}', [("create_metadata_index", "string")]),
        ('{"size": {"$gt": 0, "$lt": 9}}', [("create_metadata_index", "number")]),
        ('{"$not": {"size": {"$ne": true}}}', [("create_metadata_index", "boolean")]),
        ('{"size": {"$exists": true}}', [("vacuum", None)]),  # which reads no metadata index
        ('{"color": "red"}', [("vacuum", None)]),
        (None, [("vacuum", None)]),
    ],
)
def test_a_metadata_index_of_the_type_that_the_filter_compares_is_advised(
    connection: Connection, explained: str, filter: str | None, advice: list[tuple[str, str]]
) -> None:
    found = connection.execute(
        "select action, arguments ->> 'index_type' from pgvectorize_private._advice("
        "pgvectorize_private._find_index(%s), 8000, %s, 1, 8000, 'exact', 8000, false)",
        [explained, filter],
    ).fetchall()
    assert found == advice


def test_a_missing_graph_is_said(face: Face, make_index: Callable[..., str]) -> None:
    name = make_index(dimensions=8, metric="euclidean", hnsw=False)
    face.upsert(name, [("a", VALUES[0]), ("b", VALUES[1])])
    told = face.explain(name, VALUES[0])
    assert (told.path, told.count, told.visited) == ("exact", 2, 2)
    assert "with no HNSW index." in str(told)


def test_an_empty_index_has_an_explanation(face: Face, index: str) -> None:
    told = face.explain(index, [1, 2], filter={"a": 1}, namespace="n", offset=3, exact=True)
    assert (told.matches, told.count) == (0, 0)


@pytest.mark.parametrize(
    "options",
    [
        {"top_k": 10},
        {"top_k": 300},
        {"namespace": "tenth"},
        {"namespace": [None, "tenth"], "filter": {"color": {"$ne": "red"}}},
        {"filter": {"$not": {"odd one": 1}}, "ef_search": 40},
        {"exclude_ids": ["v1", "v2"]},
        {"offset": 5},
        {"max_distance": 0.0},
    ],
)
def test_it_tells_of_the_query_that_is_run(
    face: Face, explained: str, options: dict[str, Any]
) -> None:
    told = face.explain(explained, VALUES[5], **options)
    count = face.query(explained, VALUES[5], **{**options, "max_distance": None}).count
    assert told.count == count
    without = {"namespace", "filter", "exclude_ids"}.isdisjoint(options)
    narrowed = {key: options[key] for key in ("namespace", "filter") if key in options}
    wanted = face.count(explained, **narrowed) - len(options.get("exclude_ids", ()))
    assert told.matches == (8000 if without else wanted)


def test_faces_tell_the_same(
    blocking_face: Face, sql_face: Face, async_face: Face, explained: str
) -> None:
    def told(face: Face) -> dict[str, Any]:
        fields = asdict(face.explain(explained, VALUES[3], filter={"color": "red"}))
        return {
            key: fields[key]
            for key in fields
            if key not in ("milliseconds", "attempts", "explanation")
        }

    assert told(blocking_face) == told(sql_face) == told(async_face)


def test_it_is_not_counted_as_a_query(face: Face, make_index: Callable[..., str]) -> None:
    name = make_index(dimensions=2, metric="cosine")
    face.update_index(name, count_queries=True)
    face.upsert(name, [("a", [1, 0])])
    face.explain(name, [1, 0])
    assert [usage.queried_vectors for usage in face.usage(name)] == [0]


def test_what_query_refuses_explain_refuses(face: Face, explained: str) -> None:
    with pytest.raises(InvalidVector):
        face.explain(explained, [1, 2, 3])
    with pytest.raises(InvalidFilter):
        face.explain(explained, VALUES[0], filter={"color": {"$like": 1}})
    with pytest.raises(InvalidRequest, match="top_k"):
        face.explain(explained, VALUES[0], top_k=0)
    with pytest.raises(IndexNotFound):
        face.explain("nothing", VALUES[0])
