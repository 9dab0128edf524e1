-- Drop the HNSW indexes of namespaces with that of all vectors. The catalog keeps them:
-- whatever builds that one again builds them, too.
create or replace function pgvectorize._drop_namespace_graphs(target pgvectorize.indexes)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
set client_min_messages = warning
as $$
declare
    namespace text;
begin
    foreach namespace in array pgvectorize._namespaces_indexed(target) loop
        execute format(
            'drop index if exists pgvectorize_data.%I', pgvectorize._namespace_relation_name(target.id, namespace)
        );
    end loop;
end;
$$;

comment on function pgvectorize._drop_namespace_graphs(pgvectorize.indexes)
    is 'Drop the HNSW indexes of namespaces.';
