-- Return what is wrong with a vector to be stored, or null. An id and a namespace of 1,024 bytes each fit
-- together into a btree row of 2,704 bytes.
create or replace function pgvectorize_private._vector_problem(
    target     pgvectorize_private.indexes,
    id         text,
    embedding  @vector@.vector,
    namespace  text,
    metadata   jsonb,
    content    text
)
returns text
language sql
immutable
parallel safe
as $$
    select case
        when coalesce(id, '') = '' then 'id is empty'
        when octet_length(id) > pgvectorize_private._limit('id_bytes', false) then format(
            'id has %s bytes, at most %s are allowed',
            octet_length(id), pgvectorize_private._limit('id_bytes', false)
        )
        when namespace = '' then 'namespace is empty; leave it out for none'
        when octet_length(namespace) > pgvectorize_private._limit('namespace_bytes', false) then format(
            'namespace has %s bytes, at most %s are allowed',
            octet_length(namespace), pgvectorize_private._limit('namespace_bytes', false)
        )
        when octet_length(content) > pgvectorize_private._limit('content_bytes', false) then format(
            'content has %s bytes, at most %s are allowed',
            octet_length(content), pgvectorize_private._limit('content_bytes', false)
        )
        when embedding is null and coalesce(content, '') = '' then 'values and content are missing'
        else coalesce(
            pgvectorize_private._metadata_problem(metadata),
            case
                when embedding is not null then pgvectorize_private._values_problem(target, embedding)
            end
        )
    end
$$;

comment on function pgvectorize_private._vector_problem
    is 'What is wrong with a vector to be stored, or null.';
