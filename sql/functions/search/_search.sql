-- Find the nearest vectors among those that satisfy a predicate.
--
-- It returns min(top_k, number of matching rows) rows, always. The statement is
-- planned at each call with its literals in sight, so that the planner can weigh
-- the HNSW index against the others. A scan of the HNSW index may under-fill (a
-- rare filter, dead rows); then the next way in `ways` answers. A plan that did
-- not touch the HNSW index was exact already and is not run again; Postgres'
-- own counters of this transaction tell.
--
-- With a filter the graph is worth its walk while enough rows match. The planner
-- does not know that a graph visits some 15 vectors for each that it hands on, where
-- an exact search reads one a match, so the graph's way carries conditions that always
-- hold and of which Postgres believes that one row in three passes, two of them for a
-- factor of 9, or as many as `tune` found for this index. Both ways then cost the same
-- at sqrt(9 * depth * rows) matches, among which a walk finds `depth` in
-- sqrt(depth * rows / 9) steps. One that has not by then has met a filter that lies
-- elsewhere than the query, or one without an index, of which the planner knows nothing:
-- it is ended there, what it found is not trusted, and its time was a quarter of what the
-- exact search takes. In small tables, where an exact search
-- takes no more than 10 ms, four such conditions make it likelier.
--
-- A namespace with an HNSW index of its own is searched as an index of its own would be:
-- by itself as without a filter, and with one among as many rows as it holds.
--
-- max_distance is applied to what was found, nearest first, and costs nothing;
-- inside the scan it would make the scan go on in search of what is not there.
--
-- explained  return instead a row for each way that was tried, whose metadata tells of it:
--            so `explain` tells of what is done here, and not of what it would do itself
create or replace function pgvectorize_private._search(
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
    recall           double precision default null,
    explained        boolean default false
)
returns setof pgvectorize.match
language plpgsql
stable
parallel unsafe  -- set_config is not allowed in a parallel worker
rows 10
set search_path = pg_catalog, pg_temp
set hnsw.ef_search = 100
set hnsw.iterative_scan = off
set hnsw.max_scan_tuples = 20000
set hnsw.scan_mem_multiplier = 1
set enable_seqscan = on
as $$
declare
    hnsw       regclass := pgvectorize_private._hnsw_index(target);
    others     regclass[] := case when target.has_other_hnsw then pgvectorize_private._other_hnsw_indexes(target) end;
    graph      regclass;  -- of the one namespace that is asked for
    is_plain   boolean := predicate = 'true';
    depth      integer := top_k + skip;
    breadth    integer;
    least_ef   integer;
    candidates integer;
    ways       text[];
    way        text;
    -- all different, as Postgres counts bounds of the same expression once
    unlikely   constant text[] := array[
        ' and octet_length(stored.id) >= 0', ' and octet_length(stored.namespace) >= 0',
        ' and bit_length(stored.id) >= 0', ' and bit_length(stored.namespace) >= 0'
    ];
    hnsw_step_cost double precision := coalesce(target.hnsw_step_cost, 9);
    count      double precision;  -- of rows, about
    walk       double precision;  -- steps that a walk may take
    set        text;
    statement  text;
    before     bigint[];
    used       bigint[];
    found      bigint;
    can_tell   boolean := current_setting('track_counts')::boolean;  -- a superuser may turn the counter off
    matches    pgvectorize.match[];
    plan       jsonb;
begin
    if target.is_strict or pgvectorize_private._values_problem(target, vector) is not null
        or (
            top_k between 1 and pgvectorize_private._limit('top_k', false)
            and skip between 0 and pgvectorize_private._limit('offset', false)
            and coalesce(ef_search, 1) between 1 and pgvectorize_private._limit('ef_search', false)
        ) is not true
    then
        perform pgvectorize_private._check_search(
            target, vector, top_k, return_values, return_metadata, ef_search, skip, max_distance
        );
    end if;
    if target.is_counted then
        perform pgvectorize_private._count_queries(target);
    end if;

    if recall is not null then
        least_ef := pgvectorize_private._ef_search_for_recall(target, recall, depth, exact);
        ef_search := greatest(ef_search, least_ef);
        exact := least_ef is null;
    end if;
    if others is not null and not is_plain then
        select own.graph, own.is_alone into graph, is_plain
        from pgvectorize_private._namespace_hnsw_of_predicate(target, predicate) as own;
    end if;
    breadth := pgvectorize_private._effective_ef_search(target, ef_search, depth, not is_plain);
    candidates := pgvectorize_private._scan_limit(target, breadth, depth);
    ways := case
        when exact or hnsw is null then array['exact']
        -- relaxed_order keeps every candidate that was passed over, which an
        -- unfiltered query seldom needs
        when is_plain and depth <= breadth then array['off', 'relaxed_order', 'exact']
        else array['relaxed_order', 'exact']
    end;
    if not is_plain then
        select class.reltuples into count from pg_class as class
        where class.oid = coalesce(graph, target.relation) and class.reltuples > 0;  -- -1 before the first analyze
        walk := sqrt(depth * count / hnsw_step_cost);
    end if;

    foreach way in array ways loop
        before := pgvectorize_private._hnsw_scan_counters(hnsw, others);
        if way <> 'exact' then
            set := pgvectorize_private._set_search_settings(
                breadth, way, coalesce(greatest(15 * walk, breadth), 20000)::integer, coalesce(count < 20000, true)
            );
        elsif count >= 20000 then
            set := pgvectorize_private._set_search_settings(breadth, 'off', 20000, true);
        end if;
        statement := pgvectorize_private._search_sql(
            target, '$1',
            case
                when way = 'exact' or count is null then predicate
                when count < 20000 then predicate || array_to_string(unlikely, '')
                else predicate || array_to_string(unlikely[:greatest(round(ln(hnsw_step_cost) / ln(3)), 1)::integer], '')
            end,
            way,
            case way when 'exact' then depth else candidates end,
            case when return_values then 'nearest.embedding' else 'null' end,
            case return_metadata when 'none' then 'null' else pgvectorize_private._returned_metadata_sql(target, return_metadata) end,
            case when max_distance is not null then 'nearest.distance <= $2' end
        );
        if explained then
            plan := pgvectorize_private._run_explain(statement, vector, max_distance);
            found := (plan #> '{Plan,Plans,0,Actual Rows}')::numeric;  -- of what the aggregates count
            used := pgvectorize_private._hnsw_scan_counters(hnsw, others);
            return next row(null, null, null, null, jsonb_build_object(
                'way', way, 'ef_search', breadth, 'found', found, 'wanted', depth, 'steps', used[2] - before[2],
                'trusted_steps', greatest(walk, candidates + breadth),
                'most_steps', current_setting('hnsw.max_scan_tuples')::integer, 'plan', plan
            ))::pgvectorize.match;
        else
            execute statement into matches, found using vector, max_distance;
        end if;
        used := pgvectorize_private._hnsw_scan_counters(hnsw, others);
        exit when found >= depth and (walk is null or used[2] - before[2] <= greatest(walk, candidates + breadth))
            or can_tell and used[1] = before[1];
    end loop;

    for place in skip + 1 .. least(depth, coalesce(cardinality(matches), 0)) loop
        return next matches[place];
    end loop;
end;
$$;

comment on function pgvectorize_private._search
    is 'The nearest vectors among those that satisfy a predicate.';
