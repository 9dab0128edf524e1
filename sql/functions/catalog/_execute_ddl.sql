-- Run a statement that drops or empties a table or a Postgres index, for a caller that has the
-- lock on the table.
--
-- `create index concurrently` releases its lock a moment before it commits that the new index is
-- valid (Postgres' DefineIndex). Whoever gets the lock in that moment gets the error "tuple
-- concurrently updated". The failed statement has waited for that commit, so the second one
-- succeeds.
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
