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
    # The three schemas are made before: the version table lies in pgvectorize_private.
    vector: str = context.config.attributes["vector_schema"]

    op.execute("comment on schema pgvectorize is 'pgvectorize: the functions to call'")
    op.execute("comment on schema pgvectorize_private is 'pgvectorize: catalog and internals'")
    op.execute("comment on schema pgvectorize_data is 'pgvectorize: one table for each index'")

    op.execute("""
        create table pgvectorize_private.indexes (
            id               bigint generated always as identity
                             constraint indexes_pkey primary key,
            name             text constraint indexes_name_not_null not null
                             constraint indexes_name_key unique,
            relation         regclass constraint indexes_relation_not_null not null
                             constraint indexes_relation_key unique,
            dimensions       integer constraint indexes_dimensions_not_null not null
                             constraint indexes_dimensions_check
                             check (dimensions between 1 and 16000),
            metric           text constraint indexes_metric_not_null not null
                             constraint indexes_metric_check
                             check (metric in ('cosine', 'euclidean', 'dot-product')),
            preset           text,
            description      text,
            model            jsonb
                             constraint indexes_model_check
                             check (jsonb_typeof(model) = 'object'),
            storage          text constraint indexes_storage_not_null not null default 'float32'
                             constraint indexes_storage_check
                             check (storage in ('float32', 'float16')),
            is_strict        boolean constraint indexes_is_strict_not_null not null default false,
            is_counted       boolean constraint indexes_is_counted_not_null not null default false,

            -- the HNSW index: what it is to be made of, and how it is searched
            wants_hnsw       boolean constraint indexes_wants_hnsw_not_null not null default true,
            has_other_hnsw   boolean constraint indexes_has_other_hnsw_not_null not null
                             default false,
            index_precision  text constraint indexes_index_precision_not_null not null
                             default 'float32'
                             constraint indexes_index_precision_check
                             check (index_precision in ('float32', 'float16', 'binary')),
            m                integer constraint indexes_m_not_null not null default 16
                             constraint indexes_m_check check (m between 2 and 100),
            ef_construction  integer constraint indexes_ef_construction_not_null not null
                             default 64
                             constraint indexes_ef_construction_check
                             check (ef_construction between 2 * m and 1000),
            ef_search        integer
                             constraint indexes_ef_search_check
                             check (ef_search between 1 and 1000),
            hnsw_step_cost   double precision
                             constraint indexes_hnsw_step_cost_check check (hnsw_step_cost >= 1),

            created_on       timestamptz constraint indexes_created_on_not_null not null
                             default clock_timestamp(),
            modified_on      timestamptz constraint indexes_modified_on_not_null not null
                             default clock_timestamp()
        )
    """)
    op.execute(
        "comment on table pgvectorize_private.indexes is 'The indexes, each with its table.'"
    )

    op.execute("""
        create table pgvectorize_private.metadata_indexes (
            index_id       bigint constraint metadata_indexes_index_id_not_null not null,
            property_name  text constraint metadata_indexes_property_name_not_null not null,
            index_type     text constraint metadata_indexes_index_type_not_null not null
                           constraint metadata_indexes_index_type_check
                           check (index_type in ('string', 'number', 'boolean')),
            constraint metadata_indexes_pkey primary key (index_id, property_name)
        )
    """)
    op.execute(
        "comment on table pgvectorize_private.metadata_indexes is 'Finished metadata indexes.'"
    )

    op.execute("""
        create table pgvectorize_private.namespace_indexes (
            index_id   bigint constraint namespace_indexes_index_id_not_null not null,
            namespace  text constraint namespace_indexes_namespace_not_null not null,
            constraint namespace_indexes_pkey primary key (index_id, namespace)
        )
    """)
    op.execute(
        "comment on table pgvectorize_private.namespace_indexes is 'HNSW indexes of single"
        " namespaces.'"
    )

    op.execute("""
        create table pgvectorize_private.recalls (
            index_id      bigint constraint recalls_index_id_not_null not null,
            ef_search     integer constraint recalls_ef_search_not_null not null,
            recall        double precision constraint recalls_recall_not_null not null,
            standard_error
                          double precision constraint recalls_standard_error_not_null not null,
            milliseconds  double precision constraint recalls_milliseconds_not_null not null,
            queries       integer constraint recalls_queries_not_null not null,
            top_k         integer constraint recalls_top_k_not_null not null,
            measured_at   timestamptz constraint recalls_measured_at_not_null not null
                          default clock_timestamp(),
            build         text constraint recalls_build_not_null not null default 'present'
                          constraint recalls_build_check
                          check (build in ('present', 'former', 'changed')),
            constraint recalls_pkey primary key (index_id, ef_search)
        )
    """)
    op.execute(
        "comment on column pgvectorize_private.recalls.build is 'What was measured: the present"
        " HNSW index, a former one with the same options, or one whose options have changed.'"
    )
    op.execute(
        "comment on table pgvectorize_private.recalls is 'Recall of indexes, as last measured.'"
    )

    # `edges` and `sizes`: for each query the score of the last true match, and how many there are
    op.execute("""
        create table pgvectorize_private.recall_baselines (
            index_id      bigint constraint recall_baselines_pkey primary key,
            top_k         integer constraint recall_baselines_top_k_not_null not null,
            queries       integer,
            seed          integer,
            vectors_digest
                          text constraint recall_baselines_vectors_digest_not_null not null,
            mutations_digest
                          text,
            edges         double precision[]
                          constraint recall_baselines_edges_not_null not null,
            sizes         integer[] constraint recall_baselines_sizes_not_null not null,
            milliseconds  double precision
                          constraint recall_baselines_milliseconds_not_null not null,
            measured_at   timestamptz
                          constraint recall_baselines_measured_at_not_null not null
        )
    """)
    op.execute(
        "comment on table pgvectorize_private.recall_baselines is 'Exact searches that recalls"
        " were compared with.'"
    )

    # No foreign key to indexes: it would lock the one row of an index for every write.
    op.execute("""
        create table pgvectorize_private.mutations (
            mutation_id   uuid constraint mutations_pkey primary key,
            index_id      bigint constraint mutations_index_id_not_null not null,
            processed_at  timestamptz constraint mutations_processed_at_not_null not null
        )
    """)
    op.execute(
        "create index mutations_index_id_processed_at_idx "
        "on pgvectorize_private.mutations (index_id, processed_at)"
    )
    op.execute(
        "comment on table pgvectorize_private.mutations is 'The newest mutations of every index.'"
    )

    # Appended to by queries of indexes that are counted, so that none waits for another.
    op.execute("""
        create table pgvectorize_private.queries (
            index_id  bigint constraint queries_index_id_not_null not null,
            month     date constraint queries_month_not_null not null,
            queries   bigint constraint queries_queries_not_null not null
        )
    """)
    op.execute(
        "create index queries_index_id_month_idx on pgvectorize_private.queries (index_id, month)"
    )
    op.execute(
        "comment on table pgvectorize_private.queries is 'Queries of counted indexes, by month.'"
    )

    op.execute(f"""
        create type pgvectorize.stored_vector as (
            id         text,
            namespace  text,
            values     {vector}.vector,
            metadata   jsonb,
            content    text
        )
    """)
    op.execute(f"""
        create type pgvectorize.match as (
            id         text,
            score      double precision,
            namespace  text,
            values     {vector}.vector,
            metadata   jsonb,
            content    text
        )
    """)
    op.execute(f"""
        create type pgvectorize.numbered_match as (
            query      integer,
            id         text,
            score      double precision,
            namespace  text,
            values     {vector}.vector,
            metadata   jsonb,
            content    text
        )
    """)
    op.execute("""
        create type pgvectorize_private.search_attempt as (
            way            text,
            ef_search      integer,
            found          bigint,
            wanted         bigint,
            steps          bigint,
            trusted_steps  double precision,
            most_steps     bigint,
            plan           jsonb,
            matches        pgvectorize.match[]
        )
    """)
    op.execute("create type pgvectorize.mutation as (mutation_id uuid, count bigint, ids text[])")
    op.execute("create type pgvectorize.deletion as (mutation_id uuid, count bigint)")
    op.execute("""
        create type pgvectorize.index_info as (
            name             text,
            dimensions       integer,
            metric           text,
            preset           text,
            description      text,
            relation         regclass,
            has_hnsw         boolean,
            is_strict        boolean,
            is_counted       boolean,
            created_on       timestamptz,
            modified_on      timestamptz,
            storage          text,
            index_precision  text,
            m                integer,
            ef_construction  integer,
            ef_search        integer,
            model            jsonb
        )
    """)
    op.execute("""
        create type pgvectorize.index_description as (
            dimensions                integer,
            vector_count              bigint,
            is_estimate               boolean,
            pending_count             bigint,
            processed_up_to_mutation  uuid,
            processed_up_to_datetime  timestamptz,
            model                     jsonb
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
    op.execute("""
        create type pgvectorize.recall_point as (
            ef_search       integer,
            recall          double precision,
            standard_error  double precision,
            milliseconds    double precision,
            queries         integer,
            top_k           integer
        )
    """)
    op.execute("""
        create type pgvectorize.index_build as (
            is_built           boolean,
            index_precision    text,
            m                  integer,
            ef_construction    integer,
            vectors            bigint,
            memory             bigint,
            memory_needed      bigint,
            vectors_in_memory  bigint,
            workers            integer
        )
    """)
    op.execute("""
        create type pgvectorize.namespace_index as (
            namespace     text,
            is_built      boolean,
            vector_count  bigint,
            bytes         bigint
        )
    """)
    op.execute("""
        create type pgvectorize.build_progress as (
            name      text,
            pid       integer,
            phase     text,
            done      bigint,
            total     bigint,
            fraction  double precision
        )
    """)
    op.execute("""
        create type pgvectorize.finding as (
            severity   text,
            code       text,
            name       text,
            finding    text,
            fix        text,
            action     text,
            arguments  jsonb
        )
    """)
    # The triggers keep the function of each index as the catalog says; what they do comes with the
    # functions.
    op.execute("""
        create function pgvectorize_private._on_catalog_change() returns trigger language plpgsql
        as $$ begin return null; end $$
    """)
    op.execute("""
        create trigger on_catalog_change
        after insert or update or delete on pgvectorize_private.indexes
        for each row execute function pgvectorize_private._on_catalog_change()
    """)
    op.execute("""
        create function pgvectorize_private._on_metadata_index_change() returns trigger
        language plpgsql as $$ begin return null; end $$
    """)
    op.execute("""
        create trigger on_metadata_index_change
        after insert or delete on pgvectorize_private.metadata_indexes
        for each row execute function pgvectorize_private._on_metadata_index_change()
    """)


def downgrade() -> None:
    raise NotImplementedError(
        "there is nothing below the first revision; to remove pgvectorize with all its data: "
        "drop schema pgvectorize_data, pgvectorize_private, pgvectorize cascade"
    )
