-- Write the expression of an HNSW index, over a stored embedding or over a query vector, by the
-- precision of the index. The HNSW index and the search both use it, so that the planner can match
-- them; no other function may spell it. Under cosine only the direction counts, so float16 holds
-- vectors of length one, whose values never leave its range.
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
        when target.index_precision = 'float16'
            then format('(%s::@vector@.halfvec(%s))', value, target.dimensions)
        else format('(@vector@.binary_quantize(%s)::bit(%s))', value, target.dimensions)
    end
$$;

comment on function pgvectorize_private._hnsw_key_sql
    is 'Expression that an HNSW index is built on.';
