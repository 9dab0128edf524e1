-- Refuse a search that is not valid, and say what is wrong. It is called only if `_is_valid_search` says
-- no, as in strict mode.
create or replace function pgvectorize_private._check_search(
    target           pgvectorize_private.indexes,
    vector           @vector@.vector,
    top_k            integer,
    return_values    boolean,
    return_metadata  text,
    ef_search        integer,
    skip             integer,
    max_distance     double precision,
    return_content   boolean
)
returns void
language plpgsql
immutable
parallel safe
as $$
begin
    if target.is_strict then
        perform pgvectorize_private._check_strict_query(
            target, vector, top_k, return_values, return_metadata, skip, max_distance, return_content
        );
    end if;
    perform pgvectorize_private._check_between(
        'top_k', top_k, 1, pgvectorize_private._limit('top_k', false), 'The default is 5.'
    );
    perform pgvectorize_private._check_between(
        'offset', skip, 0, pgvectorize_private._limit('offset', false),
        'A page costs as much as all pages before it. Narrow the search with a filter instead.'
    );
    if ef_search is not null then
        perform pgvectorize_private._check_between(
            'ef_search', ef_search, 1, pgvectorize_private._limit('ef_search', false),
            'The HNSW scan keeps so many candidates, at least top_k; the default is 100, or what tune found.'
        );
    end if;
    perform pgvectorize_private._check_vector(target, vector);
end;
$$;

comment on function pgvectorize_private._check_search
    is 'Refuse a search that is not valid.';
