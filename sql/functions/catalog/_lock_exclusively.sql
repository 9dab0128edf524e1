-- Have an index to oneself until the transaction ends (ACCESS EXCLUSIVE), to delete, rename or empty
-- it, or to drop one of its Postgres indexes; or keep its writers out (SHARE), to build one. This
-- refuses to wait for a build, and waits for readers and writers.
--
-- All operations take locks in this order, so that they do not deadlock:
--
--   1. the catalog: ACCESS SHARE by whoever looks an index up, ROW EXCLUSIVE by whoever changes one
--   2. tables of indexes: ACCESS SHARE by readers and ROW EXCLUSIVE by writers (`_lock_index`), SHARE
--      UPDATE EXCLUSIVE by builds (`_lock_for_build`), then what is stronger, only here
--   3. rows of the catalog (`_lock_row`), each with a lock on its table
--
-- `_change_access` locks the whole catalog. It never waits for long, and gives everything back
-- before it tries again.
--
-- A transaction of several calls can still hold what a user of this index waits for: another index,
-- or this one after a build. Postgres would end either of the two, after deadlock_timeout. So such a
-- transaction asks for a shorter time, and not at all once somebody who uses the index waits for it.
create or replace function pgvectorize_private._lock_exclusively(
    target  pgvectorize_private.indexes,
    mode    text default 'access exclusive'
)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    started     constant timestamptz := clock_timestamp();
    own_timeout constant text := current_setting('lock_timeout');
begin
    -- a build in a transaction takes long; a writer, who may truncate, changes no row
    if mode = 'access exclusive' and has_table_privilege('pgvectorize_private.indexes', 'update') then
        lock table pgvectorize_private.indexes in row exclusive mode;
    end if;
    perform pgvectorize_private._lock_for_build(target);
    if not pgvectorize_private._blocks_others(target) then
        perform pgvectorize_private._lock_table(target, mode);
        return;
    end if;

    loop
        if pgvectorize_private._is_awaited_by_users(target) then
            raise exception 'index "%" is used by another session, which waits for this one', target.name
                using errcode = 'PV007', hint = 'Try again. Change one index in one transaction.';
        end if;
        begin
            perform set_config('lock_timeout', pgvectorize_private._short_lock_timeout(0.4), true);
            perform pgvectorize_private._lock_table(target, mode);
            perform set_config('lock_timeout', own_timeout, true);
            return;
        exception when lock_not_available then  -- which resets lock_timeout
            if own_timeout <> '0' and clock_timestamp() > started + own_timeout::interval then
                raise;
            end if;
        end;
    end loop;
end;
$$;

comment on function pgvectorize_private._lock_exclusively
    is 'Keep everybody else from an index until the transaction ends.';
