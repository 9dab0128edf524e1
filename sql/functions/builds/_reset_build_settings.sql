-- Reset what `_set_build_settings` set for the session.
create or replace function pgvectorize_private._reset_build_settings()
returns void
language sql
volatile
set search_path = pg_catalog, pg_temp
as $$
    select set_config(settings.name, null, false)  -- null resets
    from pgvectorize_private._build_settings(0, 0) as settings
$$;

comment on function pgvectorize_private._reset_build_settings
    is 'Reset what was set for a build.';
