-- The HNSW index of an index's table, or null when it has none. It is found by
-- its name because this runs in every query, and the join of three catalogs that
-- would find it by its access method costs many times as much.
create or replace function pgvectorize._hnsw(target pgvectorize.indexes)
returns regclass
language sql
stable
parallel safe
as $$
    select to_regclass(format('pgvectorize_data.%I', pgvectorize._relation_name(target.id, 'embedding_hnsw')))
$$;

comment on function pgvectorize._hnsw(pgvectorize.indexes)
    is 'The HNSW index of an index''s table.';
