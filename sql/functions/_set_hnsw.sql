-- Set pgvector's search settings for the statements that follow. They last
-- until the calling function ends, because `_search` names each of them in a
-- SET clause, which restores it on exit; without that clause they would stay
-- until the end of the caller's transaction.
create or replace function pgvectorize._set_hnsw(ef_search integer, iterative_scan text)
returns void
language sql
volatile
as $$
    select set_config('hnsw.ef_search', ef_search::text, true),
           set_config('hnsw.iterative_scan', iterative_scan, true)
$$;

comment on function pgvectorize._set_hnsw(integer, text)
    is 'Set pgvector''s search settings until the calling function ends.';
