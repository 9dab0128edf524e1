-- Write the statement of a search: the nearest of the rows that satisfy a predicate,
-- as one array of matches, best first, and how many there are.
--
-- vector      the query vector as an expression, such as $1
-- way         graph, through the HNSW index, or exact
-- candidates  rows that the scan gives, of which the array keeps all: the HNSW
--             index of a lesser precision orders them only roughly, so more are
--             taken than are wanted and ordered again by what is stored
-- embedding   what a match has as its values, an expression over `nearest`
-- metadata    and as its metadata
-- condition   keep only those of the candidates, an expression over `nearest`
--
-- Equal scores are ordered by id. `distance, id` still uses the HNSW index: the
-- planner puts an incremental sort above it. PostgreSQL 16 cannot, and would read the whole
-- table; there the array gets all that tie with the last. `array_agg` sorts again, also because
-- `relaxed_order` returns rows slightly out of order.
create or replace function pgvectorize_private._search_sql(
    target      pgvectorize_private.indexes,
    vector      text,
    predicate   text,
    way         text,
    candidates  integer,
    embedding   text,
    metadata    text,
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
        -- else the query vector would be rounded to float16 as well
        case target.storage when 'float16' then '::@vector@.vector' else '' end, metric.operator, vector
    );
    nearest  text := distance;
begin
    if way = 'exact' then
        nearest := format('(%s) + 0', distance);  -- no HNSW index can serve this
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
                row(nearest.id, %1$s, nullif(nearest.namespace, ''), %2$s, %3$s)::pgvectorize.match
                order by nearest.distance + 0, nearest.id collate "C"
            )%4$s,
            count(*)
        from (
            select stored.id, stored.namespace, stored.embedding, stored.metadata, %5$s as distance
            from %6$s as stored
            where %7$s
            order by %8$s
        ) as nearest
        $sql$,
        metric.score, embedding, metadata, ' filter (where ' || condition || ')', distance, target.relation, predicate,
        format(
            case
                when way <> 'exact' and current_setting('server_version_num')::integer < 170000
                    then '%s fetch first %s rows with ties'
                else '%s, stored.id collate "C" limit %s'
            end,
            nearest, candidates
        )
    );
end;
$$;

comment on function pgvectorize_private._search_sql
    is 'The statement of a search.';
