-- Keep what was measured of an index, in the place of what was measured before, and
-- what follows from it for searches with a filter.
create or replace function pgvectorize._keep_recalls(
    target  pgvectorize.indexes,
    points  pgvectorize.recall_point[]
)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
    -- so that the second of two sees what the first has kept, and replaces it
    perform pg_advisory_xact_lock(hashtextextended('pgvectorize recalls ' || target.id, 0));
    delete from pgvectorize.recalls where recalls.index_id = target.id;
    insert into pgvectorize.recalls (index_id, ef_search, recall, standard_error, milliseconds, queries, top_k)
    select target.id, point.ef_search, point.recall, point.standard_error, point.milliseconds, point.queries, point.top_k
    from unnest(points) as point
    where point.ef_search is not null;  -- not the exact search

    -- What a step of the graph costs, in rows that an exact search reads: of the time of a
    -- query what grows with ef_search, against the exact search of them all. A row found
    -- by way of an index costs about 1.5 times one of a scan. Small tables tell nothing.
    update pgvectorize.indexes
    set graph_cost = (
        select greatest(
            regr_slope(point.milliseconds, point.ef_search)
                / (min(point.milliseconds) filter (where point.ef_search is null) / class.reltuples) / 1.5,
            1
        )
        from unnest(points) as point
        cross join pg_class as class
        where class.oid = target.relation and class.reltuples >= 20000
        group by class.reltuples
    )
    where indexes.id = target.id;
end;
$$;

comment on function pgvectorize._keep_recalls(pgvectorize.indexes, pgvectorize.recall_point[])
    is 'Keep what was measured of an index.';
