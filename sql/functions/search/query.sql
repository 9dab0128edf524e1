-- Return the vectors nearest to a vector, best first, equal scores by id.
-- It returns min(top_k, number of matching vectors) rows, always.
--
-- namespace        only this one; all by default
-- filter           a metadata filter, such as {"price": {"$lt": 100}}
-- return_values    also return the vectors themselves
-- return_metadata  none, indexed (properties with a metadata index) or all
-- ef_search        candidates that the HNSW scan keeps: more is slower and
--                  finds more; by default what tune() found, or 100,
--                  or 200 below 256 dimensions, of which 0.6 with a filter
-- exact            compare with every matching vector instead
-- namespaces       only these; a null among them means the vectors without one
-- exclude_ids      not these vectors
-- min_score        for cosine: only matches with at least this score
-- max_distance     only matches within this distance, which is the score for
--                  euclidean and dot-product, and 1 - score for cosine
-- offset           leave out so many of the best first
-- recall           the share of the true nearest to find: ef_search as tune()
--                  measured it for this index, or an exact search if none suffices
create or replace function pgvectorize.query(
    index            text,
    vector           @vector@.vector,
    top_k            integer default 5,
    namespace        text default null,
    filter           jsonb default null,
    return_values    boolean default false,
    return_metadata  text default 'none',
    ef_search        integer default null,
    exact            boolean default false,
    namespaces       text[] default null,
    exclude_ids      text[] default null,
    min_score        double precision default null,
    max_distance     double precision default null,
    "offset"         integer default 0,
    recall           double precision default null
)
returns setof pgvectorize.match
language plpgsql
stable
parallel unsafe
rows 10
set search_path = pg_catalog, pg_temp
as $$
declare
    target pgvectorize_private.indexes := pgvectorize_private._lock_index(index);
begin
    return query select * from pgvectorize_private._search(
        target, vector, top_k, pgvectorize_private._predicate_sql(target, namespace, filter, namespaces, exclude_ids),
        return_values, return_metadata, ef_search, exact,
        "offset", pgvectorize_private._distance_threshold(target, min_score, max_distance), recall
    );
end;
$$;

comment on function pgvectorize.query
    is 'The vectors nearest to a vector, best first.';
