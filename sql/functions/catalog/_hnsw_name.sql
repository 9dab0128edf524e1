-- Name the HNSW index of all vectors of an index.
create or replace function pgvectorize_private._hnsw_name(index_id bigint)
returns text
language sql
immutable
parallel safe
as $$
    select pgvectorize_private._relation_name(index_id, 'embedding_hnsw')
$$;

comment on function pgvectorize_private._hnsw_name
    is 'Name of the HNSW index of all vectors of an index.';
