-- Whether an index is still in the catalog. This is volatile and so looks with a snapshot of its own,
-- where a caller that is stable would look with that of its query.
create or replace function pgvectorize_private._is_in_catalog(target pgvectorize_private.indexes)
returns boolean
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
    return exists (select from pgvectorize_private.indexes where indexes.id = target.id);
end;
$$;

comment on function pgvectorize_private._is_in_catalog
    is 'Whether an index was not deleted meanwhile.';
