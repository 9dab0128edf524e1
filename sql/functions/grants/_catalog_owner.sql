-- The owner: the role that owns the catalog.
create or replace function pgvectorize_private._catalog_owner()
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select pg_get_userbyid(relowner) from pg_class where oid = 'pgvectorize_private.indexes'::regclass
$$;

comment on function pgvectorize_private._catalog_owner
    is 'The role that owns everything.';
