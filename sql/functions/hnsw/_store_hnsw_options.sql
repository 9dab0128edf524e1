-- Store in the catalog how the HNSW index of an index is built, and that it has one. The recalls
-- that were measured with the old one are deleted.
create or replace function pgvectorize_private._store_hnsw_options(target pgvectorize_private.indexes)
returns void
language sql
volatile
as $$
    update pgvectorize_private.indexes
    set index_precision = target.index_precision,
        m = target.m,
        ef_construction = target.ef_construction,
        wants_hnsw = true,
        modified_on = clock_timestamp()
    where indexes.id = target.id;
    delete from pgvectorize_private.recalls where recalls.index_id = target.id;
$$;

comment on function pgvectorize_private._store_hnsw_options
    is 'Store how an HNSW index is built.';
