-- The other processes that hold a lock on an index's table which keeps this one from building a
-- Postgres index of it: the lock of a build, of a vacuum, or a stronger one. An autovacuum is left
-- out, because it gives way to whoever waits for it. Every role may see which user a session has;
-- an autovacuum has none.
create or replace function pgvectorize_private._build_lock_pids(target pgvectorize_private.indexes)
returns table (pid integer, is_exclusive boolean)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select locks.pid, bool_or(locks.mode = 'AccessExclusiveLock')
    from pg_locks as locks
    left join pg_stat_activity as activity on activity.pid = locks.pid
    where locks.relation = target.relation and locks.granted and locks.pid <> pg_backend_pid()
        and locks.database = (select oid from pg_database where datname = current_database())
        and locks.mode in (
            'ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock',
            'AccessExclusiveLock'
        )
        and (activity.pid is null or activity.usesysid is not null)
    group by locks.pid
$$;

comment on function pgvectorize_private._build_lock_pids
    is 'Other processes whose locks keep a build of an index away.';
