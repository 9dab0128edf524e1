-- Name the Postgres index of a metadata index. Property names can be longer
-- than a Postgres name, hence the hash; the type is part of the name, so that
-- what is found under it has the expression that belongs to it.
create or replace function pgvectorize_private._metadata_index_name(index_id bigint, property_name text, index_type text)
returns text
language sql
immutable
parallel safe
as $$
    select pgvectorize_private._relation_name(index_id, 'metadata_' || left(md5(property_name), 16) || '_' || index_type)
$$;

comment on function pgvectorize_private._metadata_index_name
    is 'Name of the Postgres index of a metadata index.';
