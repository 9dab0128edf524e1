-- Measure the recall and the time of queries with one ef_search, unless it is among the `known` points.
--
-- edges  for each query, the score of the last of its true nearest vectors. A match with that score or a
--        better one is one of them, or as near as one of them
-- sizes  for each query, how many true nearest vectors there are
create or replace function pgvectorize_private._measure_recall_at(
    target     pgvectorize_private.indexes,
    vectors    @vector@.vector[],
    edges      double precision[],
    sizes      integer[],
    top_k      integer,
    ef_search  integer,
    known      pgvectorize.recall_point[] default null
)
returns pgvectorize.recall_point
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
declare
    -- with cosine the highest score is the nearest, with the other metrics the lowest
    direction constant integer := case target.metric when 'cosine' then 1 else -1 end;
    recalls   double precision[];
    times     double precision[];
    started   timestamptz;
    scores    double precision[];
    point     pgvectorize.recall_point;
begin
    foreach point in array coalesce(known, '{}') loop
        if point.ef_search = ef_search then
            return point;
        end if;
    end loop;
    for number in 1 .. cardinality(vectors) loop
        started := clock_timestamp();
        scores := array(
            select match.score
            from pgvectorize_private._search(
                target, vectors[number], top_k, 'true', false, 'none', ef_search, false, 0, null
            ) as match
        );
        times[number] := 1000 * extract(epoch from clock_timestamp() - started);
        recalls[number] := (
            select count(*)::double precision / sizes[number]
            from unnest(scores) as found (score)
            where direction * found.score >= direction * edges[number]
        );
    end loop;

    -- rounded, because the mean of values of 0.9 may be a little less than 0.9
    select round(avg(measured.recall)::numeric, 6),
        round((stddev_samp(measured.recall) / sqrt(count(*)))::numeric, 6),
        percentile_cont(0.5) within group (order by measured.milliseconds)
    into point.recall, point.standard_error, point.milliseconds
    from unnest(recalls, times) as measured (recall, milliseconds);
    point.ef_search := ef_search;
    point.queries := cardinality(vectors);
    point.top_k := top_k;
    return point;
end;
$$;

comment on function pgvectorize_private._measure_recall_at
    is 'The recall and the time of queries with one ef_search.';
