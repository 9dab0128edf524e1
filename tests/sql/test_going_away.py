"""Indexes that are deleted or changed between two statements of one call."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from pgvectorize import Client, IndexNotFound
from pgvectorize.errors import translate
from pgvectorize.operations import operating

Connection = psycopg.Connection[tuple[object, ...]]

WAITS = "exists (select from pg_stat_activity where wait_event_type = 'Lock' and pid <> %s)"


@pytest.fixture
def index(client: Client, make_index: Callable[..., str]) -> str:
    name = make_index()
    client.index(name).upsert([("a", [1, 2, 3], "n", {"k": 1}), ("b", [3, 2, 1], "n", {"k": 2})])
    return name


def test_doctor_does_not_look_at_what_is_deleted_meanwhile(
    client: Client, connection: Connection, index: str
) -> None:
    """It has read the catalog row, and the lock comes too late."""
    connection.execute(
        "create temp table known as"
        " select indexes as target from pgvectorize_private.indexes where name = %s",
        [index],
    )
    client.delete_index(index)
    client.create_index(index, dimensions=3, metric="cosine")
    assert (
        connection.execute(
            "select each.*"
            " from known, pgvectorize_private._doctor_index(known.target, false) as each"
        ).fetchall()
        == []
    )


def test_a_vacuum_of_an_index_that_is_deleted_meanwhile(
    client: Client, connection: Connection, index: str
) -> None:
    plan = operating.vacuum(index=index, analyze=True, rebuild=None)
    prepare = next(plan)
    client.delete_index(index)
    try:
        statement = plan.send(
            [
                {
                    "relation": f'pgvectorize_data."{index}"',
                    "has_hnsw": True,
                    "may_build": True,
                    "live_rows": 2,
                    "dead_rows": 0,
                    "dead_rows_in_hnsw": 0,
                }
            ]
        )
        assert prepare != statement
        with pytest.raises(psycopg.errors.UndefinedTable) as gone:
            connection.execute(statement.sql)
        look = plan.throw(translate(gone.value))
        with pytest.raises(psycopg.Error, match="does not exist") as unknown:
            connection.execute(look.sql, look.params)  # type: ignore[union-attr]
        with pytest.raises(IndexNotFound):
            plan.throw(translate(unknown.value))
    finally:
        client.create_index(index, dimensions=3, metric="cosine")


def test_nobody_blocks_a_name_with_an_advisory_lock(
    client: Client, connection: Connection, index: str
) -> None:
    connection.execute(
        "select pg_advisory_lock(hashtextextended('pgvectorize index ' || name, 0))"
        " from unnest(%s::text[]) as name",
        [[index, "another"]],
    )
    client.update_index(index, new_name="another")
    client.update_index("another", new_name=index)


def test_a_namespace_index_waits_for_a_load_that_has_set_the_hnsw_index_aside(
    dsn: str, client: Client, connection: Connection, index: str, eventually: Callable[..., None]
) -> None:
    with psycopg.connect(dsn) as loading, ThreadPoolExecutor(1) as elsewhere:
        loading.execute(
            "select pgvectorize_private._drop_hnsw_for_load(%s, 'upsert', true)", [index]
        )
        building = elsewhere.submit(client.index(index).create_namespace_index, "n")
        eventually(WAITS, connection.info.backend_pid)
        loading.execute(
            "select pgvectorize_private._rebuild_hnsw_after_load(%s, null, null)", [index]
        )
        loading.commit()
        assert building.result(timeout=60).is_built
    assert [found.is_built for found in client.index(index).list_namespace_indexes()] == [True]


@pytest.mark.slow
def test_a_build_waits_while_the_owner_is_changed(
    dsn: str, client: Client, connection: Connection, index: str, eventually: Callable[..., None]
) -> None:
    """Its own lock_timeout is not an error of the caller."""
    with psycopg.connect(dsn) as granting, ThreadPoolExecutor(1) as elsewhere:
        granting.execute("lock table pgvectorize_private.indexes in access exclusive mode")
        building = elsewhere.submit(client.index(index).build, rebuild=True)
        eventually(WAITS, connection.info.backend_pid)
        eventually(
            "exists (select from pg_stat_activity where wait_event = 'PgSleep' and pid <> %s)",
            connection.info.backend_pid,
        )
        granting.commit()
        assert building.result(timeout=60).is_built


def test_a_metadata_index_whose_builder_died_before_it_entered_it(
    client: Client, connection: Connection, index: str
) -> None:
    client.index(index).create_metadata_index("k", "number")
    connection.execute(
        "delete from pgvectorize_private.metadata_indexes where index_id ="
        " (select id from pgvectorize_private.indexes where name = %s)",
        [index],
    )
    found = [finding for finding in client.doctor(index) if finding.severity == "warning"]
    assert [finding.code for finding in found] == ["metadata_index_leftover"]
    client.index(index).create_metadata_index("k", "number")
    assert [finding.code for finding in client.doctor(index) if finding.severity == "warning"] == []
