-- Answer many queries in one call: the matches of vectors[n] carry `query` = n,
-- counted from 1, in that order. The options hold for all of them.
create or replace function pgvectorize.query_many(
    index            text,
    vectors          @vector@.vector[],
    top_k            integer default 5,
    namespace        text default null,
    filter           jsonb default null,
    return_values    boolean default false,
    return_metadata  text default 'none',
    ef_search        integer default null,
    exact            boolean default false
)
returns setof pgvectorize.numbered_match
language plpgsql
stable
parallel unsafe
set search_path = pg_catalog, pg_temp
as $$
declare
    target    pgvectorize.indexes := pgvectorize._index(index);
    predicate text := pgvectorize._predicate_sql(target, namespace, filter);
begin
    for number in 1 .. coalesce(cardinality(vectors), 0) loop
        return query select number, match.* from pgvectorize._search(
            target, vectors[number], top_k, predicate, return_values, return_metadata, ef_search, exact
        ) as match;
    end loop;
end;
$$;

comment on function pgvectorize.query_many(text, @vector@.vector[], integer, text, jsonb, boolean, text, integer, boolean)
    is 'The vectors nearest to each of many vectors.';
