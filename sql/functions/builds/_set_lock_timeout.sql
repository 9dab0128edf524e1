-- Let the calling function wait for a lock a second longer than `deadlock_timeout`. The caller
-- names lock_timeout in a SET clause, which restores it when the caller ends; the value there does
-- not matter. An autovacuum gives way only to a session that has waited for `deadlock_timeout`, so
-- with a shorter timeout there would be no lock while an autovacuum runs.
create or replace function pgvectorize_private._set_lock_timeout()
returns void
language sql
volatile
set search_path = pg_catalog, pg_temp
as $$
    select set_config(
        'lock_timeout',
        1000 + ceil(1000 * extract(epoch from current_setting('deadlock_timeout')::interval)) || 'ms',
        true
    )
$$;

comment on function pgvectorize_private._set_lock_timeout
    is 'Wait for locks a second longer than deadlock_timeout.';
