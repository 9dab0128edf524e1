-- Return the indexes that no search used, of a table that searches did use; those on ids
-- and namespaces serve writes and listings as well. Postgres keeps no time of when an index
-- was made, so one that is young may be among them: not the HNSW index of all vectors, which
-- each rebuild makes anew, and which is what searches are for.
create or replace function pgvectorize_private._doctor_unused_indexes(target pgvectorize_private.indexes, least_scans bigint default 1000)
returns table (severity text, code text, finding text, mend text)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    with scans as (
        select pg_stat_get_numscans(target.relation)
            + coalesce(sum(each.scans) filter (where each.kind <> 'ids'), 0) as count
        from pgvectorize_private._postgres_indexes(target) as each
    )
    select
        'notice', 'index_not_used',
        format(
            '%s takes %s, and none of %s searches used it%s, but each write keeps it up to date.%s',
            upper(left(said.words, 1)) || substr(said.words, 2), pg_size_pretty(each.bytes), pgvectorize_private._format_integer(scans.count::bigint),
            (
                select ' since ' || to_char(databases.stats_reset, 'YYYY-MM-DD HH24:MI TZ')
                from pg_stat_database as databases
                where databases.datname = current_database() and databases.stats_reset is not null
            ),
            case each.kind when 'metadata' then ' Without it filters tell "5" from 5.' end
        ),
        case each.kind
            when 'namespace' then format(
                'pgvectorize delete-namespace-index %s --namespace %s', target.name, pgvectorize_private._quote_shell_word(each.subject)
            )
            when 'metadata' then format(
                'pgvectorize delete-metadata-index %s --property-name %s', target.name, pgvectorize_private._quote_shell_word(each.subject)
            )
            else format('drop index concurrently %s;', each.relation)
        end
    from scans
    cross join pgvectorize_private._postgres_indexes(target) as each
    cross join lateral pgvectorize_private._describe_postgres_index(target, each.name) as said (words)
    where scans.count >= _doctor_unused_indexes.least_scans and each.scans = 0 and each.is_valid
        and each.kind in ('namespace', 'metadata', 'other')
        and not exists (select from pg_index as index where index.indexrelid = each.relation and index.indisunique)
$$;

comment on function pgvectorize_private._doctor_unused_indexes
    is 'Indexes that no search used.';
