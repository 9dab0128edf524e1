-- Choose how many candidates an HNSW scan keeps (hnsw.ef_search): what the caller
-- says, else what `tune` found for this index, else 100; never fewer than wanted.
-- A binary graph knows only the signs, so its nearest are many times as many:
-- recall@10 on real embeddings of 384 dimensions is 0.95 at 100 and 0.98 at 200.
create or replace function pgvectorize._breadth(target pgvectorize.indexes, ef_search integer, depth integer)
returns integer
language sql
immutable
parallel safe
as $$
    select least(
        greatest(
            coalesce(ef_search, target.ef_search, 100),
            case
                when target.index_precision <> 'binary' or ef_search is not null or target.ef_search is not null then depth
                when target.dimensions < 768 then 20 * depth
                else 10 * depth
            end
        ),
        pgvectorize._limit('ef_search', false)
    )::integer
$$;

comment on function pgvectorize._breadth(pgvectorize.indexes, integer, integer)
    is 'How many candidates an HNSW scan keeps.';
