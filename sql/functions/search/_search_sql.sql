-- Write the statement of a search. It returns the nearest of the rows that satisfy a predicate as one array
-- of matches, best first, and their number. Pending rows, which have no embedding, are never among them.
--
-- vector      the query vector as an expression, such as $1
-- way         exact, or any other word for a search that may use the HNSW index
-- candidates  how many rows the scan returns; the array has all of them. An HNSW index of lower precision
--             orders them only roughly, so more rows are read than are wanted, and ordered again by
--             the stored values
-- embedding   the values of a match, an expression over `stored`, or 'null'
-- metadata    the metadata of a match, an expression over `nearest`, or 'null::jsonb'
-- content     the content of a match, an expression over `nearest`, or 'null'
-- condition   only candidates that satisfy this become matches, an expression over `nearest`
--
-- Equal scores are ordered by id. `order by distance, id` still uses the HNSW index, with an incremental
-- sort above it. PostgreSQL 16 cannot do that and would read the whole table. There the array gets all
-- rows that tie with the last one. `array_agg` sorts again, also because `relaxed_order` returns rows
-- slightly out of order; `+ 0` keeps the planner from believing in their order.
--
-- An exact search sorts every row that satisfies the predicate. So it calculates each distance once, and
-- carries values and metadata along only if they are returned. (1,168 of 116,791 rows: 0.8 of the time.)
create or replace function pgvectorize_private._search_sql(
    target      pgvectorize_private.indexes,
    vector      text,
    predicate   text,
    way         text,
    candidates  integer,
    embedding   text,
    metadata    text,
    content     text,
    condition   text default null
)
returns text
language plpgsql
stable
parallel safe
as $$
declare
    metric   record := pgvectorize_private._metric(target.metric);
    distance text := format(
        'stored.embedding%s %s %s',
        -- without the cast the query vector would be rounded to float16, too
        case target.storage when 'float16' then '::@vector@.vector' else '' end, metric.operator, vector
    );
    nearest  text := 'distance';
begin
    if way = 'exact' then
        distance := format('(%s) + 0', distance);  -- so that no HNSW index can be used
    elsif target.index_precision <> 'float32' then
        nearest := format(
            '%s %s %s',
            pgvectorize_private._hnsw_key_sql(target, 'stored.embedding'),
            case target.index_precision when 'binary' then 'operator(@vector@.<~>)' else metric.operator end,
            pgvectorize_private._hnsw_key_sql(target, vector)
        );
    end if;
    return format(
        $sql$
        select
            array_agg(
                row(nearest.id, %1$s, nullif(nearest.namespace, ''), %2$s, %3$s, %11$s)::pgvectorize.match
                order by %9$s, nearest.id collate "C"
            )%4$s,
            count(*)
        from (
            select stored.id, stored.namespace%10$s, %5$s as distance
            from %6$s as stored
            where %7$s and stored.embedding is not null
            order by %8$s
        ) as nearest
        $sql$,
        metric.score, case embedding when 'null' then 'null' else 'nearest.embedding' end, metadata,
        ' filter (where ' || condition || ')', distance, target.relation, predicate,
        format(
            case
                when way <> 'exact' and current_setting('server_version_num')::integer < 170000
                    then '%s fetch first %s rows with ties'
                else '%s, stored.id collate "C" limit %s'
            end,
            nearest, candidates
        ),
        case way when 'exact' then 'nearest.distance' else 'nearest.distance + 0' end,
        case embedding when 'null' then '' else ', ' || embedding || ' as embedding' end
            || case metadata when 'null::jsonb' then '' else ', stored.metadata' end
            || case content when 'null' then '' else ', stored.content' end,
        content
    );
end;
$$;

comment on function pgvectorize_private._search_sql
    is 'The statement of a search.';
