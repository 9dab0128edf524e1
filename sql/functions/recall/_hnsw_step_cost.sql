-- Say what a step of an index's graph costs, in rows that an exact search reads, for
-- searches with a filter, which have to choose between the two: of the measured times
-- what grows with ef_search, to 200, above which other work on the server shows too
-- much, against the exact search of all rows. A row found by way of an index costs
-- about 1.5 times one of a scan. Null where the table is too small to tell.
create or replace function pgvectorize_private._hnsw_step_cost(
    target  pgvectorize_private.indexes,
    points  pgvectorize.recall_point[]
)
returns double precision
language sql
stable
parallel safe
as $$
    select greatest(
        regr_slope(point.milliseconds, point.ef_search) filter (where point.ef_search <= 200)
            / (min(point.milliseconds) filter (where point.ef_search is null) / class.reltuples) / 1.5,
        1
    )
    from unnest(points) as point
    cross join pg_catalog.pg_class as class
    where class.oid = target.relation and class.reltuples >= 20000
    group by class.reltuples
    having count(*) filter (where point.ef_search <= 200) >= 2
$$;

comment on function pgvectorize_private._hnsw_step_cost
    is 'What a step of a graph costs, in rows of an exact search.';
