-- Find the nearest vectors among those that satisfy a predicate: the matches of the last attempt.
-- Postgres inlines this function into the statement that calls it, so it costs nothing.
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
    recall           double precision default null
)
returns setof pgvectorize.match
language sql
stable
parallel unsafe
rows 10
as $$
    select match.*
    from pgvectorize_private._search_attempts(
        target, vector, top_k, predicate, return_values, return_metadata, ef_search, exact, skip,
        max_distance, recall
    ) as attempt
    cross join lateral unnest(attempt.matches) as match
$$;

comment on function pgvectorize_private._search
    is 'The nearest vectors among those that satisfy a predicate.';
