-- Find the nearest vectors among those that satisfy a predicate; see `_search_attempts`. Postgres inlines
-- this function into the statement that calls it, so it costs nothing. The sub-select is a fence: without
-- it the planner would run the search to estimate the length of the array.
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
    return_content   boolean default false
)
returns setof pgvectorize.match
language sql
stable
parallel unsafe
rows 10
as $$
    select match.*
    from unnest((
        select (pgvectorize_private._search_attempts(
            target, vector, top_k, predicate, return_values, return_metadata, ef_search, exact, skip,
            max_distance, recall, return_content => return_content
        ))[1].matches
    )) as match
$$;

comment on function pgvectorize_private._search
    is 'The nearest vectors among those that satisfy a predicate.';
