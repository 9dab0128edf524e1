-- Store in the catalog that there may be HNSW indexes besides that of all vectors, before one is
-- built: `_search` counts their scans only then. `create index concurrently` waits for older
-- transactions, so nobody uses an older catalog row once the new HNSW index is valid.
create or replace function pgvectorize_private._mark_has_other_hnsw(target pgvectorize_private.indexes)
returns void
language sql
volatile
as $$
    update pgvectorize_private.indexes set has_other_hnsw = true
    where indexes.id = target.id and not indexes.has_other_hnsw
$$;

comment on function pgvectorize_private._mark_has_other_hnsw
    is 'Store that there may be other HNSW indexes.';
