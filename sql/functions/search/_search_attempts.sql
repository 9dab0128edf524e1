-- Find the nearest vectors among those that satisfy a predicate. The search tries one way after another.
-- It returns the last attempt, whose matches are the answer: always min(top_k, number of matching rows)
-- of them. The other fields say what the way did; `explain` puts them into words.
--
-- The statement is planned at each call with literal operands, so that the planner can compare the
-- HNSW index with the other indexes. A scan of the HNSW index may return too few rows (a rare filter,
-- dead rows). Then the next way in `ways` answers. If a plan did not use an HNSW index, it was exact
-- already and is not run again. Postgres' own counters of this transaction say whether it did. Only where
-- the HNSW index is binary, the exact search follows: signs alone chose the candidates. (float16 chooses
-- more candidates than are wanted, and its choice differs from the exact one only between vectors that
-- float16 can hardly tell apart.)
--
-- With a filter an HNSW search is worth it only while enough rows match. It visits some 15 vectors for
-- each one that it returns, where an exact search reads one row for each match, and the planner does
-- not know that. So the statement of the HNSW search carries conditions that always hold, but of which
-- Postgres believes that only one row in three satisfies each. By default there are two of them, a
-- factor of 9; `tune` measures the factor of an index. Both ways then cost the same at
-- sqrt(9 * depth * rows) matches, and among so many an HNSW search finds `depth` within
-- sqrt(depth * rows / 9) steps. If a search needs more steps, the matches lie far from the query
-- vector, or the planner knows nothing about the filter because it has no metadata index. The search
-- is ended there and its result is not used. That costs up to as much as the exact search that follows. So
-- where it may take several times the first ef_search candidates, a look at these comes first. If none of
-- them matches, the exact search follows at once, unless so many rows match that it would take four times
-- as long as at that number. In small tables, where an exact search takes at most 10 ms, four such
-- conditions make the exact search more likely.
--
-- Among so many the last of `depth` matches lie at the edge of what the scan has seen, where it has missed
-- most. Below 256 dimensions that shows, so there the scan looks for twice as many. It costs nothing while
-- the first ef_search candidates have enough. (300,000 vectors of 128 dimensions, a filter that matches
-- 10 %: recall@10 is 0.92 without, 0.95 with it.)
--
-- A namespace with an HNSW index of its own counts as an index of its own: without a filter it is
-- searched like one, and with a filter its own number of rows is used.
--
-- Every page of an answer must come from the same search, or pages would overlap and miss vectors. So
-- ef_search does not depend on the offset, and a page is refused if it lies beyond ef_search, or if the
-- search has a filter: then the number of matches decides how far it goes.
--
-- max_distance is applied to the rows that were found, and costs nothing. Inside the scan it would
-- make the scan look for rows that do not exist.
--
-- explained  run each statement under EXPLAIN ANALYZE and return all attempts, with plans instead of matches
create or replace function pgvectorize_private._search_attempts(
    target           pgvectorize_private.indexes,
    vector           @vector@.vector,
    top_k            integer,
    predicate        text,
    return_values    boolean,
    return_metadata  text,
    ef_search        integer,
    exact            boolean,
    skip             integer,
    max_distance     double precision,
    recall           double precision,
    explained        boolean default false,
    return_content   boolean default false
)
returns pgvectorize_private.search_attempt[]
language plpgsql
stable
parallel unsafe  -- set_config is not allowed in a parallel worker
set search_path = pg_catalog, pg_temp
set hnsw.ef_search = 100
set hnsw.iterative_scan = off
set hnsw.max_scan_tuples = 20000
set hnsw.scan_mem_multiplier = 1
set enable_seqscan = on
as $$
declare
    hnsw       regclass := pgvectorize_private._hnsw_index(target);
    others     regclass[] := case
        when target.has_other_hnsw then pgvectorize_private._other_hnsw_indexes(target)
    end;
    own_hnsw   regclass;  -- of the one namespace that is searched
    is_plain   boolean := predicate = 'true';
    depth      integer;
    breadth    integer;
    least_ef   integer;
    sought     integer;
    candidates integer;
    ways       text[];
    way        text;
    -- all different, because Postgres counts bounds of the same expression only once
    unlikely   constant text[] := array[
        ' and octet_length(stored.id) >= 0', ' and octet_length(stored.namespace) >= 0',
        ' and bit_length(stored.id) >= 0', ' and bit_length(stored.namespace) >= 0'
    ];
    step_cost  double precision := coalesce(target.hnsw_step_cost, 9);
    count      double precision;  -- of rows, estimated
    needed     double precision;  -- steps that an HNSW search with a filter needs
    ignored    text;
    statement  text;
    before     bigint[];
    used       bigint[];
    found      bigint;
    is_unused  boolean := false;  -- the HNSW index, by the last plan
    is_far     boolean := false;  -- what matches, from the query
    is_counted boolean := current_setting('track_counts')::boolean;  -- a superuser may turn it off
    matches    pgvectorize.match[];
    plan       jsonb;
    attempts   pgvectorize_private.search_attempt[];
begin
    if not pgvectorize_private._is_valid_search(target, vector, top_k, ef_search, skip) then
        perform pgvectorize_private._check_search(
            target, vector, top_k, return_values, return_metadata, ef_search, skip, max_distance, return_content
        );
    end if;
    depth := top_k + skip;
    if target.is_counted then
        perform pgvectorize_private._count_queries(target);
    end if;

    if recall is not null then
        least_ef := pgvectorize_private._ef_search_for_recall(target, recall, top_k, exact);
        ef_search := greatest(ef_search, least_ef);
        exact := least_ef is null;
    end if;
    if others is not null and not is_plain then
        select own.hnsw, own.is_alone into own_hnsw, is_plain
        from pgvectorize_private._namespace_hnsw_of_predicate(target, predicate) as own;
    end if;
    breadth := pgvectorize_private._effective_ef_search(
        target, ef_search, top_k, not is_plain,
        pgvectorize_private._ef_search_growth(
            coalesce(own_hnsw, hnsw), target.dimensions, target.index_precision, target.m
        )
    );
    if skip > 0 and not (exact or hnsw is null or is_plain and depth <= breadth) then
        perform pgvectorize_private._refuse_page(top_k, skip, is_plain, breadth);
    end if;
    sought := depth * case when target.dimensions < 256 and not is_plain then 2 else 1 end;
    candidates := greatest(pgvectorize_private._scan_limit(target, breadth, depth), sought);
    if not is_plain then
        select class.reltuples into count from pg_class as class
        -- reltuples is -1 before the first analyze
        where class.oid = coalesce(own_hnsw, target.relation) and class.reltuples > 0;
        needed := sqrt(sought * count / step_cost);
    end if;
    ways := case
        when exact or hnsw is null then array['exact']
        -- relaxed_order keeps every candidate that it skips, which a search without a filter
        -- seldom needs
        when is_plain and depth <= breadth then array['off', 'relaxed_order', 'exact']
        when needed >= 4 * breadth then array['look', 'relaxed_order', 'exact']
        else array['relaxed_order', 'exact']
    end;

    foreach way in array ways loop
        continue when is_unused and way <> 'exact'  -- the plan would be the same
            or way = 'relaxed_order' and is_far;
        before := pgvectorize_private._hnsw_scan_counters(hnsw, others);
        if way = 'off' then  -- the first way: the SET clauses of this function have set the rest
            ignored := set_config('hnsw.ef_search', breadth::text, true);
        elsif way <> 'exact' then
            ignored := pgvectorize_private._set_search_settings(
                breadth, case way when 'look' then 'off' else way end,
                coalesce(greatest(15 * needed, breadth), 20000)::integer,
                coalesce(count < 20000, true)
            );
        elsif count >= 20000 then
            ignored := pgvectorize_private._set_search_settings(breadth, 'off', 20000, true);
        end if;
        statement := pgvectorize_private._search_sql(
            target, '$1',
            case
                when way = 'exact' or count is null then predicate
                when count < 20000 then predicate || array_to_string(unlikely, '')
                else predicate
                    || array_to_string(unlikely[:greatest(round(ln(step_cost) / ln(3)), 1)::integer], '')
            end,
            way,
            case way when 'exact' then depth else candidates end,
            case when return_values then 'stored.embedding' else 'null' end,
            case return_metadata
                when 'none' then 'null::jsonb'
                else pgvectorize_private._returned_metadata_sql(target, return_metadata)
            end,
            case when return_content then 'nearest.content' else 'null' end,
            case when max_distance is not null then 'nearest.distance <= $2' end
        );
        if explained then
            plan := pgvectorize_private._run_explain(statement, vector, max_distance);
            found := (plan #> '{Plan,Plans,0,Actual Rows}')::numeric;  -- of what the aggregates count
        else
            execute statement into matches, found using vector, max_distance;
        end if;
        used := pgvectorize_private._hnsw_scan_counters(hnsw, others);
        attempts := case when explained then attempts end || row(
            way, breadth, found, depth, used[2] - before[2], greatest(needed, candidates + breadth),
            current_setting('hnsw.max_scan_tuples')::bigint, plan, matches[skip + 1 : depth]
        )::pgvectorize_private.search_attempt;
        is_unused := is_counted and used[1] = before[1];
        if way = 'look' and found = 0 then
            is_far := pgvectorize_private._estimate_matches(target.relation, predicate)
                <= 4 * step_cost * needed;
        end if;
        exit when case
            when is_unused then target.index_precision <> 'binary' or found < candidates
            else found >= depth
                and (needed is null or used[2] - before[2] <= greatest(needed, candidates + breadth))
        end;
    end loop;
    return attempts;
end;
$$;

comment on function pgvectorize_private._search_attempts
    is 'The last attempt of a search, with its matches, or all attempts, with their plans.';
