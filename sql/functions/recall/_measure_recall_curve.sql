-- Measure the recall of an index with one ef_search after another, from top_k to 1,000 or until everything is
-- found. The last row is the exact search, with which the others are compared. See `recall`.
--
-- wanted    also search for the least ef_search that reaches this recall, to within a twentieth. If the same
--           queries were measured less than an hour ago, and the index was not written to, nothing of
--           that is measured again
-- points    what was measured, now or then
-- baseline  the exact searches, to be stored with the points
--
-- A notice reports the progress every second.
create or replace function pgvectorize_private._measure_recall_curve(
    target   pgvectorize_private.indexes,
    queries  integer,
    top_k    integer,
    vectors  @vector@.vector[],
    wanted   double precision default null,
    out points    pgvectorize.recall_point[],
    out baseline  pgvectorize_private.recall_baselines
)
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
declare
    in_use    constant integer := pgvectorize_private._effective_ef_search(
        target, null, top_k, false,
        pgvectorize_private._ef_search_growth(
            pgvectorize_private._hnsw_index(target), target.dimensions, target.index_precision, target.m
        )
    );
    times     double precision[];
    scores    double precision[];
    started   timestamptz;
    reported  timestamptz := clock_timestamp();
    ef_search integer;
    point     pgvectorize.recall_point;
    stored    record;
    known     pgvectorize.recall_point[];
    measured  pgvectorize.recall_point[] := '{}';
    too_small integer;
    enough    integer;
begin
    perform pgvectorize_private._check_between(
        'queries', queries, 2, pgvectorize_private._limit('queries_to_measure', false),
        'The default is 200. Four times as many queries halve the error.'
    );
    perform pgvectorize_private._check_between(
        'top_k', top_k, 1, pgvectorize_private._limit('top_k', false), 'The default is 10.'
    );
    target.is_strict := false;  -- Vectorize cannot measure, so it has no limits for it
    target.is_counted := false;

    baseline.index_id := target.id;
    baseline.top_k := top_k;
    baseline.measured_at := reported;
    baseline.mutations_digest := pgvectorize_private._mutations_digest(target);
    select earlier as baseline, array(
        select row(
            recalls.ef_search, recalls.recall, recalls.standard_error, recalls.milliseconds,
            recalls.queries, recalls.top_k
        )::pgvectorize.recall_point
        from pgvectorize_private.recalls
        where recalls.index_id = earlier.index_id
    ) as points
    into stored
    from pgvectorize_private.recall_baselines as earlier
    where earlier.index_id = target.id and earlier.top_k = top_k
        and earlier.mutations_digest is not distinct from baseline.mutations_digest
        and earlier.queries is not distinct from case when vectors is null then queries end
        and earlier.measured_at > reported - interval '1 hour'
        and wanted is not null and not row_security_active(target.relation);
    if vectors is null then
        baseline.queries := queries;
        baseline.seed := coalesce((stored.baseline).seed, (2147483647 * random())::integer);
        vectors := pgvectorize_private._sample_queries(target, queries, baseline.seed);
    else
        perform pgvectorize_private._check_between(
            'the number of query vectors', cardinality(vectors), 2,
            pgvectorize_private._limit('queries_to_measure', false),
            'Without vectors, a sample of the index is used.'
        );
    end if;
    baseline.vectors_digest := pgvectorize_private._vectors_digest(vectors);
    if (stored.baseline).vectors_digest = baseline.vectors_digest then
        baseline := stored.baseline;
        known := stored.points;
    end if;
    for number in 1 .. case when baseline.edges is null then cardinality(vectors) else 0 end loop
        started := clock_timestamp();
        scores := array(
            select match.score
            from pgvectorize_private._search(
                target, vectors[number], top_k, 'true', false, 'none', null, true, 0, null
            ) as match
        );
        times[number] := 1000 * extract(epoch from clock_timestamp() - started);
        baseline.sizes[number] := cardinality(scores);
        baseline.edges[number] := scores[cardinality(scores)];
        if clock_timestamp() - reported > interval '1 second' then
            reported := clock_timestamp();
            raise notice 'exact: % of % queries', number, cardinality(vectors);
        end if;
    end loop;
    if cardinality(vectors) < 2 or baseline.sizes[1] = 0 then
        perform pgvectorize_private._refuse_request(
            format('index "%s" has too few vectors to measure its recall', target.name),
            'It needs at least two.'
        );
    end if;
    if baseline.milliseconds is null then
        baseline.milliseconds := (
            select percentile_cont(0.5) within group (order by exact.milliseconds)
            from unnest(times) as exact (milliseconds)
        );
    end if;

    if pgvectorize_private._hnsw_index(target) is not null then
        if known is null then
            -- once without measuring, so that the first one does not pay for reading from disk
            perform pgvectorize_private._measure_recall_at(
                target, vectors, baseline.edges, baseline.sizes, top_k, top_k
            );
        end if;
        foreach ef_search in array array(
            select distinct ladder.ef_search
            from unnest(
                array[10, 20, 30, 40, 60, 80, 100, 140, 200, 280, 400, 640, 1000]
                || array[top_k, in_use]
            ) as ladder (ef_search)
            where ladder.ef_search >= top_k
            order by ladder.ef_search
        ) loop
            point := pgvectorize_private._measure_recall_at(
                target, vectors, baseline.edges, baseline.sizes, top_k, ef_search, known
            );
            measured := measured || point;
            if point.recall - point.standard_error >= wanted then
                enough := least(enough, ef_search);
            elsif enough is null then
                too_small := ef_search;
            end if;
            if clock_timestamp() - reported > interval '1 second' then
                reported := clock_timestamp();
                raise notice 'ef_search %: recall %', ef_search, round(point.recall::numeric, 4);
            end if;
            exit when point.recall = 1;
        end loop;
        while enough - too_small > greatest(1, enough / 20) loop
            ef_search := (enough + too_small) / 2;
            point := pgvectorize_private._measure_recall_at(
                target, vectors, baseline.edges, baseline.sizes, top_k, ef_search, known
            );
            measured := measured || point;
            if point.recall - point.standard_error >= wanted then
                enough := ef_search;
            else
                too_small := ef_search;
            end if;
        end loop;
    end if;

    points := array(select one from unnest(measured) as one order by one.ef_search)
        || row(null, 1, 0, baseline.milliseconds, cardinality(vectors), top_k)::pgvectorize.recall_point;
end;
$$;

comment on function pgvectorize_private._measure_recall_curve
    is 'The recall of an index with one ef_search after another.';
