-- Set what a build of an HNSW index needs: with `is_local` until the transaction ends, otherwise
-- until `_reset_build_settings`.
create or replace function pgvectorize_private._set_build_settings(
    memory    bigint,
    workers   integer,
    is_local  boolean
)
returns void
language sql
volatile
set search_path = pg_catalog, pg_temp
as $$
    select set_config(settings.name, settings.value, is_local)
    from pgvectorize_private._build_settings(memory, workers) as settings
$$;

comment on function pgvectorize_private._set_build_settings
    is 'Set what a build of an HNSW index needs.';
