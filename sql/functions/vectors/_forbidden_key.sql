-- Return a key of a metadata object, at any depth, that no filter could name, or null: an empty one, one that
-- begins with "$", or one that contains "." or a double quote.
create or replace function pgvectorize_private._forbidden_key(metadata jsonb)
returns jsonb
language sql
immutable
parallel safe
as $$
    select jsonb_path_query_first(
        metadata, E'$.** ? (@.type() == "object").keyvalue().key ? (@ like_regex "^$|^\\\\$|[.\\"]")'
    )
$$;

comment on function pgvectorize_private._forbidden_key
    is 'A key of a metadata object that no filter could name, or null.';
