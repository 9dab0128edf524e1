-- Whether a session that uses an index waits for this one, or for a session that does.
create or replace function pgvectorize_private._is_awaited_by_users(target pgvectorize_private.indexes)
returns boolean
language sql
volatile
set search_path = pg_catalog, pg_temp
as $$
    with recursive awaited (pid) as (
        select locks.pid
        from pg_locks as locks
        where locks.relation = target.relation and locks.granted and locks.pid <> pg_backend_pid()
        union
        select blocking.pid
        from awaited
        cross join unnest(pg_blocking_pids(awaited.pid)) as blocking (pid)
    )
    select exists (select from awaited where awaited.pid = pg_backend_pid())
$$;

comment on function pgvectorize_private._is_awaited_by_users
    is 'Whether whoever uses an index waits for this session.';
