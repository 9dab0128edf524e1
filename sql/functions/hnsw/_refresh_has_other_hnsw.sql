-- Store in the catalog whether there are HNSW indexes besides that of all vectors.
create or replace function pgvectorize_private._refresh_has_other_hnsw(target pgvectorize_private.indexes)
returns void
language sql
volatile
as $$
    update pgvectorize_private.indexes set has_other_hnsw = found.is_there
    from (select pgvectorize_private._other_hnsw_indexes(target) is not null) as found (is_there)
    where indexes.id = target.id and indexes.has_other_hnsw <> found.is_there
$$;

comment on function pgvectorize_private._refresh_has_other_hnsw
    is 'Store whether there are other HNSW indexes.';
