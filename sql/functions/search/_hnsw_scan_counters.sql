-- How often this transaction has scanned the HNSW indexes of an index, and how many rows
-- it has taken from them, by Postgres' own counters. Volatile, so that PL/pgSQL evaluates
-- it in place where there is but the one.
create or replace function pgvectorize_private._hnsw_scan_counters(hnsw regclass, others regclass[])
returns bigint[]
language sql
volatile
parallel restricted  -- a worker has counters of its own
as $$
    select case
        when others is null then
            array[pg_catalog.pg_stat_get_xact_numscans(hnsw), pg_catalog.pg_stat_get_xact_tuples_returned(hnsw)]
        else pgvectorize_private._other_hnsw_scan_counters(array_append(others, hnsw))
    end
$$;

comment on function pgvectorize_private._hnsw_scan_counters
    is 'Scans of, and rows from, the HNSW indexes of an index in this transaction.';
