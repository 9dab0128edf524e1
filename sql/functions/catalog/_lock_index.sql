-- Find an index by its name, and keep it from being deleted, renamed or rebuilt until the
-- transaction ends. Every function that reads or writes the table begins here.
--
-- This is declared stable although it takes a lock: the functions that search are stable, and the
-- lock changes nothing that a query can read. `_lock_table`, which is volatile, takes it.
--
-- mode  'row exclusive' for functions that write. With a weaker lock first they would deadlock with a
--       build in a transaction, which lets readers in but not writers, and at its end waits for
--       readers too.
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
