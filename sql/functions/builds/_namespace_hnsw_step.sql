-- Take the next step towards an HNSW index of a namespace: return the statement to run now, or
-- null when it is built and in use. The caller runs the statement and calls again, as with
-- `_metadata_index_step`, and may begin at any step:
--
--     in the catalog, valid  → nothing
--     a new one, valid       → put it in its place, store it in the catalog
--     none, or INVALID       → drop the leftover, create it
--
-- The catalog row is locked while the new one is put in its place, here and in `_swap_hnsw`, so
-- that it always has the precision of the HNSW index of all vectors.
create or replace function pgvectorize_private._namespace_hnsw_step(
    target     pgvectorize_private.indexes,
    namespace  text,
    how        text  -- 'concurrently' or ''
)
returns text
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    name      constant text := pgvectorize_private._namespace_hnsw_name(target.id, namespace);
    statement text;
begin
    perform pgvectorize_private._check_namespace_hnsw(target, namespace);
    if exists (
        select from pgvectorize_private.namespace_indexes as indexes
        where indexes.index_id = target.id and indexes.namespace = _namespace_hnsw_step.namespace
    )
        and pgvectorize_private._is_valid_index(name)
    then
        return null;
    end if;

    statement := pgvectorize_private._namespace_hnsw_build_step(target, namespace, how);
    if statement is null then
        if to_regclass(format('pgvectorize_data.%I', name)) is null then
            perform pgvectorize_private._lock_for_build(target);
        else
            perform pgvectorize_private._lock_exclusively(target);
        end if;
        target := pgvectorize_private._lock_row(target);
        perform pgvectorize_private._check_namespace_hnsw(target, namespace);
        if not pgvectorize_private._swap_namespace_hnsw(target, namespace) then
            -- the options were changed meanwhile
            return pgvectorize_private._namespace_hnsw_build_step(target, namespace, how);
        end if;
        insert into pgvectorize_private.namespace_indexes (index_id, namespace) values (target.id, namespace)
        on conflict do nothing;
        perform pgvectorize_private._mark_has_other_hnsw(target);
    end if;
    return statement;
end;
$$;

comment on function pgvectorize_private._namespace_hnsw_step
    is 'The next statement towards an HNSW index of a namespace, or null.';
