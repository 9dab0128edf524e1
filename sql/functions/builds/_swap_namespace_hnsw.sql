-- Put a new HNSW index of a namespace in its place if it is built, and return whether it was.
create or replace function pgvectorize_private._swap_namespace_hnsw(
    target     pgvectorize_private.indexes,
    namespace  text
)
returns boolean
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    new_name text := pgvectorize_private._new_hnsw_name(target, namespace);
    name     text := pgvectorize_private._namespace_hnsw_name(target.id, namespace);
begin
    if not pgvectorize_private._is_valid_index(new_name) then
        return false;
    end if;
    if to_regclass(format('pgvectorize_data.%I', name)) is not null then
        perform pgvectorize_private._execute_ddl(format('drop index pgvectorize_data.%I', name));
    end if;
    execute format('alter index pgvectorize_data.%I rename to %I', new_name, name);
    return true;
end;
$$;

comment on function pgvectorize_private._swap_namespace_hnsw
    is 'Put a new HNSW index of a namespace in its place.';
