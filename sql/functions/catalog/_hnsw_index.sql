-- The HNSW index of an index's table, or null when it has none. It is found by
-- its name because this runs in every query, and the join of three catalogs that
-- would find it by its access method costs many times as much.
create or replace function pgvectorize_private._hnsw_index(target pgvectorize_private.indexes)
returns regclass
language sql
stable
parallel safe
as $$
    select to_regclass(format('pgvectorize_data.%I', pgvectorize_private._hnsw_name(target.id)))
$$;

comment on function pgvectorize_private._hnsw_index
    is 'The HNSW index of an index''s table.';
