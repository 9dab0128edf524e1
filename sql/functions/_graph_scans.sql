-- How often this transaction has scanned some HNSW indexes, by Postgres' own counters.
create or replace function pgvectorize._graph_scans(graphs regclass[])
returns bigint
language sql
stable
parallel restricted  -- a worker has counters of its own
as $$
    select coalesce(sum(pg_catalog.pg_stat_get_xact_numscans(graph)), 0)::bigint
    from unnest(graphs) as graph
$$;

comment on function pgvectorize._graph_scans(regclass[])
    is 'How often this transaction has scanned some HNSW indexes.';
