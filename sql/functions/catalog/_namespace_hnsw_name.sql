-- Name the HNSW index of a namespace. A namespace can be longer than a Postgres name, so the name
-- has a hash of it.
create or replace function pgvectorize_private._namespace_hnsw_name(index_id bigint, namespace text)
returns text
language sql
immutable
parallel safe
as $$
    select pgvectorize_private._relation_name(index_id, 'namespace_' || left(md5(namespace), 16) || '_hnsw')
$$;

comment on function pgvectorize_private._namespace_hnsw_name
    is 'Name of the HNSW index of a namespace.';
