-- Put a new HNSW index of a namespace in its place, if it is built; say whether it was.
create or replace function pgvectorize._put_namespace_graph(target pgvectorize.indexes, namespace text)
returns boolean
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
set client_min_messages = warning
as $$
declare
    new_name text := pgvectorize._new_relation_name(target, namespace);
    name     text := pgvectorize._namespace_relation_name(target.id, namespace);
begin
    if not pgvectorize._is_valid(new_name) then
        return false;
    end if;
    perform pgvectorize._alter(format('drop index if exists pgvectorize_data.%I', name));
    execute format('alter index pgvectorize_data.%I rename to %I', new_name, name);
    return true;
end;
$$;

comment on function pgvectorize._put_namespace_graph(pgvectorize.indexes, text)
    is 'Put a new HNSW index of a namespace in its place.';
