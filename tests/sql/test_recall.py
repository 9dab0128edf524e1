"""Measuring recall, below what the faces show: the sample, the notices, two at once, and rights."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import psycopg
import pytest

from pgvectorize import Client, RecallPoint

Connection = psycopg.Connection[tuple[object, ...]]

VALUES = np.random.default_rng(1).normal(size=(500, 8)).astype(np.float32)
IDS = [f"v{row:03}" for row in range(500)]


@pytest.fixture
def filled(client: Client, make_index: Callable[..., str]) -> Callable[..., str]:
    """Make an index that holds all the values."""

    def make(**options: Any) -> str:
        name = make_index(dimensions=8, **options)
        client.index(name).upsert(ids=IDS, values=VALUES)
        return name

    return make


def sample(connection: Connection, index: str, queries: int) -> Any:
    (row,) = connection.execute(
        "select pgvectorize_private._sample_queries(pgvectorize_private._find_index(%s),"
        " %s)::text[]",
        [index, queries],
    ).fetchall()
    return np.array([json.loads(text) for text in row[0]])  # type: ignore[attr-defined]


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
@pytest.mark.parametrize("storage", ["float32", "float16"])
def test_a_query_is_mixed_of_two_stored_vectors(
    connection: Connection, filled: Callable[..., str], metric: str, storage: str
) -> None:
    queries = sample(connection, filled(metric=metric, storage=storage), 40)
    parts = VALUES.astype(float)
    if storage == "float16":
        parts = VALUES.astype(np.float16).astype(float)
    if metric == "cosine":
        parts /= np.linalg.norm(parts, axis=1, keepdims=True)
    mixtures = (2 * parts[:, None] + parts[None]) / 3
    assert queries.shape == (40, 8)
    assert len(np.unique(queries, axis=0)) == 40
    for query in queries:
        assert np.abs(mixtures - query).max(axis=2).min() < 1e-5


def test_there_are_no_more_queries_than_vectors(
    connection: Connection, filled: Callable[..., str], make_index: Callable[..., str]
) -> None:
    assert len(sample(connection, filled(), 9_000)) == 500
    assert len(sample(connection, make_index(), 10)) == 0


def test_a_table_of_empty_pages_is_read_as_a_whole(
    connection: Connection, make_index: Callable[..., str], client: Client
) -> None:
    name = make_index(dimensions=500, hnsw=False)
    values = np.random.default_rng(1).normal(size=(600, 500))
    ids = [str(row) for row in range(600)]
    client.index(name).upsert(ids=ids, values=values)
    client.index(name).delete_by_ids(ids[:-2])
    assert len(sample(connection, name, 2)) == 2


@pytest.mark.slow
def test_a_long_measurement_tells_how_far_it_is(
    connection: Connection, filled: Callable[..., str]
) -> None:
    notices: list[str] = []
    connection.add_notice_handler(lambda notice: notices.append(str(notice.message_primary)))
    name = filled(hnsw=False)
    connection.execute("select pgvectorize.recall(%s, queries => 2)", [name])
    assert notices == []
    connection.execute(
        "select pgvectorize.recall(%s, vectors => array_fill(%s::vector, array[10000]))",
        [name, str([1] * 8)],
    )
    assert re.fullmatch(r"exact: \d+ of 10000 queries", notices[0])


@pytest.mark.parametrize("vectors", [None, VALUES[:30] + np.float32(0.1)])
def test_what_recall_has_measured_tune_does_not_measure_again(
    client: Client, connection: Connection, filled: Callable[..., str], vectors: Any
) -> None:
    name = filled()
    index = client.index(name)

    def measured() -> dict[object, object]:
        rows = connection.execute(
            """
            select recalls.ef_search, milliseconds from pgvectorize_private.recalls
            join pgvectorize_private.indexes on indexes.id = index_id
            where name = %s
            """,
            [name],
        ).fetchall()
        return dict(rows)  # type: ignore[arg-type]

    index.recall(vectors, queries=30)
    before = measured()
    assert index.tune(0.9, vectors=vectors, queries=30).milliseconds in measured().values()
    assert before.items() <= measured().items()
    before = measured()
    index.tune(0.95, vectors=vectors, queries=30)
    assert before.items() <= measured().items()

    def last_exact_search() -> object:
        return connection.execute(
            """
            select measured_at from pgvectorize_private.recall_baselines
            join pgvectorize_private.indexes on indexes.id = index_id
            where name = %s
            """,
            [name],
        ).fetchone()

    # other queries, another top_k, or other vectors in the index
    known = last_exact_search()
    changes: list[dict[str, Any]] = [
        {"vectors": [VALUES[:30], VALUES[:31]][vectors is None]},
        {"top_k": 3},
        {},
    ]
    for change in changes:
        if not change:
            index.upsert([("new", VALUES[0])])
        index.tune(0.9, **{"vectors": vectors, "queries": 30, **change})
        earlier, known = known, last_exact_search()
        assert known != earlier
    index.tune(0.9, vectors=vectors, queries=30)
    assert last_exact_search() == known


def test_of_two_that_tune_the_last_one_holds(
    dsn: str, connection: Connection, filled: Callable[..., str]
) -> None:
    name = filled()
    tops = [3, 7, 13, 21]

    def tune(top_k: int) -> RecallPoint:
        with psycopg.connect(dsn, autocommit=True) as own:
            return Client(own).index(name).tune(0.9, queries=20, top_k=top_k)

    with ThreadPoolExecutor() as pool:
        points = list(pool.map(tune, tops))
    kept = connection.execute(
        """
        select distinct recalls.top_k, indexes.ef_search from pgvectorize_private.recalls
        join pgvectorize_private.indexes on indexes.id = index_id
        where name = %s
        """,
        [name],
    ).fetchall()
    assert kept in [[(point.top_k, point.ef_search)] for point in points]


def test_who_may_only_read_can_measure_without_storing(
    dsn: str, connection: Connection, filled: Callable[..., str]
) -> None:
    name = filled()
    connection.execute("create role only_reads")
    try:
        for schema in ("pgvectorize", "pgvectorize_private", "pgvectorize_data"):
            connection.execute(f"grant usage on schema {schema} to only_reads")
            connection.execute(f"grant select on all tables in schema {schema} to only_reads")
        connection.execute("set role only_reads")
        (points,) = connection.execute(
            "select count(*) from pgvectorize.recall(%s, queries => 5, store => false)", [name]
        ).fetchall()
        assert points[0] > 1  # type: ignore[operator]
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="recalls"):
            connection.execute("select pgvectorize.recall(%s, queries => 5)", [name])
    finally:
        connection.execute("reset role")
        connection.execute("drop owned by only_reads")
        connection.execute("drop role only_reads")
