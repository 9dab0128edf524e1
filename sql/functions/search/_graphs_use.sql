-- How often this transaction has scanned some HNSW indexes, and how many rows it has
-- taken from them. See `_graph_use`.
create or replace function pgvectorize._graphs_use(graphs regclass[])
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

comment on function pgvectorize._graphs_use(regclass[])
    is 'Scans of, and rows from, some HNSW indexes in this transaction.';
