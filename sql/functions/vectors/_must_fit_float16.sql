-- Whether the values of an index must fit float16: the table stores float16, or the HNSW index
-- holds float16 of the values themselves. Under cosine it holds directions, which always fit.
create or replace function pgvectorize_private._must_fit_float16(target pgvectorize_private.indexes)
returns boolean
language sql
immutable
parallel safe
as $$
    select target.storage = 'float16'
        or target.wants_hnsw and target.index_precision = 'float16' and target.metric <> 'cosine'
$$;

comment on function pgvectorize_private._must_fit_float16
    is 'Whether the values of an index must fit float16.';
