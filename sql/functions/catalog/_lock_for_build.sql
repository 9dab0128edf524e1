-- Make sure that nobody builds an index of a table, and nobody begins to until the
-- transaction ends. A build holds this lock on the table for as long as it lives, so
-- an INVALID index found under it is a leftover of one that was killed.
--
-- It does not wait: to wait here, with a snapshot held, would deadlock with the
-- build, which waits for old snapshots. An autovacuum has the same lock, but holds
-- no snapshot that matters and gives way to who waits for it.
create or replace function pgvectorize_private._lock_for_build(target pgvectorize_private.indexes)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
    perform pgvectorize_private._lock_table(target, 'share update exclusive', 'nowait');
exception when lock_not_available then
    if (
        -- what a role may not see is null, but that a session has a user everybody sees
        select bool_and(activity.pid is not null and activity.usesysid is null)
        from pg_locks as locks
        left join pg_stat_activity as activity using (pid)
        where locks.relation = target.relation and locks.granted
            and locks.database = (select oid from pg_database where datname = current_database())
            and locks.mode in (
                'ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock'
            )
    ) then
        perform pgvectorize_private._lock_table(target, 'share update exclusive');
        return;
    end if;
    raise exception 'an index of "%" is being built by another session', target.name
        using errcode = 'PV007', hint = 'Try again when that build, or a vacuum of the table, has ended.';
end;
$$;

comment on function pgvectorize_private._lock_for_build
    is 'Make sure that nobody builds an index of a table.';
