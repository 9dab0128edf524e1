-- Store what was measured of an index, and replace what was measured before.
create or replace function pgvectorize_private._store_recalls(
    target    pgvectorize_private.indexes,
    points    pgvectorize.recall_point[],
    baseline  pgvectorize_private.recall_baselines
)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
    -- so that of two calls the second sees the rows of the first and replaces them
    perform pgvectorize_private._lock_row(target);
    delete from pgvectorize_private.recalls where recalls.index_id = target.id;
    insert into pgvectorize_private.recalls (
        index_id, ef_search, recall, standard_error, milliseconds, queries, top_k
    )
    select
        target.id, point.ef_search, point.recall, point.standard_error, point.milliseconds, point.queries,
        point.top_k
    from unnest(points) as point
    where point.ef_search is not null;  -- not the exact search
    delete from pgvectorize_private.recall_baselines where recall_baselines.index_id = target.id;
    insert into pgvectorize_private.recall_baselines select baseline.*;
end;
$$;

comment on function pgvectorize_private._store_recalls
    is 'Store what was measured of an index.';
