-- Make sure that nobody builds a Postgres index of a table, and that nobody begins to before the
-- transaction ends. A build holds this lock on the table as long as it runs. An INVALID index that
-- is found under the lock was therefore left by a build that was killed.
--
-- This does not wait for a build: the build waits for old snapshots, so to wait for it with a
-- snapshot would be a deadlock. This waits for an autovacuum, which takes the same lock: an
-- autovacuum waits for no snapshots, and gives way to whoever waits for it.
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
        -- every role may see which user a session has; an autovacuum has none
        select bool_and(activity.pid is not null and activity.usesysid is null)
        from pgvectorize_private._build_lock_pids(target) as locks (pid)
        left join pg_stat_activity as activity using (pid)
    ) then
        perform pgvectorize_private._lock_table(target, 'share update exclusive');
        return;
    end if;
    raise exception 'an index of "%" is being built by another session', target.name
        using errcode = 'PV007', hint = 'Try again when that build, or a vacuum of the table, has ended.';
end;
$$;

comment on function pgvectorize_private._lock_for_build
    is 'Make sure that nobody builds a Postgres index of a table.';
