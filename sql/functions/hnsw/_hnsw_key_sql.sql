-- Write the expression that an HNSW index is built on, of a stored embedding or of
-- a query vector: what the index's precision makes of it. Index and search both use
-- it, so that the planner can match the two; nothing else may spell it. Under cosine
-- only the direction counts: vectors of length one never leave the range of float16.
create or replace function pgvectorize_private._hnsw_key_sql(target pgvectorize_private.indexes, value text)
returns text
language sql
immutable
parallel safe
as $$
    select case
        when target.index_precision = target.storage then value
        when target.index_precision = 'float16' and target.metric = 'cosine'
            then format('(@vector@.l2_normalize(%s)::@vector@.halfvec(%s))', value, target.dimensions)
        when target.index_precision = 'float16' then format('(%s::@vector@.halfvec(%s))', value, target.dimensions)
        else format('(@vector@.binary_quantize(%s)::bit(%s))', value, target.dimensions)
    end
$$;

comment on function pgvectorize_private._hnsw_key_sql
    is 'Expression that an HNSW index is built on.';
