"""The catalog: which indexes there are, their metadata indexes, the log of mutations.

Creates new objects only; locks nothing that existed before.

Revision ID: 0001
Revises:
"""

from __future__ import annotations

from alembic import context, op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The schema `pgvectorize` itself is made by env.py: the version table lies in it.
    vector: str = context.config.attributes["vector_schema"]

    op.execute("create schema pgvectorize_data")
    op.execute("comment on schema pgvectorize is 'pgvectorize: catalog and functions'")
    op.execute("comment on schema pgvectorize_data is 'pgvectorize: one table an index'")

    op.execute("""
        create table pgvectorize.indexes (
            id           bigint generated always as identity
                         constraint indexes_pkey primary key,
            name         text constraint indexes_name_not_null not null
                         constraint indexes_name_key unique,
            relation     regclass constraint indexes_relation_not_null not null
                         constraint indexes_relation_key unique,
            dimensions   integer constraint indexes_dimensions_not_null not null
                         constraint indexes_dimensions_check check (dimensions between 1 and 16000),
            metric       text constraint indexes_metric_not_null not null
                         constraint indexes_metric_check
                         check (metric in ('cosine', 'euclidean', 'dot-product')),
            preset       text,
            description  text,
            is_strict    boolean constraint indexes_is_strict_not_null not null default false,
            is_counted   boolean constraint indexes_is_counted_not_null not null default false,
            created_on   timestamptz constraint indexes_created_on_not_null not null
                         default clock_timestamp(),
            modified_on  timestamptz constraint indexes_modified_on_not_null not null
                         default clock_timestamp()
        )
    """)
    op.execute("comment on table pgvectorize.indexes is 'The indexes, each with its table.'")

    op.execute("""
        create table pgvectorize.metadata_indexes (
            index_id       bigint constraint metadata_indexes_index_id_not_null not null,
            property_name  text constraint metadata_indexes_property_name_not_null not null,
            index_type     text constraint metadata_indexes_index_type_not_null not null
                           constraint metadata_indexes_index_type_check
                           check (index_type in ('string', 'number', 'boolean')),
            constraint metadata_indexes_pkey primary key (index_id, property_name)
        )
    """)
    op.execute("comment on table pgvectorize.metadata_indexes is 'Finished metadata indexes.'")

    # No foreign key to indexes: it would lock the one row of an index for every write.
    op.execute("""
        create table pgvectorize.mutations (
            mutation_id   uuid constraint mutations_pkey primary key,
            index_id      bigint constraint mutations_index_id_not_null not null,
            processed_at  timestamptz constraint mutations_processed_at_not_null not null
        )
    """)
    op.execute(
        "create index mutations_index_id_processed_at_idx "
        "on pgvectorize.mutations (index_id, processed_at)"
    )
    op.execute("comment on table pgvectorize.mutations is 'The newest mutations of every index.'")

    # Appended to by queries of indexes that are counted, so that none waits for another.
    op.execute("""
        create table pgvectorize.queries (
            index_id  bigint constraint queries_index_id_not_null not null,
            month     date constraint queries_month_not_null not null,
            queries   bigint constraint queries_queries_not_null not null
        )
    """)
    op.execute("create index queries_index_id_month_idx on pgvectorize.queries (index_id, month)")
    op.execute("comment on table pgvectorize.queries is 'Queries of counted indexes, by month.'")

    op.execute(f"""
        create type pgvectorize.stored_vector as (
            id         text,
            namespace  text,
            values     {vector}.vector,
            metadata   jsonb
        )
    """)
    op.execute(f"""
        create type pgvectorize.match as (
            id         text,
            score      double precision,
            namespace  text,
            values     {vector}.vector,
            metadata   jsonb
        )
    """)
    op.execute(f"""
        create type pgvectorize.numbered_match as (
            query      integer,
            id         text,
            score      double precision,
            namespace  text,
            values     {vector}.vector,
            metadata   jsonb
        )
    """)
    op.execute("create type pgvectorize.mutation as (mutation_id uuid, count bigint, ids text[])")
    op.execute("create type pgvectorize.deletion as (mutation_id uuid, count bigint)")
    op.execute("""
        create type pgvectorize.index_info as (
            name         text,
            dimensions   integer,
            metric       text,
            preset       text,
            description  text,
            relation     regclass,
            has_hnsw     boolean,
            is_strict    boolean,
            is_counted   boolean,
            created_on   timestamptz,
            modified_on  timestamptz
        )
    """)
    op.execute("""
        create type pgvectorize.index_description as (
            dimensions                integer,
            vector_count              bigint,
            is_estimate               boolean,
            processed_up_to_mutation  uuid,
            processed_up_to_datetime  timestamptz
        )
    """)
    op.execute("""
        create type pgvectorize.vector_list as (
            vectors                      pgvectorize.stored_vector[],
            count                        integer,
            total_count                  bigint,
            is_truncated                 boolean,
            next_cursor                  text,
            cursor_expiration_timestamp  timestamptz
        )
    """)
    op.execute("create type pgvectorize.namespace_info as (namespace text, vector_count bigint)")
    op.execute("""
        create type pgvectorize.facet as (
            value  jsonb,
            lower  numeric,
            upper  numeric,
            count  bigint
        )
    """)
    op.execute("""
        create type pgvectorize.price as (
            item           text,
            dollars        numeric,
            dimensions     bigint,
            included_paid  bigint,
            included_free  bigint,
            as_of          date
        )
    """)
    op.execute("""
        create type pgvectorize.index_usage as (
            name                text,
            month               date,
            dimensions          integer,
            stored_vectors      bigint,
            stored_dimensions   bigint,
            queried_vectors     bigint,
            queried_dimensions  bigint,
            vectorize_dollars   numeric
        )
    """)
    op.execute("create type pgvectorize.metadata_index as (property_name text, index_type text)")
    op.execute("""
        create type pgvectorize.limit_info as (
            name    text,
            value   bigint,
            strict  bigint,
            source  text
        )
    """)
    op.execute("create type pgvectorize.preset as (name text, dimensions integer, metric text)")


def downgrade() -> None:
    raise NotImplementedError(
        "there is nothing below the first revision; to remove pgvectorize with all its data: "
        "drop schema pgvectorize_data, pgvectorize cascade"
    )
