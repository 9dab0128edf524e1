-- Set how the next statements search: pgvector's settings, and whether the planner may read the whole
-- table instead. The settings last until the calling function ends, because its SET clauses name each
-- of them and restore them on exit. Without those clauses they would last until the end of the
-- caller's transaction. A candidate needs about 200 bytes, so 20,000 of them fit 4 MB of work_mem.
--
-- This is one expression, which PL/pgSQL evaluates in place. Its result has no meaning.
create or replace function pgvectorize_private._set_search_settings(
    ef_search       integer,
    iterative_scan  text,
    scan_tuples     integer,
    seqscan         boolean
)
returns text
language sql
volatile
as $$
    select set_config('hnsw.ef_search', ef_search::text, true)
        || set_config('hnsw.iterative_scan', iterative_scan, true)
        || set_config('hnsw.max_scan_tuples', scan_tuples::text, true)
        || set_config('hnsw.scan_mem_multiplier', least(greatest(scan_tuples / 20000, 1), 1000)::text, true)
        || set_config('enable_seqscan', seqscan::text, true)
$$;

comment on function pgvectorize_private._set_search_settings
    is 'Set how to search until the calling function ends.';
