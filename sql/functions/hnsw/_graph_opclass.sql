-- Name the operator class of an HNSW index, as its precision and metric want it.
create or replace function pgvectorize._graph_opclass(target pgvectorize.indexes)
returns text
language sql
immutable
parallel safe
as $$
    select case target.index_precision
        when 'float32' then 'vector_' || (pgvectorize._metric(target.metric)).opclass
        when 'float16' then 'halfvec_' || (pgvectorize._metric(target.metric)).opclass
        else 'bit_hamming_ops'
    end
$$;

comment on function pgvectorize._graph_opclass(pgvectorize.indexes)
    is 'Operator class of an HNSW index.';
