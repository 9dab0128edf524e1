-- Name the Postgres index of a metadata index. A property name can be longer than a Postgres name,
-- so the name has a hash of it. The type is part of the name, so that a Postgres index of this
-- name always has the expression of that type.
create or replace function pgvectorize_private._metadata_index_name(
    index_id       bigint,
    property_name  text,
    index_type     text
)
returns text
language sql
immutable
parallel safe
as $$
    select pgvectorize_private._relation_name(
        index_id, 'metadata_' || left(md5(property_name), 16) || '_' || index_type
    )
$$;

comment on function pgvectorize_private._metadata_index_name
    is 'Name of the Postgres index of a metadata index.';
