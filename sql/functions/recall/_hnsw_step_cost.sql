-- Return what one step of an HNSW search costs, in rows that an exact search reads. A search with a filter
-- chooses between the two by this number. It is the growth of the measured times with ef_search, divided
-- by the time of an exact search per row. Only times up to ef_search 200 count, because above it other
-- work on the server disturbs them too much. A row that is found through a Postgres index costs about
-- 1.5 times a row of a scan. The result is null if the table is too small to tell.
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
    is 'What a step of an HNSW search costs, in rows of an exact search.';
