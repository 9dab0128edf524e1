-- How many rows this transaction has taken from some HNSW indexes, by Postgres' own
-- counters.
create or replace function pgvectorize._graph_steps(graphs regclass[])
returns bigint
language sql
stable
parallel restricted  -- a worker has counters of its own
as $$
    select coalesce(sum(pg_catalog.pg_stat_get_xact_tuples_returned(graph)), 0)::bigint
    from unnest(graphs) as graph
$$;

comment on function pgvectorize._graph_steps(regclass[])
    is 'How many rows this transaction has taken from some HNSW indexes.';
