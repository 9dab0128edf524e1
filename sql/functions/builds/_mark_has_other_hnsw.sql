-- Enter in the catalog that the planner may find HNSW indexes besides that of all
-- vectors, before one is built: only then does `_search` count their use. By the time
-- that one is built concurrently, all who read the catalog before have ended.
create or replace function pgvectorize_private._mark_has_other_hnsw(target pgvectorize_private.indexes)
returns void
language sql
volatile
as $$
    update pgvectorize_private.indexes set has_other_hnsw = true
    where indexes.id = target.id and not indexes.has_other_hnsw
$$;

comment on function pgvectorize_private._mark_has_other_hnsw
    is 'Enter in the catalog that there may be other HNSW indexes.';
