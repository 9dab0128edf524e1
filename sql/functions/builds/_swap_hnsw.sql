-- Put a new HNSW index in the place of the one in use, with the new ones of namespaces, in one
-- short moment, and store in the catalog how it is built.
create or replace function pgvectorize_private._swap_hnsw(target pgvectorize_private.indexes)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    new_name  text := pgvectorize_private._new_hnsw_name(target, null);
    old       regclass;
    namespace text;
begin
    perform pgvectorize_private._lock_exclusively(target);
    if not pgvectorize_private._is_valid_index(new_name) then
        return;  -- another session did this while it waited
    end if;
    perform pgvectorize_private._lock_row(target);
    foreach namespace in array pgvectorize_private._namespaces_with_hnsw(target) loop
        if not pgvectorize_private._swap_namespace_hnsw(target, namespace) then  -- it was created meanwhile
            execute format(
                'drop index if exists pgvectorize_data.%I',
                pgvectorize_private._namespace_hnsw_name(target.id, namespace)
            );
            raise warning 'the HNSW index of namespace "%" of index "%" must be built again',
                namespace, target.name using hint = 'Create it again.';
        end if;
    end loop;
    old := pgvectorize_private._hnsw_index(target);
    if old is not null then
        perform pgvectorize_private._execute_ddl(format('drop index %s', old));
    end if;
    execute format(
        'alter index pgvectorize_data.%I rename to %I', new_name, pgvectorize_private._hnsw_name(target.id)
    );
    perform pgvectorize_private._drop_leftover_hnsw(target);
    perform pgvectorize_private._store_hnsw_options(target);
    perform pgvectorize_private._refresh_has_other_hnsw(target);
end;
$$;

comment on function pgvectorize_private._swap_hnsw
    is 'Put a new HNSW index in the place of the old.';
