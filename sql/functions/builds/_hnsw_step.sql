-- Take the next step towards an HNSW index: return the statement that must be run
-- now, or null when it is built and in use. As with `_metadata_index_step`, the
-- caller runs the statement and comes back, and can begin anywhere:
--
--     in use, and as wanted           → nothing, unless it is to be rebuilt
--     a new one beside it, valid      → the same for each namespace that has one; then
--                                       put all in their places
--     none, INVALID, or another kind  → drop the leftovers, create it beside
--
-- The name of a new one tells how it is built, so that a valid one that is found
-- under it is what is wanted, whoever began to build it. To put it in its place
-- takes an ACCESS EXCLUSIVE lock for as long as it takes to rename it; until then
-- queries use the old one. The catalog learns how it is built in the same moment.
--
-- wanted      the catalog row as it is to be
-- is_rebuild  build anew what is there already
-- how         'concurrently' or ''
create or replace function pgvectorize_private._hnsw_step(
    wanted      pgvectorize_private.indexes,
    is_rebuild  boolean,
    how         text
)
returns text
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    new_name  text := pgvectorize_private._new_hnsw_name(wanted, null);
    built     regclass;
    namespace text;
    statement text;
    is_locked boolean := false;
begin
    if not is_rebuild and exists (
        select from pgvectorize_private.indexes as known
        join pg_index as index on index.indexrelid = pgvectorize_private._hnsw_index(wanted) and index.indisvalid
        where known.id = wanted.id
            and (known.index_precision, known.m, known.ef_construction)
                = (wanted.index_precision, wanted.m, wanted.ef_construction)
    ) then
        begin
            perform pgvectorize_private._lock_for_build(wanted);
            perform pgvectorize_private._drop_leftover_hnsw(wanted);
        exception when sqlstate 'PV007' then
            null;  -- somebody builds another; this one is as wanted
        end;
        return null;
    end if;

    loop
        select index.indexrelid::regclass into built
        from pg_index as index
        where index.indexrelid = to_regclass(format('pgvectorize_data.%I', new_name)) and index.indisvalid;
        if found then
            foreach namespace in array pgvectorize_private._namespaces_with_hnsw(wanted) loop
                statement := pgvectorize_private._namespace_hnsw_build_step(wanted, namespace, how);
                if statement is not null then
                    return statement;
                end if;
            end loop;
            perform pgvectorize_private._swap_hnsw(wanted, built);
            return null;
        end if;
        exit when is_locked;
        perform pgvectorize_private._lock_for_build(wanted);
        is_locked := true;  -- look once more: a build may have ended just now
    end loop;

    perform pgvectorize_private._drop_leftover_hnsw(wanted);
    if how <> '' then
        perform pgvectorize_private._mark_has_other_hnsw(wanted);
    end if;
    return format(
        'create index %s if not exists %I on %s %s', how, new_name, wanted.relation, pgvectorize_private._hnsw_definition_sql(wanted)
    );
end;
$$;

comment on function pgvectorize_private._hnsw_step
    is 'The next statement towards an HNSW index, or null.';
