"""Migrating, and then all of the main job, as a role that is no superuser."""

from __future__ import annotations

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

import pgvectorize
from pgvectorize import ExtensionUnavailable, schema
from pgvectorize.schema import SchemaState
from tests.migrations.conftest import as_role

Connection = psycopg.Connection[tuple[object, ...]]


def may_create_schemas(administrator: Connection, role: str) -> None:
    administrator.execute(
        SQL("grant create on database {} to {}").format(
            Identifier(administrator.info.dbname), Identifier(role)
        )
    )


def do_the_main_job(dsn: str) -> None:
    with pgvectorize.connect(dsn) as client:
        client.create_index("docs", dimensions=2, metric="cosine")
        index = client.index("docs")
        index.create_metadata_index("lang", "string")
        index.upsert([("a", [1.0, 0.0], "n", {"lang": "en"}), ("b", [0.0, 1.0])], batch_size=1)
        matches = index.query(
            [1.0, 0.0], filter={"lang": "en"}, return_metadata="indexed", return_values=True
        )
        assert [match.metadata for match in matches] == [{"lang": "en"}]
        assert len(index.query_many([[1.0, 0.0]])[0]) == 2
        assert [vector.id for vector in index] == ["a", "b"]
        assert index.delete_by_ids(["a"]).count == 1
        client.delete_index("docs")


@pytest.mark.parametrize("vector_schema", ["public", "extensions", 'Odd "one"'])
def test_a_plain_role_does_all_where_the_extension_is(
    empty_database: str, administrator: Connection, plain_role: str, vector_schema: str
) -> None:
    may_create_schemas(administrator, plain_role)
    where = Identifier(vector_schema)
    administrator.execute(SQL("create schema if not exists {}").format(where))
    administrator.execute(SQL("create extension vector schema {}").format(where))
    administrator.execute(
        SQL("grant usage on schema {} to {}").format(where, Identifier(plain_role))
    )
    dsn = as_role(empty_database, plain_role)
    schema.migrate(dsn)
    do_the_main_job(dsn)


def test_a_missing_extension_that_may_not_be_created_is_asked_for(
    empty_database: str, plain_role: str
) -> None:
    with pytest.raises(ExtensionUnavailable, match="permission denied") as caught:
        schema.migrate(as_role(empty_database, plain_role))
    assert "create extension vector" in str(caught.value.hint)
    assert schema.inspect(empty_database) == SchemaState(None, None)


def test_a_role_that_may_only_read_can_search(
    empty_database: str, administrator: Connection, plain_role: str
) -> None:
    schema.migrate(empty_database)
    with pgvectorize.connect(empty_database) as owner:
        owner.create_index("docs", dimensions=1, metric="euclidean")
        owner.index("docs").upsert([("a", [1.0])])
    for name in (
        Identifier("pgvectorize"),
        Identifier("pgvectorize_private"),
        Identifier("pgvectorize_data"),
    ):
        role = Identifier(plain_role)
        administrator.execute(SQL("grant usage on schema {} to {}").format(name, role))
        administrator.execute(
            SQL("grant select on all tables in schema {} to {}").format(name, role)
        )
    with pgvectorize.connect(as_role(empty_database, plain_role)) as reader:
        assert [match.id for match in reader.index("docs").query([0.0])] == ["a"]
        assert reader.index("docs").describe().vector_count == 1
        with pytest.raises(pgvectorize.DatabaseError, match="permission denied"):
            reader.index("docs").upsert([("b", [1.0])])
