-- Return the vectors nearest to a vector, best first. Equal scores are ordered by id. It always returns
-- min(top_k, number of matching vectors) rows. Pending vectors, which have no values yet, never match.
--
-- namespace        only vectors of this namespace; by default all of them
-- filter           a metadata filter, such as {"price": {"$lt": 100}}
-- return_values    also return the values of each match
-- return_metadata  none, indexed (properties with a metadata index) or all
-- return_content   also return the content of each match
-- ef_search        how many candidates the HNSW scan keeps: a higher number finds more and is slower. The
--                  default is what tune() found; otherwise 100, or 200 below 256 dimensions, more from
--                  300,000 vectors on, and 0.6 of that with a filter
-- exact            compare with every matching vector instead
-- namespaces       only vectors of these namespaces; a null means the vectors without a namespace
-- exclude_ids      no vectors with these ids
-- min_score        only matches with at least this score, for the metric cosine
-- max_distance     only matches within this distance, which is the score for euclidean and dot-product, and
--                  1 - score for cosine
-- offset           skip this number of matches, to read an answer page by page. The pages fit together up to
--                  ef_search, which must be the same for each, or with exact. Other pages are refused: with
--                  a filter, and beyond ef_search
-- recall           the share of the true nearest vectors to find: uses the ef_search that reached it when
--                  tune() measured this index, or an exact search if none did
--
-- An answer has at most 1 GB. Postgres refuses a larger one: "array size exceeds the maximum allowed". Then ask
-- for fewer matches, or for no metadata, and get what you need by id.
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
    recall           double precision default null,
    return_content   boolean default false
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
        target, vector, top_k,
        pgvectorize_private._predicate_sql(target, namespace, filter, namespaces, exclude_ids),
        return_values, return_metadata, ef_search, exact,
        "offset", pgvectorize_private._distance_threshold(target, min_score, max_distance), recall,
        return_content => return_content
    );
end;
$$;

comment on function pgvectorize.query
    is 'The vectors nearest to a vector, best first.';
