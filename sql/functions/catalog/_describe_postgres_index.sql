-- Say in words what a Postgres index of an index's table is.
create or replace function pgvectorize_private._describe_postgres_index(
    target      pgvectorize_private.indexes,
    index_name  text
)
returns text
language sql
stable
parallel safe
as $$
    select coalesce(
        case index_name
            when pgvectorize_private._hnsw_name(target.id) then 'the HNSW index'
            when pgvectorize_private._relation_name(target.id, 'namespace_id_idx')
                then 'the index on namespaces'
            when pgvectorize_private._relation_name(target.id, 'pending_idx')
                then 'the index on pending vectors'
            when pgvectorize_private._relation_name(target.id, 'id_pkey') then 'the index on ids'
        end,
        (
            select format('the HNSW index of namespace "%s"', indexes.namespace)
            from pgvectorize_private.namespace_indexes as indexes
            where indexes.index_id = target.id
                and pgvectorize_private._namespace_hnsw_name(target.id, indexes.namespace) = index_name
        ),
        (
            select format('the metadata index of "%s"', indexes.property_name)
            from pgvectorize_private.metadata_indexes as indexes
            where indexes.index_id = target.id
                and pgvectorize_private._metadata_index_name(
                    target.id, indexes.property_name, indexes.index_type
                ) = index_name
        ),
        format('index "%s"', index_name)
    )
$$;

comment on function pgvectorize_private._describe_postgres_index
    is 'What a Postgres index of an index''s table is, in words.';
