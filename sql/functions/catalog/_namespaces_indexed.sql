-- The namespaces of an index that have, or want, an HNSW index of their own.
create or replace function pgvectorize._namespaces_indexed(target pgvectorize.indexes)
returns text[]
language sql
stable
parallel safe
as $$
    select array(
        select indexes.namespace
        from pgvectorize.namespace_indexes as indexes
        where indexes.index_id = target.id
        order by indexes.namespace
    )
$$;

comment on function pgvectorize._namespaces_indexed(pgvectorize.indexes)
    is 'The namespaces that have an HNSW index of their own.';
