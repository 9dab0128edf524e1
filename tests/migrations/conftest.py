"""Databases of the kinds that a migration may meet, and what is in one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import LiteralString

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier

from pgvectorize import schema

_numbers = count(1)

_CATALOG = """
    select 'function', function.oid::regprocedure::text,
        concat(pg_get_functiondef(function.oid), ' -- ', obj_description(function.oid, 'pg_proc'))
    from pg_proc as function
    where function.pronamespace = any (%(schemas)s::regnamespace[])
    union all
    select 'column', attribute.attrelid::regclass::text || '.' || attribute.attname,
        concat(format_type(attribute.atttypid, attribute.atttypmod), ' ', attribute.attnum,
            ' ', attribute.attidentity, pg_get_expr(fallback.adbin, fallback.adrelid))
    from pg_attribute as attribute
    join pg_class as class on class.oid = attribute.attrelid
    left join pg_attrdef as fallback
        on (fallback.adrelid, fallback.adnum) = (attribute.attrelid, attribute.attnum)
    where class.relnamespace = any (%(schemas)s::regnamespace[]) and attribute.attnum > 0
    union all
    select 'constraint', conrelid::regclass::text || ' ' || conname, pg_get_constraintdef(oid)
    from pg_constraint
    where connamespace = any (%(schemas)s::regnamespace[])
    union all
    select 'relation', oid::regclass::text, concat(relkind, ' ', obj_description(oid, 'pg_class'))
    from pg_class
    where relnamespace = any (%(schemas)s::regnamespace[])
    union all
    select 'row', 'schema_version', version_num
    from pgvectorize_private.schema_version
    union all
    select 'schema', nspname, obj_description(oid, 'pg_namespace')
    from pg_namespace
    where oid = any (%(schemas)s::regnamespace[])
"""


# What a database remembers to which another version of the functions was applied, with one public
# function more; and what that version leaves behind.
OLDER_FUNCTIONS: LiteralString = """
    create or replace function pgvectorize_private._applied(
        out digest text, out vector_schema text, out names text[]
    )
    language sql immutable set search_path = pg_catalog, pg_temp
    as $$ select 'older', 'public', array['count', 'gone', 'query'] $$
"""
STALE_FUNCTIONS: tuple[LiteralString, ...] = (
    "create function pgvectorize.gone() returns integer return 1",
    # overloads
    "create function pgvectorize.count(index text, namespace text) returns bigint return 1",
    "create function pgvectorize_private._format_integer(number text) returns text return 'one'",
    "create function pgvectorize_private._gone(one integer) returns integer return 1",
    # a parameter that has another name now, and another result
    "drop function pgvectorize_private._format_megabytes",
    "create function pgvectorize_private._format_megabytes(b float8) returns int return 1",
)


def catalog(dsn: str) -> set[tuple[str, ...]]:
    """Everything that pgvectorize put into a database."""
    with psycopg.connect(dsn) as connection:
        schemas = ["pgvectorize", "pgvectorize_private", "pgvectorize_data"]
        return set(connection.execute(_CATALOG, {"schemas": schemas}).fetchall())


def make_older(dsn: str) -> None:
    """Make a database as another version of the functions leaves it."""
    schema.migrate(dsn)
    with psycopg.connect(dsn) as connection:
        for statement in (*STALE_FUNCTIONS, OLDER_FUNCTIONS):
            connection.execute(statement)


@pytest.fixture
def administrator(empty_database: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A connection of the superuser to the empty database, in autocommit."""
    with psycopg.connect(empty_database, autocommit=True) as connection:
        yield connection


@pytest.fixture
def plain_role(
    empty_database: str, administrator: psycopg.Connection[tuple[object, ...]]
) -> Iterator[str]:
    """A role that may do nothing but connect; `as_role` makes a DSN of it."""
    name = f"pgvectorize_test_role_{next(_numbers)}"
    role = Identifier(name)
    administrator.execute(SQL("drop role if exists {}").format(role))
    administrator.execute(SQL("create role {}").format(role))
    yield name
    administrator.execute(SQL("drop owned by {} cascade").format(role))
    administrator.execute(SQL("drop role {}").format(role))


def as_role(dsn: str, role: str) -> str:
    return make_conninfo(dsn, options=f"-c role={role}")
