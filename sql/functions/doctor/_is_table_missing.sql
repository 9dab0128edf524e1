-- Whether an index is in the catalog and its table is not there. This is volatile and so looks with a snapshot of
-- its own, where a caller that is stable would look with that of its query. A transaction that keeps its first
-- snapshot still sees both if others have deleted the index since.
create or replace function pgvectorize_private._is_table_missing(target pgvectorize_private.indexes)
returns boolean
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
    return exists (select from pgvectorize_private.indexes where indexes.id = target.id)
        and not exists (select from pg_class as class where class.oid = target.relation);
end;
$$;

comment on function pgvectorize_private._is_table_missing
    is 'Whether the table of an index is missing.';
