-- Return how often this transaction has scanned the HNSW indexes of an index, and how many rows it has
-- read from them, by Postgres' own counters.
create or replace function pgvectorize_private._hnsw_scan_counters(hnsw regclass, others regclass[])
returns bigint[]
language plpgsql
volatile
parallel restricted  -- a worker has counters of its own
as $$
begin
    if others is null then
        return array[
            pg_catalog.pg_stat_get_xact_numscans(hnsw), pg_catalog.pg_stat_get_xact_tuples_returned(hnsw)
        ];
    end if;
    return array[
        sum(pg_catalog.pg_stat_get_xact_numscans(listed.hnsw)),
        sum(pg_catalog.pg_stat_get_xact_tuples_returned(listed.hnsw))
    ] from unnest(array_append(others, hnsw)) as listed (hnsw);
end;
$$;

comment on function pgvectorize_private._hnsw_scan_counters
    is 'Scans of, and rows from, the HNSW indexes of an index in this transaction.';
