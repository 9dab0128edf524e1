-- Return what `doctor` finds of the server and its settings, and of pgvector.
--
-- pgvector 0.8.2 mended an overflow in parallel builds, 0.8.3 and 0.8.4 damage to an HNSW
-- index by vacuum beside inserts.
create or replace function pgvectorize_private._doctor_server()
returns table (severity text, code text, finding text, mend text)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    with pgvector as (
        select
            extension.extversion as version, available.default_version as offered,
            pgvectorize_private._parse_version(extension.extversion) < '{0,8,4}' as is_old,
            pgvectorize_private._parse_version(extension.extversion) < pgvectorize_private._parse_version(available.default_version) as is_behind,
            pgvectorize_private._parse_version(available.default_version) < '{0,8,4}' as offers_old
        from pg_extension as extension
        left join pg_available_extensions as available on available.name = extension.extname
        where extension.extname = 'vector'
    ),
    sizes as (
        select
            coalesce(sum(pg_relation_size(pgvectorize_private._hnsw_index(target))), 0) as hnsw,
            coalesce(sum(pg_table_size(target.relation)), 0) as tables
        from pgvectorize_private.indexes as target
        where not exists (  -- for whom these would wait
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

    select
        'warning', 'pgvector_old',
        format(
            'pgvector is %s, it should be 0.8.4 or newer: before, it could damage HNSW indexes under vacuum and in '
            'parallel builds. %s',
            version,
            case when coalesce(offers_old, true) then 'The server has no newer one: install it there first.'
                else 'After it is updated, build all HNSW indexes anew: pgvectorize reindex' end
        ),
        case when not offers_old then 'alter extension vector update;' end
    from pgvector where is_old

    union all
    select
        'notice', 'pgvector_behind',
        format('The server has pgvector %s, this database uses it as %s.', offered, version),
        'alter extension vector update;'
    from pgvector where is_behind and not is_old

    union all
    select
        case when hnsw > greatest(cache, buffers) then 'warning' else 'notice' end, 'shared_buffers_small',
        format(
            'shared_buffers is %s, the HNSW indexes take %s: searches read from the system''s cache, or from the disk%s. '
            'It can be as large as they and a fifth of the tables together, if that is less than half of the '
            'machine''s memory; the server has to be restarted.',
            pg_size_pretty(buffers), pg_size_pretty(hnsw),
            case when hnsw > greatest(cache, buffers) then format(', as effective_cache_size is %s', pg_size_pretty(cache)) end
        ),
        format('alter system set shared_buffers = ''%s'';', pgvectorize_private._format_megabytes(pgvectorize_private._shared_buffers_bytes(hnsw, tables)))
    from sizes, settings where hnsw > buffers

    union all
    select
        'notice', 'effective_cache_size_small',
        format(
            'effective_cache_size is %s, less than shared_buffers with %s: the planner takes the HNSW indexes for slower '
            'than they are. It should be half to three quarters of the machine''s memory.',
            pg_size_pretty(cache), pg_size_pretty(buffers)
        ),
        format('alter database %s set effective_cache_size = ''%s'';', database, pgvectorize_private._format_megabytes(3 * buffers))
    from settings where cache < buffers

    union all
    select
        'notice', 'no_build_workers',
        'max_parallel_maintenance_workers is 0: each HNSW index is built by one process alone.',
        format('alter database %s set max_parallel_maintenance_workers = 2;', database)
    from settings where current_setting('max_parallel_maintenance_workers') = '0'

    union all
    select
        'warning', 'autovacuum_off',
        format('%s is off: statistics grow stale and deleted vectors stay.', each.setting),
        format('alter system set %s = on; select pg_reload_conf();', each.setting)
    from unnest(array['autovacuum', 'track_counts']) as each (setting)
    where not current_setting(each.setting)::boolean
$$;

comment on function pgvectorize_private._doctor_server
    is 'What doctor finds of the server.';
