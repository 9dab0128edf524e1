"""Through PgBouncer in transaction mode: what is found out, and what must not stray."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
import psycopg
import pytest
from psycopg.sql import SQL, Identifier
from psycopg_pool import ConnectionPool

import pgvectorize
from pgvectorize import AsyncClient, Client, InvalidRequest, schema
from tests import variants

pytestmark = pytest.mark.slow

SHOW = """
    select current_setting('maintenance_work_mem'), current_setting('statement_timeout'),
        current_setting('lock_timeout'), current_setting('min_parallel_table_scan_size'),
        current_setting('pgvectorize.strict', true), current_setting('hnsw.ef_search', true),
        (select count(*) from pg_prepared_statements)
"""


@pytest.fixture(scope="module", params=["without prepared statements", "with prepared statements"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@contextmanager
def _pgbouncer_or_skip(dsn: str, kind: str) -> Iterator[str]:
    with ExitStack() as stack:
        try:
            knows = kind.startswith("with ")
            yield stack.enter_context(variants.pgbouncer(dsn, in_container=knows))
        except variants.Missing as missing:
            pytest.skip(str(missing))


@pytest.fixture
def pooled(dsn: str, kind: str) -> Iterator[str]:
    """The DSN of the tests' database through a PgBouncer of one's own."""
    with _pgbouncer_or_skip(variants.straight(dsn), kind) as pooled:
        yield pooled


def prepares(client: Client) -> bool:
    """Whether connections of the client's pool may prepare statements."""
    assert isinstance(client._source, ConnectionPool)
    with client._source.connection() as connection:
        return connection.prepare_threshold is not None


def sessions(dsn: str, show: str = SHOW) -> set[tuple[Any, ...]]:
    """What is set in every session that the PgBouncer has opened, and in some new ones."""
    found = set()
    with ThreadPoolExecutor(12) as threads:
        connections = [
            psycopg.connect(dsn, autocommit=True, prepare_threshold=None) for _ in range(12)
        ]
        for connection in connections:
            connection.execute("begin")  # takes a session of the server for itself
        for row in threads.map(lambda each: each.execute(show).fetchone(), connections):
            found.add(row)
        for connection in connections:
            connection.execute("commit")
            connection.close()
    return found


def test_it_is_found_out_whether_statements_may_be_prepared(
    pooled: str, kind: str, dsn: str
) -> None:
    with pgvectorize.connect(pooled) as client:
        assert prepares(client) == kind.startswith("with ")
    with pgvectorize.connect(pooled, prepared_statements=False) as client:
        assert not prepares(client)
    with pgvectorize.connect(variants.straight(dsn)) as client:
        assert prepares(client)


def test_what_another_has_left_there_does_not_matter(
    pooled: str, make_index: Callable[..., str]
) -> None:
    name = make_index(dimensions=2)
    with psycopg.connect(pooled, autocommit=True) as careless, careless.transaction():
        careless.execute("select 'careless'", prepare=True)
    for _ in range(3):
        with pgvectorize.connect(pooled) as client:
            client.index(name).upsert([("a", [1, 2])])
            for _ in range(12):
                assert client.index(name).query([1, 2]).count == 1


def test_many_clients_share_few_sessions(pooled: str, make_index: Callable[..., str]) -> None:
    """Each statement comes on whatever session is free, often enough to be prepared."""
    name = make_index(dimensions=2, metric="euclidean")

    def work(number: int) -> None:
        with pgvectorize.connect(pooled, max_size=2) as client:
            index = client.index(name)
            for turn in range(30):
                index.upsert([(f"{number}-{turn}", [number, turn], None, {"turn": turn})])
                assert index.query([number, turn], top_k=1)[0].id == f"{number}-{turn}"
                assert index.query([number, turn], top_k=1, filter={"turn": turn}).count == 1

    async def work_async(number: int) -> None:
        async with await AsyncClient.connect(pooled, max_size=2) as client:
            index = client.index(name)
            for turn in range(30):
                await index.upsert([(f"{number}-{turn}", [number, turn])])
                assert (await index.query([number, turn], top_k=1))[0].id == f"{number}-{turn}"

    with ThreadPoolExecutor(8) as threads:
        futures = [threads.submit(work, number) for number in range(6)]
        futures += [threads.submit(asyncio.run, work_async(number)) for number in range(6, 8)]
        for future in futures:
            future.result(timeout=120)
    with pgvectorize.connect(pooled) as client:
        assert client.index(name).count() == 8 * 30


def test_strict_holds_for_its_client_and_no_other(
    pooled: str, make_index: Callable[..., str]
) -> None:
    name = make_index(dimensions=32, metric="euclidean")
    vector = [1.0] * 32
    with (
        pgvectorize.connect(pooled, strict=True) as strict,
        pgvectorize.connect(pooled) as plain,
    ):
        for _ in range(20):
            with pytest.raises(InvalidRequest, match="max top K is 100"):
                strict.index(name).query(vector, top_k=101)
            assert plain.index(name).query(vector, top_k=101).count == 0
        strict.index(name).upsert([("a", vector)])
        strict.index(name).create_metadata_index("n", "number")
        strict.index(name).build(rebuild=True)
        with pytest.raises(InvalidRequest, match="transaction"):
            strict.index(name).vacuum()
    assert {row[4] for row in sessions(pooled)} <= {None, ""}


def test_what_is_built_leaves_no_settings_behind(
    pooled: str, make_index: Callable[..., str]
) -> None:
    name = make_index(dimensions=8)
    fresh = {row[:4] for row in sessions(pooled)}
    assert len(fresh) == 1
    with pgvectorize.connect(pooled) as client:
        index = client.index(name)
        index.upsert(
            ids=[f"v{row}" for row in range(500)],
            values=np.random.default_rng(1).normal(size=(500, 8)),
            namespaces="n",
        )
        assert index.build(m=8).is_built
        assert index.create_namespace_index("n").is_built
        index.create_metadata_index("n", "number")
        index.bulk_load([(f"w{row}", [row + 1.0] * 8) for row in range(2_000)], rebuild=True)
        assert index.vacuum(rebuild=True).build is not None
        assert index.recall(queries=2)[-1].recall == 1
        index.query([1.0] * 8, ef_search=300, filter={"n": 1})
    assert {row[:4] for row in sessions(pooled)} == fresh
    assert {row[5] for row in sessions(pooled)} <= {None, "", "40"}


@pytest.fixture
def poor(empty_database: str, kind: str) -> Iterator[str]:
    """A migrated database with little memory for builds, through a PgBouncer."""
    schema.migrate(empty_database)
    with psycopg.connect(empty_database) as connection:
        connection.execute(
            SQL("alter database {} set maintenance_work_mem = 1024").format(
                Identifier(connection.info.dbname)
            )
        )
    with _pgbouncer_or_skip(empty_database, kind) as pooled:
        yield pooled


def test_a_build_that_needs_more_memory_than_the_server_gives_is_refused(poor: str) -> None:
    def refused(build: Callable[[], object]) -> None:
        with pytest.raises(InvalidRequest, match="maintenance_work_mem is 1 MB") as caught:
            build()
        assert "Connect straight to the server" in str(caught.value.hint)

    with pgvectorize.connect(poor) as client:
        client.create_index("docs", dimensions=2_000, metric="cosine")
        index = client.index("docs")
        index.upsert([(f"v{row}", [row + 1.0] * 2_000, "n") for row in range(300)])
        refused(lambda: index.build(m=8))
        refused(lambda: index.create_namespace_index("n"))
        refused(lambda: index.vacuum(rebuild=True))
        assert client.get_index("docs").m == 16
        assert index.query([1.0] * 2_000).count == 5
        assert index.build(m=8, concurrently=False).is_built
        index.delete_by_ids(f"v{row}" for row in range(200))
        assert index.vacuum().build is None


def test_a_migration_goes_through_it(kind: str, empty_database: str) -> None:
    with _pgbouncer_or_skip(empty_database, kind) as pooled:
        assert schema.migrate(pooled)[1] == schema.wanted()
        assert schema.migrate(pooled) == (schema.wanted(), schema.wanted())
