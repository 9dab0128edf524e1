-- Return the arguments for a build of an HNSW index, with the memory that it needs if that is
-- more than it would use by default.
create or replace function pgvectorize_private._build_arguments(
    target   pgvectorize_private.indexes,
    rebuild  boolean
)
returns jsonb
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select jsonb_strip_nulls(jsonb_build_object(
        'index', target.name,
        'rebuild', nullif(rebuild, false),
        'memory',
        case
            when plan.memory_needed > plan.memory
                then pgvectorize_private._format_megabytes(plan.memory_needed)
        end
    ))
    from pgvectorize_private._plan_build(target, null, null) as plan
$$;

comment on function pgvectorize_private._build_arguments
    is 'The arguments for a build of an HNSW index.';
