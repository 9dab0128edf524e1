"""What an injection would change, and how it is seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg
import pytest

import pgvectorize
from pgvectorize import schema
from tests.conftest import _database
from tests.servers import Server

Connection = psycopg.Connection[tuple[object, ...]]

# Everything but the index "target", which calls may change.
_FINGERPRINT = """
    select 'canary', canary::text from public.canary
    union all
    select 'index', indexes::text from pgvectorize_private.indexes as indexes where name =
        'bystander'
    union all
    select 'vector', stored::text from pgvectorize_data.bystander as stored
    union all
    select 'function', concat(oid, pg_get_functiondef(oid)) from pg_proc
    where pronamespace in ('pgvectorize'::regnamespace, 'pgvectorize_private'::regnamespace)
    union all
    select 'relation', concat(oid, relname, relowner, relacl) from pg_class
    where relnamespace in ('public'::regnamespace, 'pgvectorize_private'::regnamespace)
    union all
    select 'role', concat(oid, rolname, rolsuper) from pg_roles
    union all
    select 'schema', concat(oid, nspname, nspowner) from pg_namespace
    where nspname !~ '^pg_(toast_)?temp'
    union all
    select 'setting', concat(name, ' ', setting) from pg_settings where name ~ '^hnsw|search_path'
    order by 1, 2
"""

_LANGCHAIN = """
    create table langchain_pg_collection (uuid uuid primary key, name text);
    create table langchain_pg_embedding (
        id text, collection_id uuid, embedding vector, document text, cmetadata jsonb
    );
    insert into langchain_pg_collection values (gen_random_uuid(), 'c');
    insert into langchain_pg_embedding select 'a', uuid, '[1,2]', 'text', '{}'
    from langchain_pg_collection;
"""


@pytest.fixture(scope="module")
def guarded(server: Server) -> Iterator[str]:
    """The DSN of a database with a canary, an index to attack and one beside it."""
    with _database(server) as dsn:
        schema.migrate(dsn)
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute("create table public.canary (id integer primary key, word text)")
            connection.execute("insert into public.canary values (1, 'alive')")
            connection.execute(_LANGCHAIN)
        with pgvectorize.connect(dsn) as client:
            for name in ("target", "bystander"):
                client.create_index(name, dimensions=2, metric="euclidean")
                index = client.index(name)
                index.create_metadata_index("indexed", "string")
                index.upsert(
                    [
                        (f"v{row}", [row, 1], "space", {"a": row, "indexed": str(row)})
                        for row in range(12)
                    ]
                )
            client.index("target").create_namespace_index("space")
        yield dsn


@pytest.fixture
def watched(guarded: str) -> Iterator[Connection]:
    """A connection in a transaction that is undone in the end, before which all is looked at."""
    with psycopg.connect(guarded) as connection:
        before = connection.execute(_FINGERPRINT).fetchall()
        yield connection
        after = connection.execute(_FINGERPRINT).fetchall()
        connection.rollback()
    assert [row for row in after if row not in before] == []
    assert [row for row in before if row not in after] == []


@pytest.fixture
def unchanged(guarded: str) -> Iterator[Callable[[], None]]:
    """Check that all is as it was, for what commits."""
    with psycopg.connect(guarded, autocommit=True) as connection:
        before = connection.execute(_FINGERPRINT).fetchall()

        def check() -> None:
            assert connection.execute(_FINGERPRINT).fetchall() == before

        yield check
        check()
