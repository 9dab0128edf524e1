-- The other processes that hold a lock on an index's table which keeps this one from building a Postgres
-- index of it; see `_build_locks`.
create or replace function pgvectorize_private._build_lock_pids(target pgvectorize_private.indexes)
returns table (pid integer, is_exclusive boolean)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select locks.pid, locks.is_exclusive
    from pgvectorize_private._build_locks() as locks
    where locks.relation = target.relation
$$;

comment on function pgvectorize_private._build_lock_pids
    is 'Other processes whose locks keep a build of an index away.';
