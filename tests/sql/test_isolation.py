"""Transactions that keep their first snapshot, beside others who delete and rename indexes."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from psycopg import IsolationLevel

import pgvectorize
from pgvectorize import Client, Index, IndexNotFound

LEVELS = [IsolationLevel.REPEATABLE_READ, IsolationLevel.SERIALIZABLE]
VALUES = [1.0, 2.0, 3.0]
CALLS: dict[str, Callable[[Index], Any]] = {
    "query": lambda index: index.query(VALUES, exact=True),
    "query_by_its_function": lambda index: index.query(VALUES),
    "query_by_id": lambda index: index.query_by_id("a"),
    "query_many": lambda index: index.query_many([VALUES]),
    "explain": lambda index: index.explain(VALUES),
    "count": lambda index: index.count(),
    "get_by_ids": lambda index: index.get_by_ids(["a"]),
    "list_vectors": lambda index: index.list_vectors(),
    "list_namespaces": lambda index: index.list_namespaces(),
    "facets": lambda index: index.facets("a"),
    "describe": lambda index: index.describe(),
    "insert": lambda index: index.insert([("b", VALUES)]),
    "upsert": lambda index: index.upsert([("a", VALUES)]),
    "upsert_batches": lambda index: index.upsert([("a", VALUES), ("b", VALUES)], batch_size=1),
    "update_metadata": lambda index: index.update_metadata({"a": 1}, ids=["a"]),
    "delete_by_ids": lambda index: index.delete_by_ids(["a"]),
    "delete": lambda index: index.delete(filter={"a": 1}),
    "delete_namespace": lambda index: index.delete_namespace("a"),
    "truncate": lambda index: index.truncate(),
    "build": lambda index: index.build(rebuild=True),
    "drop_hnsw": lambda index: index.drop_hnsw(),
    "create_metadata_index": lambda index: index.create_metadata_index("a", "string"),
    "create_namespace_index": lambda index: index.create_namespace_index("a"),
    "tune": lambda index: index.tune(recall=0.5, queries=2),
    "recall": lambda index: index.recall(queries=2),
}


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("call", CALLS)
def test_an_index_that_others_have_deleted_is_unknown(
    dsn: str, client: Client, make_index: Callable[..., str], call: str, level: IsolationLevel
) -> None:
    """The snapshot still has it, and Postgres would look for it until the statement times out."""
    name = make_index()
    client.index(name).upsert([("a", VALUES, "a", {"a": 1})])
    with psycopg.connect(dsn, options="-c statement_timeout=5s") as connection:
        connection.isolation_level = level
        connection.execute("select count(*) from pgvectorize_private.indexes")  # takes the snapshot
        client.delete_index(name)
        with pytest.raises(IndexNotFound):
            CALLS[call](Client(connection).index(name))
    client.create_index(name, dimensions=3, metric="cosine")  # for make_index to delete


@pytest.mark.parametrize("level", LEVELS)
def test_doctor_takes_no_index_that_others_have_deleted_for_a_broken_one(
    dsn: str, client: Client, make_index: Callable[..., str], level: IsolationLevel
) -> None:
    name = make_index()
    with psycopg.connect(dsn) as connection:
        connection.isolation_level = level
        connection.execute("select count(*) from pgvectorize_private.indexes")  # takes the snapshot
        client.delete_index(name)
        findings = Client(connection).doctor()
    assert [found for found in findings if found.name == name] == []
    client.create_index(name, dimensions=3, metric="cosine")  # for make_index to delete


@pytest.mark.parametrize("level", LEVELS)
def test_a_query_that_waited_for_a_deletion_ends(
    dsn: str,
    connection: psycopg.Connection[tuple[object, ...]],
    make_index: Callable[..., str],
    level: IsolationLevel,
) -> None:
    """Also where the database's own setting gives each statement such a snapshot."""
    name = make_index()
    isolation = level.name.lower().replace("_", "\\ ")
    options = f"-c default_transaction_isolation={isolation} -c statement_timeout=10s"
    with (
        pgvectorize.connect(psycopg.conninfo.make_conninfo(dsn, options=options)) as client,
        psycopg.connect(dsn) as deleting,
        ThreadPoolExecutor(1) as elsewhere,
    ):
        deleting.execute("select pgvectorize.delete_index(%s)", [name])
        waiting = elsewhere.submit(client.index(name).query, VALUES, exact=True)
        while not connection.execute(
            "select 1 from pg_locks where not granted and relation = ("
            " select relation from pgvectorize_private.indexes where name = %s)",
            [name],
        ).fetchall():
            assert not waiting.done()
        deleting.commit()
        with pytest.raises(IndexNotFound):
            waiting.result(timeout=30)
    with psycopg.connect(dsn) as again:
        Client(again).create_index(name, dimensions=3, metric="cosine")
