-- The locks of other processes on tables of this database which keep this one from building a Postgres index:
-- the lock of a build, of a vacuum, or a stronger one. An autovacuum is left out, because it gives way to
-- whoever waits for it. Every role may see which locks there are and which user a session has; an autovacuum
-- has none. pg_stat_progress_create_index tells most roles only about their own builds.
create or replace function pgvectorize_private._build_locks()
returns table (relation oid, pid integer, is_exclusive boolean)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select locks.relation, locks.pid, bool_or(locks.mode = 'AccessExclusiveLock')
    from pg_locks as locks
    left join pg_stat_activity as activity on activity.pid = locks.pid
    where locks.locktype = 'relation' and locks.granted and locks.pid <> pg_backend_pid()
        and locks.database = (select oid from pg_database where datname = current_database())
        and locks.mode in (
            'ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock',
            'AccessExclusiveLock'
        )
        and (activity.pid is null or activity.usesysid is not null)
    group by locks.relation, locks.pid
$$;

comment on function pgvectorize_private._build_locks
    is 'Locks of other processes that keep a build away.';
