-- Find the nearest vectors among those that satisfy a predicate.
--
-- It returns min(top_k, number of matching rows) rows, always. The statement is
-- planned at each call with its literals in sight, so that the planner can weigh
-- the HNSW index against the others. A scan of the HNSW index may under-fill (a
-- rare filter, dead rows); then the next way in `ways` answers. A plan that did
-- not touch the HNSW index was exact already and is not run again; Postgres'
-- own counter of index scans in this transaction tells the two apart.
--
-- Equal scores are ordered by id. `distance, id` still uses the HNSW index: the
-- planner puts an incremental sort above it. `array_agg` sorts again because
-- `relaxed_order` returns rows slightly out of order.
--
-- max_distance is applied to what was found, nearest first, and costs nothing;
-- inside the scan it would make the scan go on in search of what is not there.
create or replace function pgvectorize._search(
    target           pgvectorize.indexes,
    vector           @vector@.vector,
    top_k            integer,
    predicate        text,
    return_values    boolean,
    return_metadata  text,
    ef_search        integer,
    exact            boolean,
    skip             integer,
    max_distance     double precision
)
returns setof pgvectorize.match
language plpgsql
stable
parallel unsafe  -- set_config is not allowed in a parallel worker
set search_path = pg_catalog, pg_temp
set hnsw.ef_search = 100
set hnsw.iterative_scan = off
as $$
declare
    metric   record := pgvectorize._metric(target.metric);
    hnsw     regclass := pgvectorize._hnsw(target);
    depth    integer := top_k + skip;
    breadth  integer := least(greatest(coalesce(ef_search, 100), depth), pgvectorize._limit('ef_search', false));
    ways     text[];
    way      text;
    scans    bigint;
    found    bigint;
    can_tell boolean := current_setting('track_counts')::boolean;  -- a superuser may turn the counter off
    matches  pgvectorize.match[];
begin
    if target.is_strict then
        perform pgvectorize._check_strict_query(
            target, vector, top_k, return_values, return_metadata, skip, max_distance
        );
    end if;
    perform pgvectorize._check_between(
        'top_k', top_k, 1, pgvectorize._limit('top_k', false), 'The default is 5.'
    );
    perform pgvectorize._check_between(
        'offset', skip, 0, pgvectorize._limit('offset', false),
        'Each page costs as much as all before it; narrow the search down with a filter instead.'
    );
    if ef_search is not null then
        perform pgvectorize._check_between(
            'ef_search', ef_search, 1, pgvectorize._limit('ef_search', false),
            'It is how many candidates the HNSW scan keeps; the default is 100, and never fewer than top_k.'
        );
    end if;
    perform pgvectorize._check_vector(target, vector);

    if target.is_counted then
        perform pgvectorize._count_queries(target);
    end if;

    ways := case
        when exact or hnsw is null then array['exact']
        -- relaxed_order keeps every candidate that was passed over, which an
        -- unfiltered query seldom needs
        when predicate = 'true' and depth <= breadth then array['off', 'relaxed_order', 'exact']
        else array['relaxed_order', 'exact']
    end;

    foreach way in array ways loop
        scans := pg_stat_get_xact_numscans(hnsw);
        if way <> 'exact' then
            perform pgvectorize._set_hnsw(breadth, way);
        end if;
        execute format(
            $sql$
            select
                array_agg(
                    row(nearest.id, %1$s, nullif(nearest.namespace, ''), %2$s, %3$s)::pgvectorize.match
                    order by nearest.distance, nearest.id collate "C"
                ) filter (where nearest.distance <= $2 or $2 is null),
                count(*)
            from (
                select stored.id, stored.namespace, stored.embedding, stored.metadata,
                    stored.embedding %4$s $1 as distance
                from %5$s as stored
                where %6$s
                order by (stored.embedding %4$s $1) %7$s, stored.id collate "C"
                limit %8$s
            ) as nearest
            $sql$,
            metric.score,
            case when return_values then 'nearest.embedding' else 'null' end,
            case return_metadata when 'none' then 'null' else pgvectorize._metadata_sql(target, return_metadata) end,
            metric.operator,
            target.relation,
            predicate,
            case way when 'exact' then '+ 0' else '' end,  -- an expression that no HNSW index can serve
            depth
        ) into matches, found using vector, max_distance;
        exit when found = depth or can_tell and pg_stat_get_xact_numscans(hnsw) = scans;
    end loop;

    for place in skip + 1 .. coalesce(cardinality(matches), 0) loop
        return next matches[place];
    end loop;
end;
$$;

comment on function pgvectorize._search(
    pgvectorize.indexes, @vector@.vector, integer, text, boolean, text, integer, boolean, integer, double precision
)
    is 'The nearest vectors among those that satisfy a predicate.';
