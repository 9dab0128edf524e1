"""A database of an older library, with indexes in it, brought up to date."""

from __future__ import annotations

import alembic.command
import psycopg
import sqlalchemy as sa

import pgvectorize
from pgvectorize import schema
from tests.migrations.conftest import catalog

# what revision 0001 came with, as far as it stays behind where a signature changes
OLD_FUNCTIONS = (
    """
    create function pgvectorize.query(
        index text, vector vector, top_k integer default 5, namespace text default null,
        filter jsonb default null, return_values boolean default false,
        return_metadata text default 'none', ef_search integer default null,
        exact boolean default false, namespaces text[] default null,
        exclude_ids text[] default null, min_score double precision default null,
        max_distance double precision default null, "offset" integer default 0
    )
    returns setof pgvectorize.match language sql stable as 'select null::pgvectorize.match'
    """,
    """
    create function pgvectorize._set_hnsw(ef_search integer, iterative_scan text) returns void
    language sql as 'select null::void'
    """,
)
OLD_TABLE = """
    create table pgvectorize_data.{name} (
        id           text constraint _idx_{id}_id_not_null not null
                     constraint _idx_{id}_id_pkey primary key,
        namespace    text constraint _idx_{id}_namespace_not_null not null default '',
        embedding    vector({dimensions}) constraint _idx_{id}_embedding_not_null not null,
        metadata     jsonb,
        inserted_by  xid8 default pg_current_xact_id()
    );
    create index _idx_{id}_namespace_id_idx on pgvectorize_data.{name} (namespace, id);
    insert into pgvectorize.indexes (id, name, relation, dimensions, metric)
    overriding system value
    values ({id}, '{name}', 'pgvectorize_data.{name}'::regclass, {dimensions}, 'cosine');
"""


def old_database(dsn: str) -> None:
    """Apply the first revision only, and make two indexes as it had them."""
    engine = sa.create_engine(
        "postgresql+psycopg://", creator=lambda: psycopg.connect(dsn), poolclass=sa.NullPool
    )
    with engine.begin() as connection:
        vector_schema = schema._require_extension(connection)
        config = schema._config(vector_schema, connection)
        config.attributes["after"] = OLD_FUNCTIONS
        alembic.command.upgrade(config, "0001")
    with psycopg.connect(dsn) as plain:
        plain.execute(OLD_TABLE.format(id=1, name="docs", dimensions=3))
        plain.execute(OLD_TABLE.format(id=2, name="wide", dimensions=4500))
        plain.execute(
            "create index _idx_1_embedding_hnsw on pgvectorize_data.docs"
            " using hnsw (embedding vector_cosine_ops)"
        )
        plain.execute(
            "insert into pgvectorize_data.docs (id, embedding, metadata)"
            " select 'v' || n, array[1, n, 0], jsonb_build_object('n', n)"
            " from generate_series(1, 50) as numbers (n)"
        )


def test_an_older_database_is_brought_up_to_date(empty_database: str) -> None:
    old_database(empty_database)
    before, after = schema.migrate(empty_database)
    assert (before.revision, after) == ("0001", schema.wanted())

    with pgvectorize.connect(empty_database) as client:
        docs = client.get_index("docs")
        assert (docs.storage, docs.index_precision, docs.has_hnsw) == ("float32", "float32", True)
        assert (docs.m, docs.ef_construction, docs.ef_search) == (16, 64, None)
        wide = client.get_index("wide")
        assert (wide.index_precision, wide.has_hnsw) == ("binary", False)

        index = client.index("docs")
        assert [match.id for match in index.query([1, 7, 0], top_k=1)] == ["v7"]
        assert [match.id for match in index.query([1, 7, 0], filter={"n": 9})] == ["v9"]
        assert index.upsert([("new", [1, 1, 1])]).count == 1
        assert client.index("wide").build().is_built
        assert client.get_index("wide").has_hnsw
        client.delete_index("docs")
        client.delete_index("wide")


def test_nothing_of_an_older_library_stays_behind(
    empty_database: str, administrator: psycopg.Connection[tuple[object, ...]]
) -> None:
    schema.migrate(empty_database)
    fresh = catalog(empty_database)
    administrator.execute("drop schema pgvectorize, pgvectorize_data cascade")
    old_database(empty_database)
    schema.migrate(empty_database)
    with pgvectorize.connect(empty_database) as client:
        client.delete_index("docs")
        client.delete_index("wide")
    assert catalog(empty_database) == fresh
