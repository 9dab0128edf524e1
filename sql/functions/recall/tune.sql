-- Find the least ef_search that reaches a recall, make it the default of the index, and return what was
-- measured with it. Everything that was measured is stored for the `recall` of queries. `recall` says
-- what the parameters mean and what measuring costs. What `recall` or `tune` has measured with the same
-- parameters within the last hour is not measured again, unless the index was written to.
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
    target   pgvectorize_private.indexes := pgvectorize_private._lock_index(index);
    measured record;
    points   pgvectorize.recall_point[];
    point    pgvectorize.recall_point;
    best     pgvectorize.recall_point;
    problem  text;
begin
    perform pgvectorize_private._check_recall(recall);
    perform pgvectorize_private._check_recalls_can_be_stored();
    measured := pgvectorize_private._measure_recall_curve(target, queries, top_k, vectors, recall);
    points := measured.points;
    foreach point in array points loop
        exit when point.recall - point.standard_error >= recall;  -- true for the last one, which is exact
        best := point;
    end loop;
    if point.ef_search is null and best is not null then
        problem := format(
            'ef_search %s finds %s (± %s) of the true nearest in index "%s", not %s',
            best.ef_search, round(best.recall::numeric, 4), round(best.standard_error::numeric, 4), target.name,
            recall
        );
        if best.recall >= recall then
            raise exception '%', problem
                using errcode = 'PV008', hint = 'Measure with more queries, which makes the error smaller.';
        end if;
        perform pgvectorize_private._refuse_with_action(
            problem, 'Build an HNSW index that finds more, such as:',
            action => 'build',
            arguments => jsonb_build_object('index', target.name) || case
                when target.index_precision = 'binary' and target.dimensions <= 4000
                    then jsonb_build_object('index_precision', 'float16')
                else jsonb_build_object(
                    'm', least(2 * target.m, 100), 'ef_construction', least(4 * target.ef_construction, 1000)
                )
            end,
            sqlstate_code => 'PV008'
        );
    end if;

    if point.ef_search is not null then
        perform pgvectorize_private._store_recalls(target, points, measured.baseline);
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
