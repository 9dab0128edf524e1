"""Builds and changes of a table that autovacuum works on: it gives way to whoever waits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

import pgvectorize
from pgvectorize import Client, Index
from tests.faults.rows import BIG
from tests.faults.server import OwnServer, wait_until
from tests.faults.worker import INDEX, OTHER

pytestmark = pytest.mark.slow

CALLS: dict[str, Callable[[Index], object]] = {
    "concurrent build": lambda index: index.build(**OTHER),
    "build": lambda index: index.build(**OTHER, concurrently=False),
    "metadata index": lambda index: index.create_metadata_index("shade", "string"),
    "namespace index": lambda index: index.create_namespace_index(BIG),
    "drop_hnsw": lambda index: index.drop_hnsw(),
    "vacuum": lambda index: index.vacuum(),
}


@contextmanager
def slow_autovacuum(dsn: str) -> Iterator[int]:
    """Have autovacuum work on the table for longer than any test, if nobody stops it."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        table = f"pgvectorize_data.{INDEX}"
        connection.execute(
            f"alter table {table} set (autovacuum_vacuum_threshold = 1,"
            " autovacuum_vacuum_scale_factor = 0, autovacuum_analyze_threshold = 1000000,"
            " autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1)".encode()
        )
        connection.execute(f"update {table} set metadata = metadata".encode())
    yield wait_until(
        dsn,
        "select pid from pg_locks where mode = 'ShareUpdateExclusiveLock' and granted"
        f" and relation = 'pgvectorize_data.{INDEX}'::regclass",
    )


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("role", ["postgres", "operator"])
def test_autovacuum_gives_way(own: OwnServer, client: Client, role: str, call: str) -> None:
    with psycopg.connect(own.dsn, autocommit=True) as connection:
        connection.execute("create role operator login")
    if role == "operator":  # who may not see what other sessions do
        client.grant("operator", "owner")
    with (
        pgvectorize.connect(make_conninfo(own.dsn, user=role)) as operator,
        slow_autovacuum(own.dsn),
    ):
        CALLS[call](operator.index(INDEX))
