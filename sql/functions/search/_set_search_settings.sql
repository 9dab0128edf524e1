-- Set what decides how the statements that follow search: pgvector's settings, and
-- whether the planner may read the whole table instead. They last until the calling
-- function ends, because `_search` names each of them in a SET clause, which restores
-- it on exit; without that clause they would stay until the end of the caller's
-- transaction. A candidate takes about 200 bytes, so 4 MB of work_mem hold 20,000.
--
-- One expression, of which the result means nothing: PL/pgSQL evaluates it in place.
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
