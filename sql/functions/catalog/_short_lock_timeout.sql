-- A lock_timeout that is a share of deadlock_timeout, in milliseconds. Whoever waits no longer than
-- this is never part of a deadlock that Postgres ends: it looks for one after deadlock_timeout.
create or replace function pgvectorize_private._short_lock_timeout(share double precision)
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select greatest(
        1, floor(1000 * share * extract(epoch from current_setting('deadlock_timeout')::interval))
    )::text
$$;

comment on function pgvectorize_private._short_lock_timeout
    is 'A lock_timeout shorter than deadlock_timeout, in milliseconds.';
