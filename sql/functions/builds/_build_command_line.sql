-- Write the command that builds an HNSW index, with the memory that it needs where that is
-- more than it would take.
create or replace function pgvectorize_private._build_command_line(target pgvectorize_private.indexes, command text)
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select format('pgvectorize %s %s', command, target.name)
        || case when plan.memory_needed > plan.memory
            then ' --memory ' || pgvectorize_private._format_megabytes(plan.memory_needed)
            else ''
        end
    from pgvectorize_private._plan_build(target, null, null) as plan
$$;

comment on function pgvectorize_private._build_command_line
    is 'The command that builds an HNSW index.';
