-- The settings that a build of an HNSW index needs.
--
-- pgvector asks Postgres whether a table is worth a parallel build. Postgres compares its size
-- without the TOAST table, in which the vectors lie, with min_parallel_table_scan_size; with 0 it
-- says yes.
create or replace function pgvectorize_private._build_settings(memory bigint, workers integer)
returns table (name text, value text)
language sql
immutable
parallel safe
as $$
    values
        ('maintenance_work_mem', memory / 1024 || 'kB'),
        ('max_parallel_maintenance_workers', workers::text),
        ('min_parallel_table_scan_size', '0'),
        ('statement_timeout', '0'),
        ('lock_timeout', '0')
$$;

comment on function pgvectorize_private._build_settings
    is 'The settings that a build of an HNSW index needs.';
