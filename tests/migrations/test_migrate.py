"""`schema.migrate` and `schema.upgrade`, on databases in every state."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest
import sqlalchemy as sa
from psycopg.conninfo import make_conninfo

import pgvectorize
from pgvectorize import SchemaOutdated, ServerUnsupported, schema
from pgvectorize.compatibility import REVISION
from pgvectorize.schema import SchemaState
from tests.migrations.conftest import OLDER_FUNCTIONS, STALE_FUNCTIONS, catalog
from tests.servers import Server

Connection = psycopg.Connection[tuple[object, ...]]


def rows_written(connection: Connection) -> list[tuple[object, ...]]:
    """Which transaction wrote each function, relation and version."""
    return connection.execute(
        """
        select 'function', oid::text, xmin::text from pg_proc
        where pronamespace in ('pgvectorize'::regnamespace, 'pgvectorize_private'::regnamespace)
        union all
        select 'relation', oid::text, xmin::text from pg_class
        where relnamespace in ('pgvectorize_private'::regnamespace,
            'pgvectorize_data'::regnamespace)
        union all
        select 'version', version_num, xmin::text from pgvectorize_private.schema_version
        order by 1, 2
        """
    ).fetchall()


def settings(connection: sa.Connection) -> dict[str, str]:
    rows = connection.exec_driver_sql("select name, setting from pg_settings")
    return {row.name: row.setting for row in rows}


def test_an_empty_database_is_brought_up_to_date(empty_database: str) -> None:
    assert schema.inspect(empty_database) == SchemaState(None, None)
    assert schema.migrate(empty_database) == (SchemaState(None, None), schema.wanted())
    assert schema.inspect(empty_database) == schema.wanted()
    with pgvectorize.connect(empty_database) as client:
        assert client.list_indexes() == []


def test_the_second_run_changes_nothing(empty_database: str, administrator: Connection) -> None:
    schema.migrate(empty_database)
    before = rows_written(administrator)
    assert schema.migrate(empty_database) == (schema.wanted(), schema.wanted())
    assert rows_written(administrator) == before


def test_the_second_run_waits_for_no_lock(empty_database: str, administrator: Connection) -> None:
    schema.migrate(empty_database)
    with administrator.transaction():
        administrator.execute(schema._LOCK)
        administrator.execute("lock table pgvectorize_private.indexes in share row exclusive mode")
        schema.migrate(make_conninfo(empty_database, options="-c lock_timeout=100ms"))


def test_nobody_blocks_a_migration_with_an_advisory_lock(
    empty_database: str, administrator: Connection
) -> None:
    schema.migrate(empty_database)
    administrator.execute("drop function pgvectorize_private._applied()")
    with psycopg.connect(empty_database) as stranger:
        stranger.execute("select pg_advisory_lock(hashtextextended('pgvectorize schema', 0))")
        impatient = make_conninfo(empty_database, options="-c lock_timeout=5s")
        before, after = schema.migrate(impatient)
    assert before != after == schema.wanted()


def test_vectors_outlive_a_migration(empty_database: str, administrator: Connection) -> None:
    schema.migrate(empty_database)
    with pgvectorize.connect(empty_database) as client:
        client.create_index("docs", dimensions=1, metric="euclidean")
        client.index("docs").upsert([("a", [1.0])])
        administrator.execute("drop function pgvectorize_private._applied()")
        schema.migrate(empty_database)
        assert client.index("docs").count() == 1


def test_functions_that_are_not_ours_any_more_are_replaced(
    empty_database: str, administrator: Connection
) -> None:
    schema.migrate(empty_database)
    fresh = catalog(empty_database)
    administrator.execute("drop function pgvectorize.count(text, text, jsonb, text[], text[])")
    administrator.execute(OLDER_FUNCTIONS)
    assert schema.migrate(empty_database) == (SchemaState(REVISION, "older"), schema.wanted())
    assert catalog(empty_database) == fresh


def test_functions_that_no_file_declares_are_dropped(
    empty_database: str, administrator: Connection
) -> None:
    schema.migrate(empty_database)
    fresh = catalog(empty_database)
    for statement in STALE_FUNCTIONS:
        administrator.execute(statement)
    administrator.execute(OLDER_FUNCTIONS)
    schema.migrate(empty_database)
    assert catalog(empty_database) == fresh


def test_a_function_of_others_in_our_schema_is_kept(
    empty_database: str, administrator: Connection
) -> None:
    schema.migrate(empty_database)
    administrator.execute("create function pgvectorize.theirs() returns int return 7")
    administrator.execute(OLDER_FUNCTIONS)
    schema.migrate(empty_database)
    assert administrator.execute("select pgvectorize.theirs()").fetchone() == (7,)


VIEW = """
    create view public.nearest as
    select id, score from pgvectorize.query(index => 'docs', vector => '[1]')
"""


def test_a_view_over_a_function_that_stays_does_not_disturb(
    empty_database: str, administrator: Connection
) -> None:
    schema.migrate(empty_database)
    administrator.execute(VIEW)
    administrator.execute(OLDER_FUNCTIONS)
    schema.migrate(empty_database)
    assert schema.inspect(empty_database) == schema.wanted()


def test_a_view_over_a_function_that_goes_is_named(
    empty_database: str, administrator: Connection
) -> None:
    schema.migrate(empty_database)
    administrator.execute("create function pgvectorize.gone() returns integer return 1")
    administrator.execute("create view public.reads_it as select pgvectorize.gone()")
    administrator.execute(OLDER_FUNCTIONS)
    with pytest.raises(
        SchemaOutdated, match=r"view public.reads_it depends on .*gone\(\)"
    ) as caught:
        schema.migrate(empty_database)
    assert "Drop what uses it" in str(caught.value.hint)
    assert "CASCADE" not in str(caught.value.hint)
    administrator.execute("select * from public.reads_it")
    assert schema.inspect(empty_database) == SchemaState(REVISION, "older")


def test_an_overload_that_somebody_made_is_refused(
    empty_database: str, administrator: Connection
) -> None:
    """It could be called by mistake for ours; the names of what `migrate` may drop are ours."""
    schema.migrate(empty_database)
    administrator.execute("create function pgvectorize.query(index text) returns int return 7")
    administrator.execute(OLDER_FUNCTIONS)
    schema.migrate(empty_database)
    left = administrator.execute("select count(*) from pg_proc where proname = 'query'")
    assert left.fetchone() == (1,)


def test_a_moved_extension_is_followed(empty_database: str, administrator: Connection) -> None:
    schema.migrate(empty_database)
    with pgvectorize.connect(empty_database) as client:
        client.create_index("docs", dimensions=1, metric="euclidean")
        administrator.execute("create schema elsewhere")
        administrator.execute("alter extension vector set schema elsewhere")
        assert schema.inspect(empty_database) == SchemaState(REVISION, None)
        schema.migrate(empty_database)
        client.index("docs").upsert([("a", [1.0])])
        assert len(client.index("docs").query([0.0])) == 1


def test_upgrade_leaves_the_transaction_to_its_caller(empty_database: str) -> None:
    with schema._connected(empty_database) as connection:
        assert schema.upgrade(connection)
        assert not schema.upgrade(connection)
        connection.rollback()
    assert schema.inspect(empty_database) == SchemaState(None, None)


def test_upgrade_leaves_the_session_as_found(empty_database: str) -> None:
    with schema._connected(empty_database) as connection:
        before = settings(connection)
        schema.upgrade(connection)
        after = settings(connection)
    assert {name: after[name] for name in before} == before  # more come with the libraries


@pytest.mark.slow
def test_twenty_processes_migrate_at_once(empty_database: str, administrator: Connection) -> None:
    program = "import sys; from pgvectorize import schema; schema.migrate(sys.argv[1])"
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program, empty_database], stderr=subprocess.PIPE, text=True
        )
        for _ in range(20)
    ]
    errors = [process.communicate()[1] for process in processes]
    assert [process.returncode for process in processes] == [0] * 20, "\n".join(errors)
    versions = administrator.execute("select version_num from pgvectorize_private.schema_version")
    assert versions.fetchall() == [(REVISION,)]


# What is refused


@pytest.fixture
def ascii_database(server: Server) -> Iterator[str]:
    name = "pgvectorize_test_ascii"
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute(f"drop database if exists {name} with (force)")
        connection.execute(
            f"create database {name} template template0 encoding 'SQL_ASCII' locale 'C'"
        )
        yield make_conninfo(server.dsn, dbname=name)
        connection.execute(f"drop database {name} with (force)")


def test_a_database_that_cannot_hold_every_text_is_refused(ascii_database: str) -> None:
    with pytest.raises(ServerUnsupported, match="encoding is SQL_ASCII") as caught:
        schema.migrate(ascii_database)
    assert "createdb" in str(caught.value.hint)
    assert schema.inspect(ascii_database) == SchemaState(None, None)


def test_a_client_of_a_database_without_schema_names_the_command(empty_database: str) -> None:
    with pytest.raises(SchemaOutdated, match="none") as caught:
        pgvectorize.connect(empty_database)
    assert caught.value.hint == "Run: pgvectorize migrate"


@pytest.mark.parametrize(
    ("revision", "hint"), [("0000", "pgvectorize migrate"), ("9999", "pip install --upgrade")]
)
def test_a_client_of_a_database_at_another_revision_names_the_command(
    empty_database: str, administrator: Connection, revision: str, hint: str
) -> None:
    schema.migrate(empty_database)
    administrator.execute(
        "update pgvectorize_private.schema_version set version_num = %s", [revision]
    )
    with pytest.raises(SchemaOutdated, match=revision) as caught:
        pgvectorize.connect(empty_database)
    assert hint in str(caught.value.hint)


def test_a_newer_database_is_not_touched(empty_database: str, administrator: Connection) -> None:
    schema.migrate(empty_database)
    administrator.execute("update pgvectorize_private.schema_version set version_num = '9999'")
    before = rows_written(administrator)
    with pytest.raises(SchemaOutdated, match="9999") as caught:
        schema.migrate(empty_database)
    assert "pip install --upgrade" in str(caught.value.hint)
    assert rows_written(administrator) == before
