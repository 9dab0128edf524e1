-- Return the vectors nearest to a vector, best first, equal scores by id.
-- It returns min(top_k, number of matching vectors) rows, always.
--
-- namespace        only this one; all by default
-- filter           a metadata filter, such as {"price": {"$lt": 100}}
-- return_values    also return the vectors themselves
-- return_metadata  none, indexed (properties with a metadata index) or all
-- ef_search        candidates that the HNSW scan keeps: more is slower and
--                  finds more; 100 by default
-- exact            compare with every matching vector instead
create or replace function pgvectorize.query(
    index            text,
    vector           @vector@.vector,
    top_k            integer default 5,
    namespace        text default null,
    filter           jsonb default null,
    return_values    boolean default false,
    return_metadata  text default 'none',
    ef_search        integer default null,
    exact            boolean default false
)
returns setof pgvectorize.match
language plpgsql
stable
parallel unsafe
set search_path = pg_catalog, pg_temp
as $$
declare
    target pgvectorize.indexes := pgvectorize._index(index);
begin
    return query select * from pgvectorize._search(
        target, vector, top_k, pgvectorize._predicate_sql(target, namespace, filter),
        return_values, return_metadata, ef_search, exact
    );
end;
$$;

comment on function pgvectorize.query(text, @vector@.vector, integer, text, jsonb, boolean, text, integer, boolean)
    is 'The vectors nearest to a vector, best first.';
