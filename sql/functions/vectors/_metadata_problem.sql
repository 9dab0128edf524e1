-- Return what is wrong with the metadata of a vector to be stored, or null.
create or replace function pgvectorize_private._metadata_problem(metadata jsonb)
returns text
language sql
immutable
parallel safe
as $$
    select case
        when jsonb_typeof(metadata) <> 'object'
            then format('metadata is not an object but %s', jsonb_typeof(metadata))
        when metadata @? E'$.** ? (@.type() == "object").keyvalue().key ? (@ like_regex "^$|^\\\\$|[.\\"]")'
            then 'a metadata key is empty, begins with "$", or contains "." or a double quote'
    end
$$;

comment on function pgvectorize_private._metadata_problem
    is 'What is wrong with the metadata of a vector to be stored, or null.';
