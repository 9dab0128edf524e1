-- Return the message with which Vectorize would refuse a vector, and its error code if it is known; null
-- if Vectorize would accept the vector. The messages are those of the service; `limits()` has the
-- source of each limit.
create or replace function pgvectorize_private._strict_problem(
    target     pgvectorize_private.indexes,
    id         text,
    embedding  @vector@.vector,
    namespace  text,
    metadata   jsonb,
    content    text
)
returns jsonb
language sql
immutable
parallel safe
as $$
    select case
        when octet_length(id) > pgvectorize_private._limit('id_bytes', true)
            then jsonb_build_object('code', 40008, 'message', format(
                'id too long; max is %s bytes, got %s bytes',
                pgvectorize_private._limit('id_bytes', true), octet_length(id)
            ))
        when octet_length(namespace) > pgvectorize_private._limit('namespace_bytes', true)
            then jsonb_build_object('message', format(
                'namespace too long; max is %s bytes, got %s bytes',
                pgvectorize_private._limit('namespace_bytes', true), octet_length(namespace)
            ))
        when content is not null then jsonb_build_object('message', 'Vectorize has no content')
        when coalesce(@vector@.vector_dims(embedding), 0) <> target.dimensions
            then jsonb_build_object('code', 40012, 'message', format(
                'invalid vector for id="%s", expected %s dimensions, and got %s dimensions',
                id, target.dimensions, coalesce(@vector@.vector_dims(embedding), 0)
            ))
        when pgvectorize_private._compact_json_bytes(metadata)
            > pgvectorize_private._limit('metadata_bytes', true)
            then jsonb_build_object('code', 40016, 'message', format(
                'oversized metadata for vector id="%s"; the compact JSON representation of the metadata'
                ' must not exceed %s bytes, got %s bytes',
                id, pgvectorize_private._limit('metadata_bytes', true),
                pgvectorize_private._compact_json_bytes(metadata)
            ))
    end
$$;

comment on function pgvectorize_private._strict_problem
    is 'The error with which Vectorize would refuse a vector, or null.';
