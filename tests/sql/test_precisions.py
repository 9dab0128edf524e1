"""The HNSW index that each precision builds, and that a search is planned to use."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from pgvectorize import Client

Connection = psycopg.Connection[tuple[object, ...]]

OPCLASSES = {"cosine": "cosine_ops", "euclidean": "l2_ops", "dot-product": "ip_ops"}


def hnsw(connection: Connection, name: str) -> str:
    rows = connection.execute(
        """
        select pg_get_indexdef(pgvectorize_private._hnsw_index(pgvectorize_private._find_index(%s)))
        """,
        [name],
    ).fetchall()
    return str(rows[0][0])


@pytest.mark.parametrize(
    ("storage", "precision", "key"),
    [
        ("float32", "float32", "embedding vector_{}"),
        ("float32", "float16", "((embedding)::halfvec(32)) halfvec_{}"),
        ("float32", "binary", "((binary_quantize(embedding))::bit(32)) bit_hamming_ops"),
        ("float16", "float16", "embedding halfvec_{}"),
        ("float16", "binary", "((binary_quantize(embedding))::bit(32)) bit_hamming_ops"),
    ],
)
@pytest.mark.parametrize("metric", OPCLASSES)
def test_the_hnsw_index_is_built_as_asked_for(
    connection: Connection,
    make_index: Callable[..., str],
    metric: str,
    storage: str,
    precision: str,
    key: str,
) -> None:
    options: dict[str, Any] = {"storage": storage, "index_precision": precision}
    name = make_index(dimensions=32, metric=metric, m=8, ef_construction=40, **options)
    if (storage, precision, metric) == ("float32", "float16", "cosine"):
        key = "((l2_normalize(embedding))::halfvec(32)) halfvec_{}"
    definition = re.sub(r"\b(public|pg_catalog)\.", "", hnsw(connection, name))
    assert f"USING hnsw ({key.format(OPCLASSES[metric])}) " in definition
    assert definition.endswith("WITH (m='8', ef_construction='40')")


@pytest.fixture
def scanned(connection: Connection) -> Iterator[Callable[[str], int]]:
    """Count the scans of the HNSW index of an index in the transaction that lasts until the end."""
    connection.execute("begin")
    connection.execute("set local enable_seqscan = off")
    connection.execute(
        "set local enable_sort = off"
    )  # the graph is in order, other indexes are not

    def scans(name: str) -> int:
        row = connection.execute(
            "select pg_stat_get_xact_numscans(pgvectorize_private._hnsw_index("
            "pgvectorize_private._find_index(%s)))",
            [name],
        ).fetchone()
        assert row is not None
        return int(str(row[0]))

    yield scans
    connection.execute("rollback")


@pytest.mark.parametrize("metric", OPCLASSES)
@pytest.mark.parametrize(
    ("storage", "precision"),
    [
        ("float32", "float32"),
        ("float32", "float16"),
        ("float32", "binary"),
        ("float16", "float16"),
        ("float16", "binary"),
    ],
)
def test_a_search_goes_through_the_hnsw_index_that_was_built(
    client: Client,
    connection: Connection,
    make_index: Callable[..., str],
    scanned: Callable[[str], int],
    metric: str,
    storage: str,
    precision: str,
) -> None:
    name = make_index(dimensions=4, metric=metric, storage=storage, index_precision=precision)
    client.index(name).upsert((f"v{row}", [row, 1, -2, 3]) for row in range(200))
    index = Client(connection).index(name)
    for use in (
        lambda: index.query([1, 1, -2, 3]),
        lambda: index.query_by_id("v7"),
        lambda: index.query_many([[1, 1, -2, 3]]),
    ):
        before = scanned(name)
        use()
        assert scanned(name) > before
    before = scanned(name)
    index.query([1, 1, -2, 3], exact=True)
    assert scanned(name) == before


@pytest.mark.parametrize("is_dropped", [False, True])
def test_where_the_hnsw_index_is_not_used_signs_choose_nothing(
    client: Client, connection: Connection, make_index: Callable[..., str], is_dropped: bool
) -> None:
    """In a small table the planner reads all rows, whose signs are the same here."""
    name = make_index(dimensions=2, metric="euclidean", index_precision="binary")
    index = client.index(name)
    index.upsert((f"v{row:03}", [1.0, row + 1.0], "n", {"odd": row % 2 == 1}) for row in range(900))
    if is_dropped:
        connection.execute(
            "select pgvectorize_private._execute_ddl(format('drop index %%s', "
            "pgvectorize_private._hnsw_index(pgvectorize_private._find_index(%s))))",
            [name],
        )
    for found in (
        index.query([1.0, 700.0], top_k=1),
        index.query([1.0, 700.0], top_k=1, return_metadata="all", max_distance=5),
        index.query([1.0, 700.0], top_k=1, filter={"odd": True}),
        index.query([1.0, 700.0], top_k=1, namespace="n"),
        index.query_many([[1.0, 700.0]], top_k=1)[0],
        index.query_by_id("v699", top_k=1),
    ):
        assert [match.id for match in found] == ["v699"]
    ways = [attempt["way"] for attempt in index.explain([1.0, 700.0], top_k=1).attempts]
    assert ways == (["exact"] if is_dropped else ["off", "exact"])
    explanation = index.explain([1.0, 700.0], top_k=1).explanation
    assert ("the 200 whose signs are nearest, which is not exact" in explanation) is not is_dropped
