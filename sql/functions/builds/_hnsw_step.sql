-- Take the next step towards an HNSW index: return the statement to run now, or null when the HNSW
-- index is built and in use. The caller runs the statement and calls again, as with
-- `_metadata_index_step`, and may begin at any step:
--
--     in use, as wanted                → nothing, unless it is to be rebuilt
--     a new one beside it, valid       → the same for each namespace that has one; then put all in
--                                        their places
--     none, INVALID, or other options  → drop leftovers, create a new one beside it
--
-- The name of a new one tells how it is built, so a valid one of that name is as wanted, whichever
-- session began to build it. To put it in its place takes an ACCESS EXCLUSIVE lock while it is
-- renamed; until then queries use the old one. The catalog changes in the same transaction.
--
-- wanted      the catalog row as it should be
-- is_rebuild  build even if it is there as wanted
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
    namespace text;
    statement text;
    is_locked boolean := false;
begin
    if not is_rebuild and exists (
        select from pgvectorize_private.indexes as known
        where known.id = wanted.id
            and pgvectorize_private._is_valid_index(pgvectorize_private._hnsw_name(known.id))
            and (known.index_precision, known.m, known.ef_construction)
                = (wanted.index_precision, wanted.m, wanted.ef_construction)
    ) then
        begin
            perform pgvectorize_private._lock_for_build(wanted);
            perform pgvectorize_private._drop_leftover_hnsw(wanted);
        exception when sqlstate 'PV007' or lock_not_available then
            null;  -- another session builds or uses it; this one is as wanted
        end;
        return null;
    end if;

    loop
        if pgvectorize_private._is_valid_index(new_name) then
            foreach namespace in array pgvectorize_private._namespaces_with_hnsw(wanted) loop
                statement := pgvectorize_private._namespace_hnsw_build_step(wanted, namespace, how);
                if statement is not null then
                    return statement;
                end if;
            end loop;
            begin
                perform pgvectorize_private._swap_hnsw(wanted);
            exception when sqlstate 'PV007' then
                if how = '' then
                    raise;
                end if;
                raise lock_not_available;  -- the client tries again, rather than to lose the build
            end;
            return null;
        end if;
        exit when is_locked;
        perform pgvectorize_private._lock_for_build(wanted);
        is_locked := true;  -- look again: a build may have ended meanwhile
    end loop;

    perform pgvectorize_private._drop_leftover_hnsw(wanted);
    if how <> '' then
        perform pgvectorize_private._mark_has_other_hnsw(wanted);
    end if;
    return format(
        'create index %s if not exists %I on %s %s',
        how, new_name, wanted.relation, pgvectorize_private._hnsw_definition_sql(wanted)
    );
end;
$$;

comment on function pgvectorize_private._hnsw_step
    is 'The next statement towards an HNSW index, or null.';
