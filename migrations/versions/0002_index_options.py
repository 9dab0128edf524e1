"""What an index is made of: precisions, HNSW parameters, and how well it is known to search.

Adds columns with constant defaults, which rewrites nothing, and attributes to a type. Takes a
short exclusive lock on the catalog.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

from alembic import context, op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SEARCHED = (
    "integer, text, jsonb, boolean, text, integer, boolean, text[], text[], "
    "double precision, double precision, integer"
)
FUNCTIONS_CHANGED = (
    "create_index(text, integer, text, text, text, boolean)",
    "update_index(text, text, text, boolean)",
    f"query(text, {{vector}}.vector, {SEARCHED})",
    f"query_by_id(text, text, {SEARCHED})",
    f"query_many(text, {{vector}}.vector[], {SEARCHED}, jsonb[])",
    "_adopt_copy(text, text, text, integer, text)",
    "_check_strict_config(integer, text)",
    "_search(pgvectorize.indexes, {vector}.vector, integer, text, boolean, text, integer, boolean, "
    "integer, double precision)",
    "_set_hnsw(integer, text)",
    "_write_staged(text, text)",
)


def upgrade() -> None:
    # Functions are applied anew after every revision, but one with a changed signature would stay
    # beside the new one. What else depends on one of these is named in the error.
    vector: str = context.config.attributes["vector_schema"]
    for function in FUNCTIONS_CHANGED:
        op.execute(f"drop function if exists pgvectorize.{function.format(vector=vector)}")
    op.execute("""
        alter table pgvectorize.indexes
            add column storage text constraint indexes_storage_not_null not null default 'float32'
                constraint indexes_storage_check check (storage in ('float32', 'float16')),
            add column index_precision text constraint indexes_index_precision_not_null not null
                default 'float32' constraint indexes_index_precision_check
                check (index_precision in ('float32', 'float16', 'binary')),
            add column wants_hnsw boolean constraint indexes_wants_hnsw_not_null not null
                default true,
            add column m integer constraint indexes_m_not_null not null default 16
                constraint indexes_m_check check (m between 2 and 100),
            add column ef_construction integer constraint indexes_ef_construction_not_null not null
                default 64 constraint indexes_ef_construction_check
                check (ef_construction between 2 * m and 1000),
            add column ef_search integer
                constraint indexes_ef_search_check check (ef_search between 1 and 1000),
            add column graph_cost double precision
                constraint indexes_graph_cost_check check (graph_cost >= 1),
            add column has_other_graphs boolean constraint indexes_has_other_graphs_not_null
                not null default false
    """)
    op.execute("""
        create table pgvectorize.namespace_indexes (
            index_id   bigint constraint namespace_indexes_index_id_not_null not null,
            namespace  text constraint namespace_indexes_namespace_not_null not null,
            constraint namespace_indexes_pkey primary key (index_id, namespace)
        )
    """)
    op.execute(
        "comment on table pgvectorize.namespace_indexes is 'HNSW indexes of single namespaces.'"
    )
    op.execute("""
        update pgvectorize.indexes
        set wants_hnsw = false,
            index_precision = case when dimensions > 4000 then 'binary' else 'float16' end
        where dimensions > 2000
    """)
    op.execute("""
        create table pgvectorize.recalls (
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
            constraint recalls_pkey primary key (index_id, ef_search)
        )
    """)
    op.execute("comment on table pgvectorize.recalls is 'Recall of indexes, as last measured.'")
    op.execute("""
        alter type pgvectorize.index_info
            add attribute storage text,
            add attribute index_precision text,
            add attribute m integer,
            add attribute ef_construction integer,
            add attribute ef_search integer
    """)
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
    # The catalog says when an index's own function has to be made anew; what it is comes with
    # the functions.
    op.execute("""
        create function pgvectorize._compile_changed() returns trigger language plpgsql
        as $$ begin return null; end $$
    """)
    op.execute("""
        create trigger compile_changed after insert or update or delete on pgvectorize.indexes
        for each row execute function pgvectorize._compile_changed()
    """)


def downgrade() -> None:
    raise NotImplementedError("revisions only go up: restore a backup made before this one")
