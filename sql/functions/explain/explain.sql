-- Explain a query: run it as `query` would, and tell in words which way it took and why,
-- how many rows Postgres expected to match and how many do, and what would make it
-- faster. It takes the same arguments, and costs the query and a count of the matches.
--
-- path               hnsw or exact, whichever gave the answer
-- expected_matches   that Postgres expected, from its statistics
-- matches            how many match; about, without a namespace and a filter
-- visited            rows that the way that gave the answer read
-- count              how many the answer has before max_distance
-- milliseconds       of all ways together, planning too
-- explanation        the words, a line for each thing
-- attempts           each way that was tried, with Postgres' plan
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
    out path              text,
    out expected_matches  bigint,
    out matches           bigint,
    out visited           bigint,
    out count             bigint,
    out milliseconds      double precision,
    out explanation       text,
    out attempts          jsonb
)
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    target    pgvectorize_private.indexes := pgvectorize_private._lock_index(index);
    predicate text := pgvectorize_private._predicate_sql(target, namespace, filter, namespaces, exclude_ids);
    hnsw      regclass := pgvectorize_private._hnsw_index(target);
    rows      bigint;
    plan      jsonb;
    last      jsonb;
    words     text[];
begin
    target.is_counted := false;
    select jsonb_agg(to_jsonb(attempt) - 'matches') into attempts
    from unnest((select pgvectorize_private._search_attempts(
        target, vector, top_k, predicate, return_values, return_metadata, ef_search, exact, "offset",
        pgvectorize_private._distance_threshold(target, min_score, max_distance), recall, explained => true
    ))) as attempt;
    last := attempts -> -1;
    path := case when pgvectorize_private._hnsw_in_plan(target, last -> 'plan') is null then 'exact' else 'hnsw' end;
    count := greatest((last ->> 'found')::numeric - "offset", 0);
    visited := case
        when path = 'hnsw' then (last ->> 'steps')::numeric
        else (
            select max(node.rows + node.rows_removed) from pgvectorize_private._plan_nodes(last -> 'plan') as node
            where node.relation_name is not null
        )
    end;
    select sum((attempt #>> '{plan,Planning Time}')::numeric + (attempt #>> '{plan,Execution Time}')::numeric)
    into milliseconds
    from jsonb_array_elements(attempts) as attempt;

    execute format('explain (format json) select from %s as stored where %s', target.relation, predicate) into plan;
    expected_matches := (plan #>> '{0,Plan,Plan Rows}')::numeric;
    select counted.vector_count into rows from pgvectorize_private._count_or_estimate(target, false) as counted;
    matches := rows;
    if predicate <> 'true' then
        execute format('select count(*) from %s as stored where %s', target.relation, predicate) into matches;
    end if;

    words := array[format(
        'Index "%s" holds about %s vectors of %s dimensions (%s), with %s.',
        target.name, pgvectorize_private._format_integer(rows), target.dimensions, target.metric,
        case
            when hnsw is not null then format(
                'an HNSW index of %s, m %s, ef_construction %s',
                target.index_precision, target.m, target.ef_construction
            )
            else 'no HNSW index'
        end
    )];
    if predicate <> 'true' then
        words := words || format(
            '%s of them match (%s %%); Postgres expected %s.', pgvectorize_private._format_integer(matches),
            to_char(100.0 * matches / greatest(rows, matches, 1), 'FM990.0999'), pgvectorize_private._format_integer(expected_matches)
        );
    end if;
    if exact then
        words := words || 'An exact search is asked for.'::text;
    elsif recall is not null and last ->> 'way' = 'exact' and jsonb_array_length(attempts) = 1 then
        words := words || format('No ef_search that was measured reaches a recall of %s.', recall);
    end if;
    words := words || array(
        select pgvectorize_private._describe_attempt(target, tried.attempt, expected_matches)
        from jsonb_array_elements(attempts) with ordinality as tried (attempt, place)
        order by tried.place
    );
    words := words || format(
        'Answer: %s matches, by %s, in %s ms on the server.', pgvectorize_private._format_integer(count),
        case path when 'hnsw' then 'the HNSW index' else 'the exact search' end, to_char(milliseconds, 'FM999,990.0')
    );
    explanation := array_to_string(
        words || pgvectorize_private._advice(target, rows, filter, expected_matches, matches, path, visited, exact), E'\n'
    );
end;
$$;

comment on function pgvectorize.explain
    is 'Which way a query takes and why, in words.';
