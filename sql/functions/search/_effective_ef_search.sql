-- Choose how many candidates an HNSW scan keeps (hnsw.ef_search): what the caller
-- says, else what `tune` found for this index, else a default, never fewer than wanted.
--
-- The default is 100, with which recall@10 on WordNet (384 dimensions) is 0.99; on GloVe
-- (100 dimensions) that takes twice as many for 0.95, so below 256 dimensions it is 200.
-- A binary graph knows only the signs, so its nearest are many times as many: recall@10
-- on real embeddings of 384 dimensions is 0.95 at 100 and 0.98 at 200. With a filter it
-- is 0.6 of that: there the scan goes on by itself until it has enough.
create or replace function pgvectorize_private._effective_ef_search(
    target       pgvectorize_private.indexes,
    ef_search    integer,
    depth        integer,
    is_filtered  boolean default false
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
                case when target.dimensions < 256 then 200 else 100 end * case when is_filtered then 0.6 else 1 end
            ),
            case
                when target.index_precision <> 'binary' or ef_search is not null or target.ef_search is not null then depth
                when target.dimensions < 768 then 20 * depth
                else 10 * depth
            end
        ),
        pgvectorize_private._limit('ef_search', false)
    )::integer
$$;

comment on function pgvectorize_private._effective_ef_search
    is 'How many candidates an HNSW scan keeps.';
