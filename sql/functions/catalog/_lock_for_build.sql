-- Make sure that nobody builds a Postgres index of a table, and that nobody begins to before the
-- transaction ends. A build holds this lock on the table as long as it runs. An INVALID index that
-- is found under the lock was therefore left by a build that was killed.
--
-- This does not wait for a build: the build waits for old snapshots, so to wait for it with a
-- snapshot would be a deadlock. This waits for a session that has the index to itself, and for an
-- autovacuum, which gives way to whoever waits for it.
create or replace function pgvectorize_private._lock_for_build(target pgvectorize_private.indexes)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
    perform pgvectorize_private._lock_table(target, 'share update exclusive', 'nowait');
exception when lock_not_available then
    if exists (
        select from pgvectorize_private._build_lock_pids(target) as locks
        where not locks.is_exclusive
    ) then
        raise exception 'index "%" is being built by another session, or changed', target.name
            using errcode = 'PV007', hint = 'Try again when that build, vacuum or change has ended.';
    end if;
    perform pgvectorize_private._lock_table(target, 'share update exclusive');
end;
$$;

comment on function pgvectorize_private._lock_for_build
    is 'Make sure that nobody builds a Postgres index of a table.';
