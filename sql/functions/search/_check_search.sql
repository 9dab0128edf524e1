-- Refuse a search that cannot be, saying what is wrong. `_search` asks only where one
-- condition on all that is common to be right does not hold.
create or replace function pgvectorize_private._check_search(
    target           pgvectorize_private.indexes,
    vector           @vector@.vector,
    top_k            integer,
    return_values    boolean,
    return_metadata  text,
    ef_search        integer,
    skip             integer,
    max_distance     double precision
)
returns void
language plpgsql
immutable
parallel safe
as $$
begin
    if target.is_strict then
        perform pgvectorize_private._check_strict_query(
            target, vector, top_k, return_values, return_metadata, skip, max_distance
        );
    end if;
    perform pgvectorize_private._check_between(
        'top_k', top_k, 1, pgvectorize_private._limit('top_k', false), 'The default is 5.'
    );
    perform pgvectorize_private._check_between(
        'offset', skip, 0, pgvectorize_private._limit('offset', false),
        'Each page costs as much as all before it; narrow the search down with a filter instead.'
    );
    if ef_search is not null then
        perform pgvectorize_private._check_between(
            'ef_search', ef_search, 1, pgvectorize_private._limit('ef_search', false),
            'It is how many candidates the HNSW scan keeps; the default is 100 or what tune found, never fewer than top_k.'
        );
    end if;
    perform pgvectorize_private._check_vector(target, vector);
end;
$$;

comment on function pgvectorize_private._check_search
    is 'Refuse a search that cannot be.';
