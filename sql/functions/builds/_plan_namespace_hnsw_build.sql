-- Decide how the HNSW index of a namespace is built: as `_plan_build` does, with the namespace's
-- share of the memory.
create or replace function pgvectorize_private._plan_namespace_hnsw_build(
    target     pgvectorize_private.indexes,
    namespace  text,
    attempt    integer default 0
)
returns pgvectorize.index_build
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    plan  pgvectorize.index_build := pgvectorize_private._plan_build(target, null, null, attempt);
    count bigint;
begin
    execute format(
        'select count(*) from %s as stored where %s',
        target.relation, pgvectorize_private._namespace_condition_sql('stored.namespace', namespace)
    ) into count;
    plan.memory_needed := ceil(plan.memory_needed * count::double precision / greatest(plan.vectors, 1));
    plan.memory := least(plan.memory, greatest(plan.memory_needed, 64 * 1024 * 1024));
    plan.vectors := count;
    plan.vectors_in_memory := floor(
        count * least(1, plan.memory / greatest(plan.memory_needed, 1)::double precision)
    );
    return plan;
end;
$$;

comment on function pgvectorize_private._plan_namespace_hnsw_build
    is 'With how much memory and how many workers the HNSW index of a namespace is built.';
