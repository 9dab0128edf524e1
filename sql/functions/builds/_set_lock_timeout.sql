-- Wait for locks a second longer than `deadlock_timeout`, until the calling function ends,
-- which names lock_timeout in a SET clause. An autovacuum gives way only when who waits for
-- it has waited that long, so with less there would be no lock while it works.
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
