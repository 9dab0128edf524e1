-- Name the HNSW index of a namespace. Namespaces can be longer than a Postgres name,
-- hence the hash.
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
