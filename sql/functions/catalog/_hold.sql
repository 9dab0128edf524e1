-- Find an index by its name, and keep it from being deleted, renamed or rebuilt until the
-- transaction ends: every function that reads or writes its table begins here.
--
-- mode  'row exclusive' for those that write: to begin with a lesser lock would deadlock
--       with a build in a transaction, which has let readers in but no writers, and
--       in the end wants them out as well
create or replace function pgvectorize._hold(index text, mode text default 'access share')
returns pgvectorize.indexes
language plpgsql
stable
as $$
declare
    target pgvectorize.indexes := pgvectorize._index(index);
begin
    perform pgvectorize._lock(target, mode);
    return target;
end;
$$;

comment on function pgvectorize._hold(text, text)
    is 'The catalog row of an index that stays as it is until the transaction ends.';
