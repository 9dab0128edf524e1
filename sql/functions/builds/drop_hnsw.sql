-- Drop the HNSW index of an index, and with it those of namespaces. A query then compares with
-- every vector, which finds every match and is slower; writes are many times as fast. `build`
-- builds them again. This waits for running queries and writes of the index to end.
create or replace function pgvectorize.drop_hnsw(index text)
returns pgvectorize.index_info
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    target pgvectorize_private.indexes := pgvectorize_private._find_index(index);
    hnsw   regclass;
begin
    perform pgvectorize_private._lock_exclusively(target);
    perform pgvectorize_private._lock_row(target);
    hnsw := pgvectorize_private._hnsw_index(target);
    if hnsw is not null then
        perform pgvectorize_private._execute_ddl(format('drop index %s', hnsw));
    end if;
    perform pgvectorize_private._drop_namespace_hnsw(target);
    perform pgvectorize_private._drop_leftover_hnsw(target);
    update pgvectorize_private.indexes set wants_hnsw = false, modified_on = clock_timestamp()
    where indexes.id = target.id and indexes.wants_hnsw;
    return pgvectorize.get_index(index);
end;
$$;

comment on function pgvectorize.drop_hnsw
    is 'Drop the HNSW index of an index.';
