-- Whether the caller owns a table or is a member of the role that does, and so may create and drop
-- Postgres indexes of it.
create or replace function pgvectorize_private._is_owner(relation regclass)
returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select pg_has_role(relowner, 'usage') from pg_class where oid = relation
$$;

comment on function pgvectorize_private._is_owner
    is 'Whether the caller owns a table.';
