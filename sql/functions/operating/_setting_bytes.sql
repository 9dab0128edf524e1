-- Return a setting that is a size, in bytes.
create or replace function pgvectorize_private._setting_bytes(name text)
returns bigint
language sql
stable
parallel safe
as $$
    select pg_catalog.pg_size_bytes(pg_catalog.current_setting(name))
$$;

comment on function pgvectorize_private._setting_bytes
    is 'A setting that is a size, in bytes.';
