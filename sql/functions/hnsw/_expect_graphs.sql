-- Enter in the catalog that the planner may find HNSW indexes besides that of all
-- vectors, before one is built: only then does `_search` count their use. By the time
-- that one is built concurrently, all who read the catalog before have ended.
create or replace function pgvectorize._expect_graphs(target pgvectorize.indexes)
returns void
language sql
volatile
as $$
    update pgvectorize.indexes set has_other_graphs = true
    where indexes.id = target.id and not indexes.has_other_graphs
$$;

comment on function pgvectorize._expect_graphs(pgvectorize.indexes)
    is 'Enter in the catalog that there may be other HNSW indexes.';
