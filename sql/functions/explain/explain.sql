-- Run a query as `query` would, and return which way it took and why, how many rows Postgres
-- expected to match and how many do, and what would make it faster. It takes the same
-- arguments. It costs the query and a count of the matches.
--
-- path               hnsw or exact, whichever gave the answer
-- expected_matches   how many Postgres expected, from its statistics
-- matches            how many match and have values; without a namespace and a filter about how many
-- visited            rows that the way which gave the answer read
-- count              how many matches the answer has, before max_distance
-- milliseconds       of all ways together, with planning
-- explanation        all of this in words, a line for each thing
-- attempts           each way that was tried, with Postgres' plan
-- advice             a list of findings as `doctor` has them: what would make it faster
--
-- If row-level security applies to the caller, plans, estimates and the number of rows read would tell about
-- rows that the caller may not see. Then expected_matches and visited are null, and attempts have no plan.
create or replace function pgvectorize.explain(
    index                 text,
    vector                @vector@.vector,
    top_k                 integer default 5,
    namespace             text default null,
    filter                jsonb default null,
    return_values         boolean default false,
    return_metadata       text default 'none',
    ef_search             integer default null,
    exact                 boolean default false,
    namespaces            text[] default null,
    exclude_ids           text[] default null,
    min_score             double precision default null,
    max_distance          double precision default null,
    "offset"              integer default 0,
    recall                double precision default null,
    return_content        boolean default false,
    out path              text,
    out expected_matches  bigint,
    out matches           bigint,
    out visited           bigint,
    out count             bigint,
    out milliseconds      double precision,
    out explanation       text,
    out attempts          jsonb,
    out advice            jsonb
)
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    target     pgvectorize_private.indexes := pgvectorize_private._lock_index(index);
    predicate  text := pgvectorize_private._predicate_sql(target, namespace, filter, namespaces, exclude_ids);
    rows       bigint;
    last       jsonb;
    is_partial boolean := row_security_active(target.relation);  -- the caller may see only some rows
begin
    target.is_counted := false;
    select jsonb_agg(to_jsonb(attempt) - 'matches') into attempts
    from unnest((select pgvectorize_private._search_attempts(
        target, vector, top_k, predicate, return_values, return_metadata, ef_search, exact, "offset",
        pgvectorize_private._distance_threshold(target, min_score, max_distance), recall, explained => true,
        return_content => return_content
    ))) as attempt;
    last := attempts -> -1;
    path := case
        when pgvectorize_private._hnsw_in_plan(target, last -> 'plan') is null then 'exact'
        else 'hnsw'
    end;
    -- a scan may find more than are wanted, to choose from
    count := greatest(least((last ->> 'found')::numeric, (last ->> 'wanted')::numeric) - "offset", 0);
    visited := case
        when path = 'hnsw' then (last ->> 'steps')::numeric
        else (
            select max(node.rows + node.rows_removed)
            from pgvectorize_private._plan_nodes(last -> 'plan') as node
            where node.relation_name is not null
        )
    end;
    select sum((attempt #>> '{plan,Planning Time}')::numeric + (attempt #>> '{plan,Execution Time}')::numeric)
    into milliseconds
    from jsonb_array_elements(attempts) as attempt;

    if is_partial then
        visited := null;
        select jsonb_agg(attempt - '{steps, trusted_steps, most_steps, plan}'::text[]) into attempts
        from jsonb_array_elements(attempts) as attempt;
    else
        expected_matches := pgvectorize_private._estimate_matches(target.relation, predicate);
    end if;
    select counted.vector_count into rows
    from pgvectorize_private._count_or_estimate(target, false) as counted;
    matches := greatest(rows - pgvectorize_private._pending_count(target), 0);
    if predicate <> 'true' then
        execute format(
            'select count(*) from %s as stored where %s and stored.embedding is not null',
            target.relation, predicate
        ) into matches;
    end if;

    select coalesce(jsonb_agg(to_jsonb(useful)), '[]') into advice
    from pgvectorize_private._advice(
        target, rows, filter, expected_matches, matches, path, visited, exact
    ) as useful;
    explanation := pgvectorize_private._describe_search(
        target, rows, case when predicate <> 'true' then matches end, expected_matches, exact, recall,
        attempts, path, count, milliseconds, advice
    );
end;
$$;

comment on function pgvectorize.explain
    is 'Which way a query takes and why, in words.';
