-- Name the operator class of an HNSW index, by its precision and its metric.
create or replace function pgvectorize_private._hnsw_opclass(target pgvectorize_private.indexes)
returns text
language sql
immutable
parallel safe
as $$
    select case target.index_precision
        when 'float32' then 'vector_' || (pgvectorize_private._metric(target.metric)).opclass
        when 'float16' then 'halfvec_' || (pgvectorize_private._metric(target.metric)).opclass
        else 'bit_hamming_ops'
    end
$$;

comment on function pgvectorize_private._hnsw_opclass
    is 'Operator class of an HNSW index.';
