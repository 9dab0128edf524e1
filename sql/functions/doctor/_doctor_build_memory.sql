-- Return what would keep a build of an index's HNSW index from being fast: too little
-- memory, or too little shared memory where it has workers. Of /dev/shm a server knows
-- nothing; where it may read files, its list of mounts tells.
create or replace function pgvectorize_private._doctor_build_memory(target pgvectorize_private.indexes)
returns table (severity text, code text, finding text, mend text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    least_shared constant bigint := 67108864;  -- what containers have at least, and builds take
    plan   pgvectorize.index_build;
    may_see boolean := pg_has_role('pg_read_server_files', 'usage')
        and has_function_privilege('pg_catalog.pg_read_file(text)', 'execute');
    shared bigint;
begin
    if not target.wants_hnsw then
        return;
    end if;
    plan := pgvectorize_private._plan_build(target, null, null);
    if plan.memory_needed > plan.memory then
        return query select
            'notice', 'build_memory_small',
            format(
                'A build of its HNSW index takes %s of memory by default, for all %s vectors it needs %s: the others take '
                'many times as long. Give it that by --memory, or for good.',
                pg_size_pretty(plan.memory), pgvectorize_private._format_integer(plan.vectors), pg_size_pretty(plan.memory_needed)
            ),
            format(
                'alter database %I set maintenance_work_mem = %L;',
                current_database(), pgvectorize_private._format_megabytes(plan.memory_needed)
            );
    end if;

    if plan.workers = 0 or current_setting('dynamic_shared_memory_type') <> 'posix' or plan.memory <= least_shared then
        return;
    end if;
    if not may_see then
        return query select
            'notice', 'shared_memory_not_seen',
            format(
                'A build of its HNSW index with workers takes %s of /dev/shm, and role "%s" may not see how large that '
                'is. Where it is too small, the build takes a quarter, then none, and is slower.',
                pg_size_pretty(plan.memory), current_user
            ),
            'df -h /dev/shm';
        return;
    end if;
    begin
        shared := pgvectorize_private._mount_bytes(pg_read_file('/proc/mounts'), '/dev/shm');
    exception when others then
        null;  -- another system than Linux
    end;
    if shared < plan.memory then
        return query select
            'warning', 'shared_memory_small',
            format(
                '/dev/shm has %s, a build of its HNSW index with workers takes %s of it: it will take a quarter, or work '
                'alone, and be slower. A container has what --shm-size gives it.',
                pg_size_pretty(shared), pg_size_pretty(plan.memory)
            ),
            format('mount -o remount,size=%s /dev/shm', replace(pgvectorize_private._format_megabytes(1.1 * plan.memory), 'MB', 'M'));
    end if;
end;
$$;

comment on function pgvectorize_private._doctor_build_memory
    is 'What would keep a build from being fast.';
