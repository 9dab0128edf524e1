-- How often this transaction has scanned some HNSW indexes, and how many rows it has
-- taken from them. See `_hnsw_scan_counters`.
create or replace function pgvectorize_private._other_hnsw_scan_counters(graphs regclass[])
returns bigint[]
language sql
volatile
parallel restricted
as $$
    select array[
        coalesce(sum(pg_catalog.pg_stat_get_xact_numscans(graph)), 0),
        coalesce(sum(pg_catalog.pg_stat_get_xact_tuples_returned(graph)), 0)
    ]::bigint[]
    from unnest(graphs) as graph
$$;

comment on function pgvectorize_private._other_hnsw_scan_counters
    is 'Scans of, and rows from, some HNSW indexes in this transaction.';
