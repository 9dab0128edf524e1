-- The namespaces of an index that have an HNSW index of their own, or had one until `drop_hnsw`.
create or replace function pgvectorize_private._namespaces_with_hnsw(target pgvectorize_private.indexes)
returns text[]
language sql
stable
parallel safe
as $$
    select array(
        select indexes.namespace
        from pgvectorize_private.namespace_indexes as indexes
        where indexes.index_id = target.id
        order by indexes.namespace
    )
$$;

comment on function pgvectorize_private._namespaces_with_hnsw
    is 'The namespaces with an HNSW index of their own.';
