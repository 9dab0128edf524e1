-- Set what a build of an HNSW index needs, until the transaction or the session
-- ends, or the client resets them. pgvector asks Postgres whether a table is
-- worth a parallel build, and Postgres looks at its size without the vectors that
-- lie in its TOAST table; without a least size it says yes.
create or replace function pgvectorize_private._set_build_settings(memory bigint, workers integer, is_local boolean)
returns void
language sql
volatile
set search_path = pg_catalog, pg_temp
as $$
    select set_config('maintenance_work_mem', memory / 1024 || 'kB', is_local),
           set_config('max_parallel_maintenance_workers', workers::text, is_local),
           set_config('min_parallel_table_scan_size', '0', is_local),
           set_config('statement_timeout', '0', is_local),
           set_config('lock_timeout', '0', is_local)
$$;

comment on function pgvectorize_private._set_build_settings
    is 'Set what a build of an HNSW index needs.';
