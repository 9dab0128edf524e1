"""The default ef_search grows with the HNSW index."""

from __future__ import annotations

import psycopg
import pytest


@pytest.mark.parametrize(
    ("pages", "index_precision", "growth"),
    [
        (10, "float32", 1),
        (4_000, "float32", 1),  # 31 MiB
        (6_000, "float32", 2**0.5),
        (6_000, "binary", 1),
    ],
)
def test_the_default_grows_with_the_size_of_the_hnsw_index(
    connection: psycopg.Connection[tuple[object, ...]],
    pages: int,
    index_precision: str,
    growth: float,
) -> None:
    """150,000 vectors of one dimension with m 2 have an HNSW index of 19 MiB."""
    with connection.transaction(force_rollback=True):
        # one row a page
        connection.execute("create temporary table big (content text storage plain)")
        connection.execute(
            "insert into big select repeat('x', 8000) from generate_series(1, %s)", [pages]
        )
        found = connection.execute(
            "select pgvectorize_private._ef_search_growth('pg_temp.big'::regclass, 1, %s, 2)",
            [index_precision],
        ).fetchone()
    assert found == (pytest.approx(growth),)


def test_without_an_hnsw_index_it_does_not_grow(
    connection: psycopg.Connection[tuple[object, ...]],
) -> None:
    found = connection.execute(
        "select pgvectorize_private._ef_search_growth(null, 384, 'float32', 16)"
    ).fetchone()
    assert found == (1,)
