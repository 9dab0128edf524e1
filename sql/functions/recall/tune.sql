-- Find the least ef_search that reaches a recall, make it the default of the index, and return what was
-- measured with it. Everything that was measured is stored for the `recall` of queries. `recall` says
-- what the parameters mean and what measuring costs.
--
-- A recall counts as reached if it is exceeded by its standard error, here and for queries. Then the index
-- really has this recall in five of six cases. With more queries the error is smaller, and ef_search
-- may be, too.
--
-- If an ef_search of 1,000 does not reach the recall, nothing is changed. Without an HNSW index every query
-- finds all matches. Then the answer has no ef_search, and nothing is changed either. To go back to the
-- default: update_index(…, ef_search => 0).
create or replace function pgvectorize.tune(
    index    text,
    recall   double precision,
    queries  integer default 200,
    top_k    integer default 10,
    vectors  @vector@.vector[] default null
)
returns pgvectorize.recall_point
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
declare
    target pgvectorize_private.indexes := pgvectorize_private._lock_index(index);
    points pgvectorize.recall_point[];
    point  pgvectorize.recall_point;
    best   pgvectorize.recall_point;
begin
    perform pgvectorize_private._check_recall(recall);
    perform pgvectorize_private._check_recalls_can_be_stored();
    points := array(
        select measured
        from pgvectorize_private._measure_recall_curve(target, queries, top_k, vectors, recall) as measured
    );
    foreach point in array points loop
        exit when point.recall - point.standard_error >= recall;  -- true for the last one, which is exact
        best := point;
    end loop;
    if point.ef_search is null and best is not null then
        raise exception 'ef_search % finds % (± %) of the true nearest in index "%", not %',
            best.ef_search, round(best.recall::numeric, 4), round(best.standard_error::numeric, 4), target.name, recall
            using errcode = 'PV008',
                  hint = case
                      when best.recall >= recall then 'Measure with more queries, which makes the error smaller.'
                      else format(
                          'Build an HNSW index that finds more, such as: pgvectorize build %s %s',
                          target.name,
                          case
                              when target.index_precision = 'binary' and target.dimensions <= 4000
                                  then '--index-precision float16'
                              else format(
                                  '--m %s --ef-construction %s',
                                  least(2 * target.m, 100), least(4 * target.ef_construction, 1000)
                              )
                          end
                      )
                  end;
    end if;

    if point.ef_search is not null then
        perform pgvectorize_private._store_recalls(target, points);
        update pgvectorize_private.indexes
        set ef_search = point.ef_search,
            hnsw_step_cost = pgvectorize_private._hnsw_step_cost(target, points),
            modified_on = clock_timestamp()
        where indexes.id = target.id;
    end if;
    return point;
end;
$$;

comment on function pgvectorize.tune
    is 'Find and set the least ef_search that reaches a recall.';
