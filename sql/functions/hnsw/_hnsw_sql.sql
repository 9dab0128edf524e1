-- Write what follows `create index … on …` for the HNSW index of an index: the
-- only place that says how one is built.
create or replace function pgvectorize._hnsw_sql(target pgvectorize.indexes)
returns text
language sql
immutable
parallel safe
as $$
    select format(
        'using hnsw (%s @vector@.%s) with (m = %s, ef_construction = %s)',
        pgvectorize._graph_sql(target, 'embedding'),
        pgvectorize._graph_opclass(target),
        target.m, target.ef_construction
    )
$$;

comment on function pgvectorize._hnsw_sql(pgvectorize.indexes)
    is 'How the HNSW index of an index is built.';
