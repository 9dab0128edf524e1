-- Decide with how much memory and how many workers an HNSW index is built.
--
-- target   the catalog row as it should be
-- memory   the most that the build may use, such as '4GB'; by default the setting
--          maintenance_work_mem, and at least 1GB
-- workers  by default the setting max_parallel_maintenance_workers
-- attempt  how often the build failed for lack of memory. A parallel build allocates its memory as
--          shared memory when it begins: the second attempt uses a quarter, the third no workers
--
-- Vectors that do not fit into the memory are inserted one by one, many times as slowly. Postgres
-- uses workers only if there is 32MB for each of two.
create or replace function pgvectorize_private._plan_build(
    target   pgvectorize_private.indexes,
    memory   text,
    workers  integer,
    attempt  integer default 0
)
returns pgvectorize.index_build
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    least_memory constant bigint := 64 * 1024 * 1024;
    plan         pgvectorize.index_build;
    budget       bigint;
    needed       double precision;
begin
    begin
        budget := coalesce(
            pg_size_bytes(memory),
            greatest(pg_size_bytes(current_setting('maintenance_work_mem')), 1024 * 1024 * 1024)
        );
    exception when invalid_parameter_value or numeric_value_out_of_range then
        null;
    end;
    if budget is null or budget not between 1048576 and 2147483647 * 1024::bigint then
        perform pgvectorize_private._refuse_request(
            format('memory "%s" is not a size of at least 1MB', left(memory, 100)),
            'For example 512MB or 4GB.'
        );
    end if;
    if workers is not null then
        perform pgvectorize_private._check_between(
            'workers', workers, 0, 1024, 'With 0 one process builds the index.'
        );
    end if;

    plan.is_built := true;
    plan.index_precision := target.index_precision;
    plan.m := target.m;
    plan.ef_construction := target.ef_construction;
    plan.vectors := greatest(
        (pgvectorize_private._count_or_estimate(target, exact => false)).vector_count
            - pgvectorize_private._pending_count(target),
        0
    );
    needed := pgvectorize_private._build_memory(
        plan.vectors, target.dimensions, target.index_precision, target.m
    );
    plan.memory_needed := ceil(needed);
    plan.memory := least(greatest(plan.memory_needed, least_memory), budget);
    if attempt > 0 then
        plan.memory := least(plan.memory, greatest(plan.memory / 4, least_memory));
    end if;
    plan.vectors_in_memory := floor(plan.vectors * least(1, plan.memory / greatest(needed, 1)));
    plan.workers := case
        when attempt < 2 then coalesce(workers, current_setting('max_parallel_maintenance_workers')::integer)
        else 0
    end;
    return plan;
end;
$$;

comment on function pgvectorize_private._plan_build
    is 'With how much memory and how many workers an HNSW index is built.';
