"""Best first, also where the HNSW index gives its rows slightly out of order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import psycopg
import pytest

from pgvectorize import Client, Index, Matches

pytestmark = pytest.mark.slow

ROWS, DIMENSIONS = 25_000, 16
# clustered, so that what the scan finds when it goes on is often nearer than what it had
NUMBERS = np.random.default_rng(11)
CENTERS = NUMBERS.normal(size=(50, DIMENSIONS))
VALUES = CENTERS[NUMBERS.integers(50, size=ROWS)] + 0.2 * NUMBERS.normal(size=(ROWS, DIMENSIONS))
QUERIES = VALUES[:40] + 0.2 * NUMBERS.normal(size=(40, DIMENSIONS))


@pytest.fixture(
    scope="module",
    params=[
        ("cosine", "float32"),
        ("euclidean", "float32"),
        ("dot-product", "float32"),
        ("cosine", "float16"),
        ("euclidean", "binary"),
    ],
    ids=" ".join,
)
def disordered(
    client: Client, dsn: str, request: pytest.FixtureRequest
) -> Iterator[tuple[Index, str]]:
    metric, precision = request.param
    client.create_index(
        "disordered", dimensions=DIMENSIONS, metric=metric, index_precision=precision
    )
    index = client.index("disordered")
    index.bulk_load(
        ids=[f"v{row}" for row in range(ROWS)],
        values=VALUES,
        namespaces=["half" if row % 2 else None for row in range(ROWS)],
        metadata=[{"tenth": row % 10} for row in range(ROWS)],
    )
    index.create_metadata_index("tenth", "number")
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("vacuum analyze pgvectorize_data.disordered")
    yield index, metric
    client.delete_index("disordered")


def is_best_first(matches: Matches, metric: str) -> bool:
    scores = [match.score for match in matches]
    return scores == sorted(scores, reverse=metric == "cosine")


WAYS: dict[str, Callable[[Index, Any], Matches]] = {
    "plain": lambda index, vector: index.query(vector, top_k=100),
    "beyond ef_search": lambda index, vector: index.query(vector, top_k=100, ef_search=40),
    "filter": lambda index, vector: index.query(vector, top_k=100, filter={"tenth": {"$lt": 3}}),
    "half": lambda index, vector: index.query(vector, top_k=50, filter={"tenth": {"$gte": 5}}),
    "namespace": lambda index, vector: index.query(vector, top_k=50, namespace="half"),
    "page": lambda index, vector: index.query(vector, top_k=50, offset=50),
    "far page": lambda index, vector: index.query(vector, top_k=20, offset=300, ef_search=320),
    "many": lambda index, vector: index.query_many(
        [vector], top_k=100, filter={"tenth": {"$lt": 3}}
    )[0],
}


@pytest.mark.parametrize("way", WAYS)
def test_matches_come_best_first(disordered: tuple[Index, str], way: str) -> None:
    index, metric = disordered
    answers = [WAYS[way](index, vector) for vector in QUERIES]
    assert [is_best_first(answer, metric) for answer in answers] == [True] * len(QUERIES)
