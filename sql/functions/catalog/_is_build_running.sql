-- Say whether another session builds an index of a table, or vacuums it. Their lock is what
-- everybody may see; what they do is told to few.
create or replace function pgvectorize_private._is_build_running(target pgvectorize_private.indexes)
returns boolean
language sql
stable
as $$
    select exists (
        select from pg_catalog.pg_locks as locks
        where locks.relation = target.relation and locks.granted and locks.pid <> pg_catalog.pg_backend_pid()
            and locks.database = (
                select databases.oid from pg_catalog.pg_database as databases
                where databases.datname = pg_catalog.current_database()
            )
            and locks.mode in (
                'ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock'
            )
    )
$$;

comment on function pgvectorize_private._is_build_running
    is 'Whether another session builds an index of a table, or vacuums it.';
