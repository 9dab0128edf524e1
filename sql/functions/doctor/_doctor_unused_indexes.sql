-- Return the Postgres indexes that no search used, of a table that searches did use. Those on
-- ids and namespaces are not listed, as writes and listings use them as well. Postgres does
-- not record when an index was created, so a young one may be listed. The HNSW index of all
-- vectors is not: each rebuild replaces it, and it is what searches are for.
create or replace function pgvectorize_private._doctor_unused_indexes(
    target       pgvectorize_private.indexes,
    least_scans  bigint default 1000
)
returns setof pgvectorize.finding
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    with each as materialized (
        select found.relation, found.name, found.kind, found.subject, found.is_valid, found.bytes, found.scans
        from pgvectorize_private._postgres_indexes(target) as found
    ),
    scans as (
        select pg_stat_get_numscans(target.relation)
            + coalesce(sum(each.scans) filter (where each.kind <> 'ids'), 0) as count
        from each
    ),
    unused as (
        select
            each.relation, each.kind, each.subject,
            format(
                '%s uses %s, and none of %s searches used it%s, but each write updates it.',
                upper(left(said.words, 1)) || substr(said.words, 2), pg_size_pretty(each.bytes),
                pgvectorize_private._format_integer(scans.count::bigint),
                (
                    select ' since ' || to_char(databases.stats_reset, 'YYYY-MM-DD HH24:MI TZ')
                    from pg_stat_database as databases
                    where databases.datname = current_database() and databases.stats_reset is not null
                )
            ) as words
        from scans
        cross join each
        cross join lateral pgvectorize_private._describe_postgres_index(target, each.name) as said (words)
        where scans.count >= _doctor_unused_indexes.least_scans and each.scans = 0 and each.is_valid
            and not exists (
                select from pg_index as index where index.indexrelid = each.relation and index.indisunique
            )
    )

    select pgvectorize_private._finding(
        'notice', 'index_not_used', target.name, words,
        action => 'delete_namespace_index',
        arguments => jsonb_build_object('index', target.name, 'namespace', subject)
    )
    from unused where kind = 'namespace'

    union all
    select pgvectorize_private._finding(
        'notice', 'index_not_used', target.name, words || ' Without it a filter does not match "5" with 5.',
        action => 'delete_metadata_index',
        arguments => jsonb_build_object('index', target.name, 'property_name', subject)
    )
    from unused where kind = 'metadata'

    union all
    select pgvectorize_private._finding(
        'notice', 'index_not_used', target.name, words, format('drop index concurrently %s;', relation)
    )
    from unused where kind = 'other'
$$;

comment on function pgvectorize_private._doctor_unused_indexes
    is 'Postgres indexes that no search used.';
