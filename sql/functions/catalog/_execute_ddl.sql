-- Run a statement that drops or empties a table or an index, for a caller that has the lock
-- on the table. `create index concurrently` gives its lock back a moment before it commits
-- that the index is valid (Postgres' DefineIndex): who has the lock in that moment meets
-- "tuple concurrently updated", waits for the commit by that, and tries again.
create or replace function pgvectorize_private._execute_ddl(statement text)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
    execute statement;
exception
    when internal_error then
        execute statement;
    when deadlock_detected then
        raise exception 'an index is locked by another session, which waits for this one'
            using errcode = 'PV007', hint = 'Try again when its HNSW index or metadata index is built.';
end;
$$;

comment on function pgvectorize_private._execute_ddl
    is 'Drop or empty a table or an index.';
