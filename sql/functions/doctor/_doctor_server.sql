-- Return what `doctor` finds about the server, its settings, its roles and pgvector.
--
-- pgvector 0.8.2 fixed an overflow in parallel builds. 0.8.3 and 0.8.4 fixed damage that vacuum
-- did to an HNSW index beside inserts.
create or replace function pgvectorize_private._doctor_server()
returns setof pgvectorize.finding
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    with pgvector as (
        select
            extension.extversion as version,
            available.default_version as offered,
            versions.used < '{0,8,4}' as is_old,
            versions.used < versions.offered as is_behind,
            versions.offered < '{0,8,4}' as offers_old
        from pg_extension as extension
        left join pg_available_extensions as available on available.name = extension.extname
        cross join lateral (
            select
                pgvectorize_private._parse_version(extension.extversion) as used,
                pgvectorize_private._parse_version(available.default_version) as offered
        ) as versions
        where extension.extname = 'vector'
    ),
    sizes as (
        select
            coalesce(sum(pg_relation_size(pgvectorize_private._hnsw_index(target))), 0) as hnsw,
            coalesce(sum(pg_table_size(target.relation)), 0) as tables
        from pgvectorize_private.indexes as target
        where not exists (  -- the sizes of a locked table would wait for the lock
            select from pg_locks as locks
            where locks.relation = target.relation and locks.granted and locks.mode = 'AccessExclusiveLock'
                and locks.database = (select oid from pg_database where datname = current_database())
        )
    ),
    settings as (
        select
            pgvectorize_private._setting_bytes('shared_buffers') as buffers,
            pgvectorize_private._setting_bytes('effective_cache_size') as cache,
            quote_ident(current_database()) as database
    )

    select pgvectorize_private._finding(
        'warning', 'pgvector_old', null,
        format(
            'pgvector is %s and should be 0.8.4 or newer: older versions can damage HNSW indexes during a '
            'vacuum and in parallel builds. %s',
            version,
            case
                when coalesce(offers_old, true)
                    then 'The server has no newer version: install one there first.'
                else 'After the update, rebuild every HNSW index.'
            end
        ),
        case when not offers_old then 'alter extension vector update;' end
    )
    from pgvector where is_old

    union all
    select pgvectorize_private._finding(
        'notice', 'pgvector_behind', null,
        format('The server has pgvector %s, but this database uses version %s.', offered, version),
        'alter extension vector update;'
    )
    from pgvector where is_behind and not is_old

    union all
    select pgvectorize_private._finding(
        case when hnsw > greatest(cache, buffers) then 'warning' else 'notice' end,
        'shared_buffers_small', null,
        format(
            'shared_buffers is %s, but the HNSW indexes use %s: searches read from the system''s cache or '
            'from the disk%s. If the machine has more than twice that memory, shared_buffers can hold them '
            'and a fifth of the tables. A change needs a restart of the server.',
            pg_size_pretty(buffers), pg_size_pretty(hnsw),
            case
                when hnsw > greatest(cache, buffers)
                    then format(', as effective_cache_size is %s', pg_size_pretty(cache))
            end
        ),
        format(
            'alter system set shared_buffers = %L;',
            pgvectorize_private._format_megabytes(pgvectorize_private._shared_buffers_bytes(hnsw, tables))
        )
    )
    from sizes, settings where hnsw > buffers

    union all
    select pgvectorize_private._finding(
        'notice', 'effective_cache_size_small', null,
        format(
            'effective_cache_size is %s, less than shared_buffers with %s: the planner expects the HNSW '
            'indexes to be slower than they are. It should be half to three quarters of the machine''s '
            'memory.',
            pg_size_pretty(cache), pg_size_pretty(buffers)
        ),
        format(
            'alter database %s set effective_cache_size = %L;',
            database, pgvectorize_private._format_megabytes(3 * buffers)
        )
    )
    from settings where cache < buffers

    union all
    select pgvectorize_private._finding(
        'notice', 'no_build_workers', null,
        'max_parallel_maintenance_workers is 0: a single process builds each HNSW index.',
        format('alter database %s set max_parallel_maintenance_workers = 2;', database)
    )
    from settings where current_setting('max_parallel_maintenance_workers') = '0'

    union all
    select pgvectorize_private._finding(
        'warning', 'autovacuum_off', null,
        format('%s is off: statistics become old, and deleted vectors stay.', each.setting),
        format('alter system set %s = on; select pg_reload_conf();', each.setting)
    )
    from unnest(array['autovacuum', 'track_counts']) as each (setting)
    where not current_setting(each.setting)::boolean

    union all
    select pgvectorize_private._finding(
        'warning', 'no_temporary_tables', null,
        format(
            'Role "%s" may not create temporary tables: its writes of more than one batch fail.', known.role
        ),
        format('grant temporary on database %s to %I;', database, known.role)
    )
    from pgvectorize.list_grants() as known
    cross join settings
    where known.access <> 'reader'
        and not has_database_privilege(known.role, current_database(), 'temporary')
$$;

comment on function pgvectorize_private._doctor_server
    is 'What doctor finds about the server.';
