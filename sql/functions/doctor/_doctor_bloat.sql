-- Return which parts of an index use more space than its rows need. The need is estimated
-- with the formulas of `size`, from the averages of a sample of about a hundred pages. A
-- table that was adopted and has columns of its own is not judged.
create or replace function pgvectorize_private._doctor_bloat(target pgvectorize_private.indexes)
returns setof pgvectorize.finding
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    least_excess constant bigint := 1048576;  -- below a megabyte nobody cares
    pages   bigint := pg_relation_size(target.relation) / current_setting('block_size')::integer;
    -- the greater of the two, as the first starts again at 0 after a crash
    rows    bigint := greatest(
        pg_stat_get_live_tuples(target.relation),
        (pgvectorize_private._count_or_estimate(target, exact => false)).vector_count
    );
    vectors bigint := greatest(rows - pgvectorize_private._pending_count(target), 0);  -- in the HNSW index
    known   record;
    found   bigint;
    wanted  double precision;
begin
    found := pg_relation_size(pgvectorize_private._hnsw_index(target));
    wanted := pgvectorize_private._hnsw_bytes(
        vectors, target.dimensions, target.index_precision, target.m
    );
    if found > 1.5 * wanted and found - wanted > least_excess then
        return next pgvectorize_private._finding(
            'warning', 'hnsw_bloated', target.name,
            format(
                'Its HNSW index uses %s, but %s vectors need only %s. Only a rebuild removes deleted vectors '
                'from it.',
                pg_size_pretty(found), pgvectorize_private._format_integer(vectors),
                pg_size_pretty(wanted::bigint)
            ),
            action => 'build', arguments => pgvectorize_private._build_arguments(target, rebuild => true)
        );
    end if;

    if pages = 0 or (
        select count(*) from pg_attribute as attribute
        where attribute.attrelid = target.relation and attribute.attnum > 0 and not attribute.attisdropped
    ) <> 6 then
        return;
    end if;
    execute format(
        $sql$
        select
            count(*) as rows,
            avg(pg_column_size(stored.id) - 1) as id,
            avg(pg_column_size(stored.namespace) - 1) as namespace,
            avg(coalesce(pg_column_size(stored.metadata), 0)) as metadata,
            avg(coalesce(pg_column_size(stored.content), 0)) as content
        from %s as stored tablesample system (%s)
        $sql$,
        target.relation, least(100, 10000.0 / pages)
    ) into known;
    select pg_table_size(target.relation) + coalesce(sum(each.bytes), 0) into found
    from pgvectorize_private._postgres_indexes(target) as each
    where each.kind in ('ids', 'namespaces', 'pending');
    wanted := coalesce(
        pgvectorize_private._table_bytes(
            rows, target.dimensions, target.storage, known.metadata, known.id, known.namespace,
            known.content
        ),
        0
    );
    if found > 2 * wanted and found - wanted > least_excess and (known.rows > 0 or rows = 0) then
        return next pgvectorize_private._finding(
            'notice', 'table_bloated', target.name,
            format(
                'Its table uses %s, but %s rows need only %s. Later writes reuse the space. To return it to '
                'the system takes a while, and searches and writes wait meanwhile.',
                pg_size_pretty(found), pgvectorize_private._format_integer(rows),
                pg_size_pretty(wanted::bigint)
            ),
            format('vacuum (full, analyze) %s;', target.relation)
        );
    end if;
end;
$$;

comment on function pgvectorize_private._doctor_bloat
    is 'Which parts of an index use more space than they need.';
