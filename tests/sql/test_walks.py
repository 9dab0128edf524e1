"""Filters whose rows lie elsewhere than the query, so that a walk of the graph meets none."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import psycopg
import pytest

from pgvectorize import Client, Index

pytestmark = pytest.mark.slow

ROWS, DIMENSIONS = 24_000, 16  # below 20,000 an exact search is preferred


@pytest.fixture(scope="module")
def split(client: Client, dsn: str) -> Iterator[Index]:
    """One row in ten lies on the other side of the space from all the others."""
    numbers = np.random.default_rng(3)
    is_far = np.arange(ROWS) % 10 == 0
    values = numbers.normal(size=(ROWS, DIMENSIONS)) + np.where(is_far, -20, 20)[:, np.newaxis]
    client.create_index("split", dimensions=DIMENSIONS, metric="euclidean")
    index = client.index("split")
    index.bulk_load(
        ids=[f"v{row}" for row in range(ROWS)],
        values=values,
        namespaces=["far" if far else None for far in is_far],
        metadata=[{"far": bool(far), "unindexed": bool(far)} for far in is_far],
    )
    index.create_metadata_index("far", "boolean")
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("vacuum analyze pgvectorize_data.split")
    yield index
    client.delete_index("split")


@pytest.mark.parametrize(
    "options",
    [
        {"filter": {"far": True}},
        {"filter": {"unindexed": True}},
        {"filter": {"unindexed": {"$ne": False}}},
        {"namespace": "far"},
        {"filter": {"unindexed": True}, "top_k": 100},
        {"filter": {"unindexed": True}, "ef_search": 10},
    ],
)
def test_the_answer_is_the_exact_one(split: Index, options: dict[str, object]) -> None:
    for vector in np.random.default_rng(4).normal(size=(5, DIMENSIONS)) + 20:
        found = split.query(vector, **options)  # type: ignore[arg-type]
        exact = split.query(vector, **{**options, "ef_search": None}, exact=True)  # type: ignore[arg-type]
        assert [match.id for match in found] == [match.id for match in exact]
        assert found.count == options.get("top_k", 5)


def test_the_rows_beside_the_query_are_found_by_the_graph(
    split: Index, connection: psycopg.Connection[tuple[object, ...]]
) -> None:
    """What is filtered out lies elsewhere: the walk is short, and trusted."""
    vector = np.full(DIMENSIONS, 20.0)
    borrowed = Client(connection).index("split")
    with connection.transaction():
        borrowed.query(vector, filter={"unindexed": False}, top_k=10)
        steps = connection.execute(
            "select sum(pg_stat_get_xact_tuples_returned(indexrelid)) from pg_index"
            " join pg_class on oid = indexrelid"
            " where indrelid = 'pgvectorize_data.split'::regclass and relname like '%hnsw'"
        ).fetchone()
    assert steps is not None
    assert 20 <= int(str(steps[0])) <= 40  # of so few dimensions twice as many are sought


def test_settings_of_the_session_stay(
    split: Index,
    connection: psycopg.Connection[tuple[object, ...]],
    settings: Callable[[], list[tuple[object, ...]]],
) -> None:
    before = settings()
    Client(connection).index("split").query(
        np.full(DIMENSIONS, 20.0), filter={"unindexed": True}, top_k=10
    )
    assert settings() == before


@pytest.fixture
def settings(
    connection: psycopg.Connection[tuple[object, ...]],
) -> Callable[[], list[tuple[object, ...]]]:
    connection.execute("select '[0]'::vector")  # loads the library
    connection.execute("set enable_seqscan = off")
    connection.execute("set hnsw.max_scan_tuples = 7")

    def read() -> list[tuple[object, ...]]:
        return connection.execute(
            "select name, setting from pg_settings where name like 'hnsw.%' or name like 'enable%'"
            " order by name"
        ).fetchall()

    return read


def test_explain_says_that_a_walk_was_not_trusted(split: Index) -> None:
    told = split.explain(np.full(DIMENSIONS, 20.0), filter={"unindexed": True})
    assert (told.path, told.matches, told.count, told.visited) == ("exact", ROWS // 10, 5, ROWS)
    assert [attempt["way"] for attempt in told.attempts] == ["relaxed_order", "exact"]
    _, _, walk, exact, _, advice = str(told).splitlines()
    assert "The search ends after" in walk or "they are not trusted" in walk
    assert exact.startswith(f"It searches exactly. It reads the whole table, {ROWS:,} vectors")
    assert "pgvectorize.create_metadata_index(index => 'split'" in advice


def test_a_look_that_finds_nothing_saves_the_walk(split: Index) -> None:
    told = split.explain(np.full(DIMENSIONS, 20.0), filter={"unindexed": True}, ef_search=10)
    assert (told.path, told.count) == ("exact", 5)
    assert [attempt["way"] for attempt in told.attempts] == ["look", "exact"]
    assert "So matches are rare, or far away" in str(told)


def test_explain_says_that_a_walk_was_short(split: Index) -> None:
    told = split.explain(np.full(DIMENSIONS, 20.0), filter={"unindexed": False}, top_k=10)
    assert (told.path, told.count) == ("hnsw", 10)
    assert told.visited in range(20, 41)
    assert len(told.attempts) == 1
