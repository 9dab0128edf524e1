-- Return what would make a build of an index's HNSW index slow: too little memory, or too
-- little shared memory for its workers. Postgres does not know how large /dev/shm is. If the
-- role may read files, the server's list of mounts says it.
create or replace function pgvectorize_private._doctor_build_memory(target pgvectorize_private.indexes)
returns setof pgvectorize.finding
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    least_shared constant bigint := 67108864;  -- the default of containers; a build needs as much
    plan    pgvectorize.index_build;
    may_see boolean := pg_has_role('pg_read_server_files', 'usage')
        and has_function_privilege('pg_catalog.pg_read_file(text)', 'execute');
    shared  bigint;
begin
    if not target.wants_hnsw then
        return;
    end if;
    plan := pgvectorize_private._plan_build(target, null, null);
    if plan.memory_needed > plan.memory then
        return next pgvectorize_private._finding(
            'notice', 'build_memory_small', target.name,
            format(
                'A build of its HNSW index uses %s of memory by default, but all %s vectors need %s: those '
                'that do not fit take many times as long. Allow each build that much memory, or change the '
                'default.',
                pg_size_pretty(plan.memory), pgvectorize_private._format_integer(plan.vectors),
                pg_size_pretty(plan.memory_needed)
            ),
            format(
                'alter database %I set maintenance_work_mem = %L;',
                current_database(), pgvectorize_private._format_megabytes(plan.memory_needed)
            )
        );
    end if;

    if plan.workers = 0
        or current_setting('dynamic_shared_memory_type') <> 'posix'
        or plan.memory <= least_shared
    then
        return;
    end if;
    if not may_see then
        return next pgvectorize_private._finding(
            'notice', 'shared_memory_not_seen', target.name,
            format(
                'A build of its HNSW index with workers needs %s of /dev/shm, and role "%s" may not see how '
                'large /dev/shm is. If it is too small, the build uses a quarter of that or no workers, and '
                'is slower. Check its size on the server.',
                pg_size_pretty(plan.memory), current_user
            )
        );
        return;
    end if;
    begin
        shared := pgvectorize_private._mount_bytes(pg_read_file('/proc/mounts'), '/dev/shm');
    exception when others then
        null;  -- the system is not Linux
    end;
    if shared < plan.memory then
        return next pgvectorize_private._finding(
            'warning', 'shared_memory_small', target.name,
            format(
                '/dev/shm has %s, but a build of its HNSW index with workers needs %s: it uses a quarter of '
                'that or no workers, and is slower. Remount /dev/shm on the server with %s, or start the '
                'container with that much shared memory.',
                pg_size_pretty(shared), pg_size_pretty(plan.memory),
                pgvectorize_private._format_megabytes(1.1 * plan.memory)
            )
        );
    end if;
end;
$$;

comment on function pgvectorize_private._doctor_build_memory
    is 'What would make a build slow.';
