-- Whether another session builds a Postgres index of a table, or vacuums the table. This reads
-- locks, which every role may see. pg_stat_progress_create_index tells most roles only about their
-- own builds.
create or replace function pgvectorize_private._is_build_running(target pgvectorize_private.indexes)
returns boolean
language sql
stable
as $$
    select exists (select from pgvectorize_private._build_lock_pids(target))
$$;

comment on function pgvectorize_private._is_build_running
    is 'Whether another session builds a Postgres index of a table, or vacuums it.';
