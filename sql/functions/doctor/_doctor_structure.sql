-- Return what `doctor` finds about the Postgres indexes that the table of an index should have,
-- or should not.
--
-- is_changed  another session builds one, or vacuums: an INVALID one may not be finished yet
create or replace function pgvectorize_private._doctor_structure(
    target      pgvectorize_private.indexes,
    is_changed  boolean
)
returns setof pgvectorize.finding
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    with each as materialized (
        select found.relation, found.name, found.kind, found.subject, found.is_valid
        from pgvectorize_private._postgres_indexes(target) as found
    ),
    state as materialized (
        select
            _doctor_structure.is_changed,
            exists (select from each where each.kind = 'hnsw') as has_hnsw
    ),
    wanted_metadata as (
        select
            known.property_name as subject,
            jsonb_build_object(
                'index', target.name, 'property_name', known.property_name, 'index_type', known.index_type
            ) as arguments
        from pgvectorize_private.metadata_indexes as known
        where known.index_id = target.id
    ),
    wanted_namespaces as (
        select
            known.namespace as subject,
            jsonb_build_object('index', target.name, 'namespace', known.namespace) as arguments
        from pgvectorize_private.namespace_indexes as known
        where known.index_id = target.id
    ),
    invalid as (
        select
            each.relation, each.name, each.kind, each.subject,
            each.relation || ' is INVALID: a build was killed and left it. No search uses it.' as words
        from each, state
        where not each.is_valid and each.kind not in ('hnsw', 'new') and not state.is_changed
    )

    select pgvectorize_private._finding(
        'warning', 'hnsw_missing', target.name,
        'It should have an HNSW index and has none: each search compares with every vector.',
        action => 'build', arguments => pgvectorize_private._build_arguments(target, rebuild => false)
    )
    from state where target.wants_hnsw and not state.has_hnsw and not state.is_changed

    union all
    select pgvectorize_private._finding(
        'warning', 'hnsw_invalid', target.name,
        'Its HNSW index is INVALID: a build was killed and left it. No search uses it, but each write '
        'updates it.',
        action => 'build', arguments => pgvectorize_private._build_arguments(target, rebuild => false)
    )
    from each, state where each.kind = 'hnsw' and not each.is_valid and not state.is_changed

    union all
    select pgvectorize_private._finding(
        'warning', 'hnsw_differs', target.name,
        format(
            'Its HNSW index is not as the catalog says: found "%s", wanted "%s".',
            regexp_replace(pg_get_indexdef(each.relation), '^.* USING', 'using'),
            pgvectorize_private._hnsw_definition_sql(target)
        ),
        action => 'build', arguments => pgvectorize_private._build_arguments(target, rebuild => true)
    )
    from each
    where each.kind = 'hnsw' and each.is_valid
        and not pgvectorize_private._hnsw_matches_catalog(target, each.relation)

    union all
    select pgvectorize_private._finding(
        'notice', 'build_running', target.name,
        'One of its Postgres indexes is being built now. Look again when that has ended.'
    )
    from state
    where state.is_changed and (
        target.wants_hnsw and not state.has_hnsw
        or exists (select from each where not each.is_valid or each.kind = 'new')
    )

    union all
    select pgvectorize_private._finding(
        'warning', 'metadata_index_leftover', target.name,
        format(
            'A build of a metadata index was killed and left %s, which the catalog does not list: no filter uses '
            'it, but each write updates it.',
            each.relation
        ),
        format('drop index concurrently %s;', each.relation)
    )
    from each, state
    where each.kind = 'other' and each.is_valid and not state.is_changed
        and starts_with(each.name, pgvectorize_private._relation_name(target.id, 'metadata_'))

    union all
    select pgvectorize_private._finding(
        'warning', 'hnsw_leftover', target.name,
        format(
            'A build of an HNSW index was killed, or could not swap the index in, and left %s: each write '
            'updates it.',
            each.relation
        ),
        action => 'build', arguments => pgvectorize_private._build_arguments(target, rebuild => false)
    )
    from each, state where each.kind = 'new' and not state.is_changed

    union all
    select pgvectorize_private._finding(
        'warning', 'index_invalid', target.name, invalid.words,
        action => 'create_metadata_index', arguments => wanted.arguments
    )
    from invalid join wanted_metadata as wanted using (subject) where invalid.kind = 'metadata'

    union all
    select pgvectorize_private._finding(
        'warning', 'index_invalid', target.name, invalid.words,
        action => 'create_namespace_index', arguments => wanted.arguments
    )
    from invalid join wanted_namespaces as wanted using (subject) where invalid.kind = 'namespace'

    union all
    select pgvectorize_private._finding(
        'warning', 'index_invalid', target.name, invalid.words,
        format(
            '%s index concurrently %s;',
            case
                when invalid.kind = 'other' or invalid.name ~ '_cc(new|old)[0-9]*$' then 'drop'
                else 'reindex'
            end,
            invalid.relation
        )
    )
    from invalid where invalid.kind in ('ids', 'namespaces', 'other')

    union all
    select pgvectorize_private._finding(
        'error', 'id_not_unique', target.name, 'Its table has no unique index on ids: writes fail.',
        format(
            'alter table %s add constraint %I unique (id);',
            target.relation, pgvectorize_private._relation_name(target.id, 'id_key')
        )
    )
    where not exists (select from each where each.kind = 'ids' and each.is_valid)

    union all
    select pgvectorize_private._finding(
        'error', 'unlogged', target.name, 'Its table is UNLOGGED: a crash of the server empties it.',
        format('alter table %s set logged;', target.relation)
    )
    from pg_class as class where class.oid = target.relation and class.relpersistence = 'u'

    union all
    select pgvectorize_private._finding(
        'warning', 'namespaces_not_indexed', target.name,
        'Its table has no index on namespaces: a search in a namespace reads the whole table.',
        format(
            'create index concurrently %I on %s (namespace, id);',
            pgvectorize_private._relation_name(target.id, 'namespace_id_idx'), target.relation
        )
    )
    where not exists (select from each where each.kind = 'namespaces')

    union all
    select pgvectorize_private._finding(
        'warning', 'metadata_index_missing', target.name,
        format('The metadata index on "%s" is missing: somebody dropped it.', wanted.subject),
        action => 'create_metadata_index', arguments => wanted.arguments
    )
    from wanted_metadata as wanted
    where not exists (select from each where each.kind = 'metadata' and each.subject = wanted.subject)

    union all
    select pgvectorize_private._finding(
        'warning', 'namespace_index_missing', target.name,
        format('The HNSW index of namespace "%s" is missing: somebody dropped it.', wanted.subject),
        action => 'create_namespace_index', arguments => wanted.arguments
    )
    from wanted_namespaces as wanted, state
    where target.wants_hnsw and not state.is_changed
        and not exists (select from each where each.kind = 'namespace' and each.subject = wanted.subject)

    union all
    select pgvectorize_private._finding(
        'warning', 'hnsw_not_known', target.name,
        'Somebody created another HNSW index on its table, and the catalog does not know it: a search that '
        'uses it may be taken for an exact one.',
        format(
            'select pgvectorize_private._refresh_has_other_hnsw(pgvectorize_private._find_index(%L));',
            target.name
        )
    )
    where not target.has_other_hnsw and pgvectorize_private._other_hnsw_indexes(target) is not null

    union all
    select pgvectorize_private._finding(
        'error', 'function_missing', target.name,
        format('Its function pgvectorize_data.%I is missing: searches from Python fail.', target.name),
        format(
            'select pgvectorize_private._create_search_function(pgvectorize_private._find_index(%L));',
            target.name
        )
    )
    where not exists (
        select from pg_proc as function
        where function.pronamespace = 'pgvectorize_data'::regnamespace and function.proname = target.name
    )
$$;

comment on function pgvectorize_private._doctor_structure
    is 'What doctor finds about the Postgres indexes of a table.';
