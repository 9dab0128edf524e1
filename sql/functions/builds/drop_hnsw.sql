-- Drop the HNSW index of an index: from now on a query compares with every vector,
-- which finds all and is slower, and writes are many times as fast. `build` makes it
-- again, and with it those of namespaces, which go, too. Waits for running queries and writes of the index to end.
create or replace function pgvectorize.drop_hnsw(index text)
returns pgvectorize.index_info
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    target pgvectorize.indexes := pgvectorize._index(index);
    hnsw   regclass;
begin
    perform pgvectorize._claim_build(target);
    perform pgvectorize._lock(target, 'access exclusive');
    hnsw := pgvectorize._hnsw(target);
    if hnsw is not null then
        perform pgvectorize._alter(format('drop index %s', hnsw));
    end if;
    perform pgvectorize._drop_namespace_graphs(target);
    perform pgvectorize._drop_builds(target);
    update pgvectorize.indexes set wants_hnsw = false, modified_on = clock_timestamp()
    where indexes.id = target.id and indexes.wants_hnsw;
    return pgvectorize.get_index(index);
end;
$$;

comment on function pgvectorize.drop_hnsw(text)
    is 'Drop the HNSW index of an index.';
