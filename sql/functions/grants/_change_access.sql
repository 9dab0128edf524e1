-- Grant a role access to all indexes, or revoke it if access is null. Only the owner may.
--
-- The catalog is locked meanwhile, so nobody else grants, or creates an index, which would not get
-- what is being granted. To change the owner takes the whole catalog (ACCESS EXCLUSIVE), from the
-- beginning: two sessions that raise a weaker lock would deadlock.
--
-- Under that lock this asks for indexes that others may hold, while they wait for the catalog. So it
-- waits for a shorter time than a deadlock takes to be noticed, not at all if this transaction used
-- an index before. Then it gives everything back and tries again, for ten seconds or for one.
create or replace function pgvectorize_private._change_access(role text, access text)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    started     constant timestamptz := clock_timestamp();
    own_timeout constant text := current_setting('lock_timeout');
    -- nobody waits for a transaction without a lock on the catalog or an index
    can_wait    constant boolean := not exists (
        select from pg_locks as locks
        join pg_class as class on class.oid = locks.relation
        where locks.pid = pg_backend_pid() and class.relkind = 'r'
            and class.relnamespace in ('pgvectorize_private'::regnamespace, 'pgvectorize_data'::regnamespace)
    );
    patience    constant interval := case when can_wait then '10s' else '1s' end;
    owner       text := pgvectorize_private._catalog_owner();
begin
    if not pg_has_role(owner, 'usage') then
        raise exception 'only the owner, "%", may grant and revoke, not "%"', owner, current_user
            using errcode = 'insufficient_privilege',
                  hint = 'Connect as that role, a member of it, or a superuser.';
    end if;
    loop
        begin
            perform set_config('lock_timeout', case
                when can_wait then pgvectorize_private._short_lock_timeout(0.4)
                else '1ms'
            end, true);
            if access = 'owner' or role = owner then
                lock table pgvectorize_private.indexes, pgvectorize_private.metadata_indexes,
                    pgvectorize_private.namespace_indexes, pgvectorize_private.recalls,
                    pgvectorize_private.recall_baselines, pgvectorize_private.mutations,
                    pgvectorize_private.queries in access exclusive mode;
            else
                lock table pgvectorize_private.indexes in share row exclusive mode;
            end if;
            if can_wait then  -- for each of the indexes
                perform set_config('lock_timeout', pgvectorize_private._short_lock_timeout(0.05), true);
            end if;
            if access is null then
                perform pgvectorize_private._revoke_access(role);
            else
                perform pgvectorize_private._grant_access(role, access);
            end if;
            perform set_config('lock_timeout', own_timeout, true);
            return;
        -- internal_error: a row of Postgres' catalog was updated concurrently
        exception when lock_not_available or deadlock_detected or internal_error or sqlstate 'PV007' then
            if own_timeout <> '0' and clock_timestamp() > started + own_timeout::interval then
                raise;
            elsif clock_timestamp() > started + patience then
                raise exception 'other sessions use or change the indexes to be granted or revoked'
                    using errcode = 'PV007', hint = 'Try again when their transactions have ended.';
            end if;
        end;
        perform pg_sleep(0.05 + 0.4 * random());  -- others wait while this tries
    end loop;
end;
$$;

comment on function pgvectorize_private._change_access
    is 'Grant access to all indexes, or revoke it.';
