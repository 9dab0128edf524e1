-- Delete the HNSW index of a namespace. Queries in the namespace then use that of all vectors
-- again. This waits for running queries and writes of the index to end.
create or replace function pgvectorize.delete_namespace_index(
    index      text,
    namespace  text
)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
set client_min_messages = warning
as $$
declare
    target pgvectorize_private.indexes := pgvectorize_private._find_index(index);
begin
    perform pgvectorize_private._lock_exclusively(target);
    delete from pgvectorize_private.namespace_indexes as indexes
    where indexes.index_id = target.id and indexes.namespace = delete_namespace_index.namespace;
    if not found then
        raise exception 'index "%" has no index of namespace "%"', index, left(namespace, 64)
            using errcode = 'PV009', hint = 'List the namespace indexes to see which exist.';
    end if;
    execute format(
        'drop index if exists pgvectorize_data.%I',
        pgvectorize_private._namespace_hnsw_name(target.id, namespace)
    );
    perform pgvectorize_private._refresh_has_other_hnsw(target);
end;
$$;

comment on function pgvectorize.delete_namespace_index
    is 'Delete the HNSW index of a namespace.';
