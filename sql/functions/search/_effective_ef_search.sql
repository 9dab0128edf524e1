-- Return how many candidates an HNSW scan keeps (hnsw.ef_search): the number that the caller gives, or the
-- one that `tune` found for this index, or a default; never fewer than the matches wanted.
--
-- The default is 100. With 100, recall@10 is 0.99 on WordNet (384 dimensions). On GloVe (100 dimensions)
-- 0.95 needs 200, so this is the default below 256 dimensions. With a filter the default is 0.6 of
-- that, because then the scan goes on by itself until it has enough rows. `_ef_search_growth` says
-- by how much the default grows with the vectors. A binary HNSW index knows
-- only the signs, so it needs many candidates for each match: with 384 dimensions, recall@10 is 0.95
-- with 100 candidates and 0.98 with 200.
create or replace function pgvectorize_private._effective_ef_search(
    target       pgvectorize_private.indexes,
    ef_search    integer,
    depth        integer,
    is_filtered  boolean,
    growth       double precision
)
returns integer
language sql
immutable
parallel safe
as $$
    select least(
        greatest(
            coalesce(
                ef_search,
                target.ef_search,
                growth * case when target.dimensions < 256 then 200 else 100 end
                    * case when is_filtered then 0.6 else 1 end
            ),
            case
                when target.index_precision <> 'binary' or coalesce(ef_search, target.ef_search) is not null
                    then depth
                when target.dimensions < 768 then 20 * depth
                else 10 * depth
            end
        ),
        pgvectorize_private._limit('ef_search', false)
    )::integer
$$;

comment on function pgvectorize_private._effective_ef_search
    is 'How many candidates an HNSW scan keeps.';
