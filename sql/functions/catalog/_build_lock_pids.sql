-- The processes that hold a lock on an index's table which keeps others from building a Postgres
-- index of it: the lock of a build, of a vacuum, or a stronger one.
create or replace function pgvectorize_private._build_lock_pids(target pgvectorize_private.indexes)
returns setof integer
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select locks.pid
    from pg_locks as locks
    where locks.relation = target.relation and locks.granted
        and locks.database = (select oid from pg_database where datname = current_database())
        and locks.mode in (
            'ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock',
            'AccessExclusiveLock'
        )
$$;

comment on function pgvectorize_private._build_lock_pids
    is 'The processes that hold the lock of a build on an index''s table.';
