-- Take the next step towards an HNSW index of a namespace, for a client that can run
-- `create index concurrently`: the statement to run now under the settings of `build`,
-- or null when all is done. As `_build_step` it does not wait long for a lock;
-- then is_waiting says to come back in a while.
create or replace function pgvectorize._build_namespace_index(
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
    target pgvectorize.indexes := pgvectorize._index(index);
begin
    perform pgvectorize._be_patient();
    perform pgvectorize._lock(target, 'access share');
    build := pgvectorize._plan_namespace_build(target, namespace, attempt);
    is_waiting := false;
    statement := pgvectorize._namespace_index_step(target, namespace, how => 'concurrently');
exception when lock_not_available then
    is_waiting := true;
end;
$$;

comment on function pgvectorize._build_namespace_index(text, text, integer)
    is 'The next statement towards an HNSW index of a namespace built concurrently.';
