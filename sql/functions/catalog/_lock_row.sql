-- Lock the catalog row of an index until the transaction ends, and return it as it is now. Refuses
-- an index that was deleted or renamed since the caller has found it.
--
-- The caller has a lock on the table. So nobody who has the table to himself waits here.
create or replace function pgvectorize_private._lock_row(target pgvectorize_private.indexes)
returns pgvectorize_private.indexes
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    row pgvectorize_private.indexes;
begin
    select indexes.* into row from pgvectorize_private.indexes where indexes.id = target.id
    for no key update;
    if row.name is distinct from target.name then
        perform pgvectorize_private._refuse_unknown_index(target.name);
    end if;
    return row;
exception when deadlock_detected then
    raise exception 'index "%" is being changed by another session, which waits for this one', target.name
        using errcode = 'PV007', hint = 'Try again. Change one index in one transaction.';
end;
$$;

comment on function pgvectorize_private._lock_row
    is 'Lock the catalog row of an index until the transaction ends.';
