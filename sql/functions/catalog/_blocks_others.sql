-- Whether this transaction has a lock for which readers or writers may have to wait: on another
-- index, or on this one a stronger lock than that of `_lock_for_build`.
create or replace function pgvectorize_private._blocks_others(target pgvectorize_private.indexes)
returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select exists (
        select from pg_locks as locks
        left join pg_class as class on class.oid = locks.relation
        left join pgvectorize_private.indexes on indexes.relation = locks.relation
        where locks.pid = pg_backend_pid() and locks.granted and locks.locktype = 'relation'
            -- one that this transaction has dropped is nowhere
            and (indexes.id is not null or class.oid is null)
            and (
                locks.relation <> target.relation
                or locks.mode not in ('AccessShareLock', 'RowExclusiveLock', 'ShareUpdateExclusiveLock')
            )
    )
$$;

comment on function pgvectorize_private._blocks_others
    is 'Whether this transaction has locks that make users of indexes wait.';
