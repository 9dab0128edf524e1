"""Answers where Postgres compiles every statement, as it may with `jit_above_cost = 0`.

Only where the server can: the wheels' cannot, Debian's and the official images' can.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import psycopg
import pytest

from pgvectorize import Client, Index

ROWS, DIMENSIONS = 300, 8
VALUES = np.random.default_rng(5).normal(size=(ROWS, DIMENSIONS)).astype(np.float32)

Connection = psycopg.Connection[tuple[object, ...]]

JIT = """
    set local jit = on;
    set local jit_above_cost = 0;
    set local jit_inline_above_cost = 0;
    set local jit_optimize_above_cost = 0
"""

# What is asked and changed, in this order, as nothing of one call can be compared without another.
CALLS: dict[str, Callable[[Index], Any]] = {
    "query": lambda index: index.query(VALUES[3], top_k=5, return_metadata="all").matches,
    "filter": lambda index: index.query(VALUES[3], top_k=5, filter={"n": {"$lt": 40}}).matches,
    "rare filter": lambda index: index.query(VALUES[3], top_k=5, filter={"color": "red"}).matches,
    "or": lambda index: (
        index.query(
            VALUES[3], top_k=9, filter={"$or": [{"n": 7}, {"tags": {"$contains": "t3"}}]}
        ).matches
    ),
    "namespace": lambda index: index.query(VALUES[3], top_k=5, namespace="n1").matches,
    "exact": lambda index: index.query(VALUES[3], top_k=20, exact=True).matches,
    "query by id": lambda index: index.query_by_id("v007", top_k=3).matches,
    "query many": lambda index: [
        each.matches for each in index.query_many(VALUES[:4], top_k=3, filter={"n": {"$gte": 9}})
    ],
    "count": lambda index: index.count(filter={"n": {"$in": [1, 2, 3]}}),
    "get": lambda index: [each.id for each in index.get_by_ids(["v001", "v299", "none"])],
    "list": lambda index: [each.id for each in index.list_vectors(count=7).vectors],
    "facets": lambda index: index.facets("color"),
    "patch": lambda index: index.update_metadata({"color": "blue"}, filter={"n": 5}).count,
    "upsert": lambda index: index.upsert([("v000", VALUES[9]), ("new", VALUES[8])]).count,
    "load": lambda index: (
        index.bulk_load(
            ids=[f"w{row:04}" for row in range(1_200)],
            values=np.resize(VALUES, (1_200, DIMENSIONS)),
        ).mutation.count
    ),
    "delete": lambda index: index.delete(filter={"n": {"$gt": 290}}).count,
    "after all": lambda index: index.query(VALUES[8], top_k=4).matches,
    "describe": lambda index: index.describe(exact=True).vector_count,
    "stats": lambda index: index.stats(exact=True).vector_count,
    "explain": lambda index: index.explain(VALUES[3], top_k=5, filter={"n": 3}).path,
}


@pytest.fixture
def can_compile(connection: Connection) -> None:
    row = connection.execute("select pg_jit_available()").fetchone()
    if row != (True,):
        pytest.skip("this server has no JIT compiler")


def asked(connection: Connection, name: str, settings: str) -> dict[str, Any]:
    """What each call gives in a transaction with these settings, which is rolled back."""
    with connection.transaction(force_rollback=True):
        connection.execute(settings.encode())
        index = Client(connection).index(name)
        return {call: ask(index) for call, ask in CALLS.items()}


@pytest.mark.usefixtures("can_compile")
def test_a_compiled_statement_answers_as_any_other(
    client: Client, connection: Connection, make_index: Callable[..., str]
) -> None:
    name = make_index(dimensions=DIMENSIONS, metric="euclidean")
    index = client.index(name)
    index.create_metadata_index("n", "number")
    index.upsert(
        ids=[f"v{row:03}" for row in range(ROWS)],
        values=VALUES,
        namespaces=[f"n{row % 3}" for row in range(ROWS)],
        metadata=[
            {"n": row, "color": "red" if row == 77 else "green", "tags": [f"t{row % 50}"]}
            for row in range(ROWS)
        ],
    )
    with connection.transaction():
        connection.execute(JIT.encode())
        told = connection.execute(
            "explain (analyze) select count(*) from pgvectorize_private.indexes"
        ).fetchall()
    assert any("JIT" in str(line) for line in told)
    compiled = asked(connection, name, JIT)
    assert compiled == asked(connection, name, "set local jit = off")
    assert compiled["query"][0].id == "v003"
    assert compiled["describe"] == ROWS + 1 + 1_200 - 9
