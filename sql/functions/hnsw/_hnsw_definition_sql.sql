-- Write what follows `create index … on …` for an HNSW index. No other function says how one is
-- built.
create or replace function pgvectorize_private._hnsw_definition_sql(target pgvectorize_private.indexes)
returns text
language sql
immutable
parallel safe
as $$
    select format(
        'using hnsw (%s @vector@.%s) with (m = %s, ef_construction = %s)',
        pgvectorize_private._hnsw_key_sql(target, 'embedding'),
        pgvectorize_private._hnsw_opclass(target),
        target.m, target.ef_construction
    )
$$;

comment on function pgvectorize_private._hnsw_definition_sql
    is 'How the HNSW index of an index is built.';
