-- Take the next step towards a new HNSW index of a namespace, beside the one in use if there is
-- one: return the statement to run now, or null when it is built. As in `_hnsw_step`, the name
-- tells how it is built, and what a killed build left is dropped.
create or replace function pgvectorize_private._namespace_hnsw_build_step(
    wanted     pgvectorize_private.indexes,
    namespace  text,
    how        text  -- 'concurrently' or ''
)
returns text
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    new_name  text := pgvectorize_private._new_hnsw_name(wanted, namespace);
    is_locked boolean := false;
begin
    loop
        if pgvectorize_private._is_valid_index(new_name) then
            return null;
        end if;
        exit when is_locked;
        perform pgvectorize_private._lock_for_build(wanted);
        is_locked := true;  -- look again: a build may have ended meanwhile
    end loop;

    if to_regclass(format('pgvectorize_data.%I', new_name)) is not null then
        perform pgvectorize_private._lock_exclusively(wanted);
        perform pgvectorize_private._execute_ddl(format('drop index pgvectorize_data.%I', new_name));
    end if;
    if how <> '' then
        perform pgvectorize_private._mark_has_other_hnsw(wanted);
    end if;
    return format(
        'create index %s if not exists %I on %s %s where %s',
        how, new_name, wanted.relation, pgvectorize_private._hnsw_definition_sql(wanted),
        pgvectorize_private._namespace_condition_sql('namespace', namespace)
    );
end;
$$;

comment on function pgvectorize_private._namespace_hnsw_build_step
    is 'The next statement towards a new HNSW index of a namespace, or null.';
