-- Delete all vectors of an index at once, however many there are, and return the mutation's id.
-- Metadata and namespace indexes stay.
--
-- This is Postgres' `truncate`: it waits for readers and writers of the index to end, refuses while
-- another session builds it, keeps new ones waiting until the transaction ends (ACCESS EXCLUSIVE), and
-- needs the privilege TRUNCATE on the table.
create or replace function pgvectorize.truncate(index text)
returns uuid
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    target pgvectorize_private.indexes := pgvectorize_private._find_index(index);
begin
    perform pgvectorize_private._check_strict_call(target.is_strict, 'truncate');
    perform pgvectorize_private._lock_exclusively(target);
    perform pgvectorize_private._execute_ddl(format('truncate table %s', target.relation));
    return pgvectorize_private._log_mutation(target);
end;
$$;

comment on function pgvectorize.truncate
    is 'Delete all vectors of an index.';
