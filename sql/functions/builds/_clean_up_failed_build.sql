-- Drop what a failed build left behind, unless another session builds by now.
--
-- `_set_lock_timeout` overwrites the 2s of the SET clause at once. The clause is there so that
-- lock_timeout is restored when this ends.
create or replace function pgvectorize_private._clean_up_failed_build(index text)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
set lock_timeout = '2s'
as $$
declare
    target pgvectorize_private.indexes := pgvectorize_private._find_index(index);
begin
    perform pgvectorize_private._set_lock_timeout();
    perform pgvectorize_private._lock_for_build(target);
    perform pgvectorize_private._drop_leftover_hnsw(target);
end;
$$;

comment on function pgvectorize_private._clean_up_failed_build
    is 'Drop what a build that failed left behind.';
