-- Take the next step towards an HNSW index, for a client that can run `create index concurrently`:
-- return the statement to run now under the settings of `build`, or null when all is done.
--
-- If another session has a lock that this needs for a moment, this waits only as long as
-- `_set_lock_timeout` says, because everybody who comes later would wait behind it. is_waiting
-- then says to call again in a while. `_set_lock_timeout` overwrites the 2s of the SET clause at
-- once; the clause is there so that lock_timeout is restored when this ends.
--
-- Parameters are those of `build`; attempt is that of `_plan_build`.
create or replace function pgvectorize_private._next_hnsw_statement(
    index            text,
    m                integer,
    ef_construction  integer,
    index_precision  text,
    memory           text,
    workers          integer,
    rebuild          boolean,
    attempt          integer,
    out statement    text,
    out is_waiting   boolean,
    out build        pgvectorize.index_build
)
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
set lock_timeout = '2s'
as $$
declare
    wanted pgvectorize_private.indexes;
begin
    perform pgvectorize_private._set_lock_timeout();
    wanted := pgvectorize_private._with_hnsw_options(
        pgvectorize_private._find_index(index), m, ef_construction, index_precision
    );
    perform pgvectorize_private._lock_table(wanted, 'access share');
    build := pgvectorize_private._plan_build(wanted, memory, workers, attempt);
    is_waiting := false;
    statement := pgvectorize_private._hnsw_step(wanted, rebuild, how => 'concurrently');
exception when lock_not_available then
    is_waiting := true;
end;
$$;

comment on function pgvectorize_private._next_hnsw_statement
    is 'The next statement towards an HNSW index built concurrently.';
