-- Find an index by its name, and keep it from being deleted, renamed or rebuilt until the
-- transaction ends: every function that reads or writes its table begins here.
--
-- mode  'row exclusive' for those that write: to begin with a lesser lock would deadlock
--       with a build in a transaction, which has let readers in but no writers, and
--       in the end wants them out as well
create or replace function pgvectorize_private._lock_index(index text, mode text default 'access share')
returns pgvectorize_private.indexes
language plpgsql
stable
as $$
declare
    target pgvectorize_private.indexes := pgvectorize_private._find_index(index);
begin
    perform pgvectorize_private._lock_table(target, mode);
    return target;
end;
$$;

comment on function pgvectorize_private._lock_index
    is 'The catalog row of an index that stays as it is until the transaction ends.';
