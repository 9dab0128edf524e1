-- Delete the HNSW index of a namespace. Queries in the namespace use that of all vectors
-- again. Waits for running queries and writes of the index to end.
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
    target pgvectorize.indexes := pgvectorize._index(index);
begin
    perform pgvectorize._claim_build(target);
    perform pgvectorize._lock(target, 'access exclusive');
    delete from pgvectorize.namespace_indexes as indexes
    where indexes.index_id = target.id and indexes.namespace = delete_namespace_index.namespace;
    if not found then
        raise exception 'index "%" has no index of namespace "%"', index, left(namespace, 64)
            using errcode = 'PV009', hint = 'List the namespace indexes to see which there are.';
    end if;
    execute format(
        'drop index if exists pgvectorize_data.%I', pgvectorize._namespace_relation_name(target.id, namespace)
    );
    perform pgvectorize._note_graphs(target);
end;
$$;

comment on function pgvectorize.delete_namespace_index(text, text)
    is 'Delete the HNSW index of a namespace.';
