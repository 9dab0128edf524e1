-- Take the next step towards an HNSW index of a namespace, for a client that can run `create index
-- concurrently`: return the statement to run now under the settings of `build`, or null when all
-- is done. is_waiting and the SET clause are as in `_next_hnsw_statement`.
create or replace function pgvectorize_private._next_namespace_hnsw_statement(
    index           text,
    namespace       text,
    attempt         integer,
    out statement   text,
    out is_waiting  boolean,
    out build       pgvectorize.index_build
)
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
set lock_timeout = '2s'
as $$
declare
    target pgvectorize_private.indexes;
begin
    perform pgvectorize_private._set_lock_timeout();
    target := pgvectorize_private._find_index(index);
    perform pgvectorize_private._lock_table(target, 'access share');
    build := pgvectorize_private._plan_namespace_hnsw_build(target, namespace, attempt);
    is_waiting := false;
    statement := pgvectorize_private._namespace_hnsw_step(target, namespace, how => 'concurrently');
exception when lock_not_available then
    is_waiting := true;
end;
$$;

comment on function pgvectorize_private._next_namespace_hnsw_statement
    is 'The next statement towards an HNSW index of a namespace built concurrently.';
