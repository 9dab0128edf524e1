-- The HNSW index of all vectors of an index, or null if there is none. This runs in every query,
-- so it looks the index up by its name: a join of three catalogs to find it by its access method
-- takes many times as long.
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
