-- Drop the HNSW indexes of namespaces along with that of all vectors. They stay in the catalog, so
-- `build` builds them again.
create or replace function pgvectorize_private._drop_namespace_hnsw(target pgvectorize_private.indexes)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
set client_min_messages = warning
as $$
declare
    namespace text;
begin
    foreach namespace in array pgvectorize_private._namespaces_with_hnsw(target) loop
        execute format(
            'drop index if exists pgvectorize_data.%I',
            pgvectorize_private._namespace_hnsw_name(target.id, namespace)
        );
    end loop;
end;
$$;

comment on function pgvectorize_private._drop_namespace_hnsw
    is 'Drop the HNSW indexes of namespaces.';
