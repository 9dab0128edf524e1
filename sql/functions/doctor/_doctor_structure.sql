-- Return what `doctor` finds of the indexes that an index's table should have, or should
-- not. While another session builds one, or vacuums, what is INVALID may be on its way.
create or replace function pgvectorize_private._doctor_structure(target pgvectorize_private.indexes)
returns table (severity text, code text, finding text, mend text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    is_changed boolean := pgvectorize_private._is_build_running(target);
    hnsw       record;
begin
    select each.* into hnsw from pgvectorize_private._postgres_indexes(target) as each where each.kind = 'hnsw';
    if target.wants_hnsw and not is_changed and hnsw.name is null then
        return query select
            'warning', 'hnsw_missing', 'It should have an HNSW index and has none: each search compares with every vector.',
            pgvectorize_private._build_command_line(target, 'build');
    elsif not hnsw.is_valid and not is_changed then
        return query select
            'warning', 'hnsw_invalid',
            'Its HNSW index is INVALID, what a build left that was killed: no search uses it, each write keeps it up to date.',
            pgvectorize_private._build_command_line(target, 'build');
    elsif hnsw.is_valid and not pgvectorize_private._hnsw_matches_catalog(target, hnsw.relation) then
        return query select
            'warning', 'hnsw_differs',
            format(
                'Its HNSW index is not as the catalog says: found "%s", wanted "%s".',
                regexp_replace(pg_get_indexdef(hnsw.relation), '^.* USING', 'using'), pgvectorize_private._hnsw_definition_sql(target)
            ),
            pgvectorize_private._build_command_line(target, 'rebuild');
    end if;

    if is_changed and (
        exists (select from pgvectorize_private._postgres_indexes(target) as each where not each.is_valid or each.kind = 'new')
        or target.wants_hnsw and hnsw.name is null
    ) then
        return query select
            'notice', 'build_running', 'One of its indexes is being built now; look again when that has ended.', null;
    end if;

    return query
    select
        'warning', 'hnsw_leftover',
        format(
            'A build of an HNSW index was killed, or could not put it in its place, and left %s: each write keeps it up '
            'to date.', each.relation
        ),
        pgvectorize_private._build_command_line(target, 'build')
    from pgvectorize_private._postgres_indexes(target) as each
    where each.kind = 'new' and not is_changed

    union all
    select
        'warning', 'metadata_index_leftover',
        format(
            'A build of a metadata index was killed and left %s, which the catalog does not know: no filter uses it, '
            'each write keeps it up to date.', each.relation
        ),
        format('drop index concurrently %s;', each.relation)
    from pgvectorize_private._postgres_indexes(target) as each
    where each.kind = 'other' and each.is_valid and not is_changed
        and starts_with(each.name, pgvectorize_private._relation_name(target.id, 'metadata_'))

    union all
    select
        'warning', 'index_invalid',
        format('%s is INVALID, what a build left that was killed: no search uses it.', each.relation),
        case
            when each.kind = 'metadata' then (
                select format(
                    'pgvectorize create-metadata-index %s --property-name %s --type %s',
                    target.name, pgvectorize_private._quote_shell_word(each.subject), known.index_type
                )
                from pgvectorize_private.metadata_indexes as known
                where known.index_id = target.id and known.property_name = each.subject
            )
            when each.kind = 'namespace' then format(
                'pgvectorize create-namespace-index %s --namespace %s', target.name, pgvectorize_private._quote_shell_word(each.subject)
            )
            when each.kind in ('ids', 'namespaces') and each.name !~ '_cc(new|old)[0-9]*$'
                then format('reindex index concurrently %s;', each.relation)
            else format('drop index concurrently %s;', each.relation)
        end
    from pgvectorize_private._postgres_indexes(target) as each
    where not each.is_valid and each.kind not in ('hnsw', 'new') and not is_changed

    union all
    select
        'error', 'id_not_unique', 'Its table has no unique index on ids: writes fail.',
        format(
            'alter table %s add constraint %I unique (id);',
            target.relation, pgvectorize_private._relation_name(target.id, 'id_key')
        )
    where not exists (select from pgvectorize_private._postgres_indexes(target) as each where each.kind = 'ids' and each.is_valid)

    union all
    select
        'warning', 'namespaces_not_indexed',
        'Its table has no index on namespaces: searches in one read the whole table.',
        format(
            'create index concurrently %I on %s (namespace, id);',
            pgvectorize_private._relation_name(target.id, 'namespace_id_idx'), target.relation
        )
    where not exists (select from pgvectorize_private._postgres_indexes(target) as each where each.kind = 'namespaces')

    union all
    select
        'warning', 'metadata_index_missing',
        format('The metadata index on "%s" is not there: somebody dropped it.', known.property_name),
        format(
            'pgvectorize create-metadata-index %s --property-name %s --type %s',
            target.name, pgvectorize_private._quote_shell_word(known.property_name), known.index_type
        )
    from pgvectorize_private.metadata_indexes as known
    where known.index_id = target.id and not exists (
        select from pgvectorize_private._postgres_indexes(target) as each
        where each.kind = 'metadata' and each.subject = known.property_name
    )

    union all
    select
        'warning', 'namespace_index_missing',
        format('The HNSW index of namespace "%s" is not there: somebody dropped it.', known.namespace),
        format(
            'pgvectorize create-namespace-index %s --namespace %s', target.name, pgvectorize_private._quote_shell_word(known.namespace)
        )
    from pgvectorize_private.namespace_indexes as known
    where known.index_id = target.id and target.wants_hnsw and not is_changed and not exists (
        select from pgvectorize_private._postgres_indexes(target) as each
        where each.kind = 'namespace' and each.subject = known.namespace
    )

    union all
    select
        'warning', 'graphs_not_known',
        'Somebody made another HNSW index of its table, which the catalog does not know: searches that use it may be '
        'taken for exact ones.',
        format('select pgvectorize_private._refresh_has_other_hnsw(pgvectorize_private._find_index(%L));', target.name)
    where not target.has_other_hnsw and pgvectorize_private._other_hnsw_indexes(target) is not null

    union all
    select
        'error', 'function_missing',
        format('Its function pgvectorize_data.%I is not there: searches from Python fail.', target.name),
        format('select pgvectorize_private._create_search_function(pgvectorize_private._find_index(%L));', target.name)
    where not exists (
        select from pg_proc as function
        where function.pronamespace = 'pgvectorize_data'::regnamespace and function.proname = target.name
    );
end;
$$;

comment on function pgvectorize_private._doctor_structure
    is 'What doctor finds of the indexes of a table.';
