-- Drop the HNSW index of an empty index before its first load, if nobody can be hurt: if nobody has ever
-- searched it, and if nobody uses the index now. If this returns true, `_rebuild_hnsw_after_load` must
-- follow in the same transaction. Whoever comes to search the index meanwhile waits until its end.
--
-- `_begin_load` was called before, so the index is empty and stays so. This waits for no lock.
create or replace function pgvectorize_private._drop_unused_hnsw(index text)
returns boolean
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    target pgvectorize_private.indexes := pgvectorize_private._lock_index(index);
    hnsw   regclass := pgvectorize_private._hnsw_index(target);
begin
    if hnsw is null
        or not pgvectorize_private._is_owner(target.relation)
        or not current_setting('track_counts')::boolean  -- or scans are not counted
        or pg_stat_get_numscans(hnsw) > 0
    then
        return false;
    end if;
    begin
        lock table pgvectorize_private.indexes in row exclusive mode nowait;
        perform pgvectorize_private._lock_table(target, 'access exclusive', 'nowait');
    exception when lock_not_available or insufficient_privilege then
        return false;
    end;
    execute format('drop index %s', hnsw);
    perform pgvectorize_private._drop_namespace_hnsw(target);
    return true;
end;
$$;

comment on function pgvectorize_private._drop_unused_hnsw
    is 'Drop the HNSW index of an empty index before its first load, if nobody uses it.';
