-- Say what is wrong with a vector that is to be stored, or null.
-- 1,024 bytes for id and namespace leave room in a btree row of 2,704.
create or replace function pgvectorize._vector_problem(
    target     pgvectorize.indexes,
    id         text,
    embedding  @vector@.vector,
    namespace  text,
    metadata   jsonb
)
returns text
language sql
immutable
parallel safe
as $$
    select case
        when coalesce(id, '') = '' then 'id is empty'
        when octet_length(id) > 1024
            then format('id has %s bytes, at most 1024 are allowed', octet_length(id))
        when namespace = '' then 'namespace is empty; leave it out for none'
        when octet_length(namespace) > 1024
            then format('namespace has %s bytes, at most 1024 are allowed', octet_length(namespace))
        when jsonb_typeof(metadata) <> 'object'
            then format('metadata is not an object but %s', jsonb_typeof(metadata))
        when metadata @? E'$.** ? (@.type() == "object").keyvalue().key ? (@ like_regex "^$|^\\\\$|[.\\"]")'
            then 'a metadata key is empty, begins with "$", or contains "." or a double quote'
        else pgvectorize._values_problem(target, embedding)
    end
$$;

comment on function pgvectorize._vector_problem(pgvectorize.indexes, text, @vector@.vector, text, jsonb)
    is 'What is wrong with a vector that is to be stored, or null.';
