-- Give a role the schemas and the catalog with its types and functions; `_reapply_grants` then
-- gives it the indexes. What the role owns already is skipped. The schemas come first: a role must
-- be able to create in a schema to own what is in it.
create or replace function pgvectorize_private._transfer_ownership(role text)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    schemas   constant regnamespace[] := array['pgvectorize', 'pgvectorize_private'];
    new_owner constant oid := (select oid from pg_roles where rolname = role);
    given     text;
begin
    for given in
        select format('schema %I', nspname) from pg_namespace
        where nspname in ('pgvectorize', 'pgvectorize_private', 'pgvectorize_data') and nspowner <> new_owner
    loop
        execute format('alter %s owner to %I', given, role);
    end loop;
    for given in
        select format('%s %s', case relkind when 'c' then 'type' else 'table' end, oid::regclass)
        from pg_class
        where relnamespace = any (schemas) and relkind in ('r', 'c') and relowner <> new_owner
        union all
        select format('function %s', oid::regprocedure) from pg_proc
        where pronamespace = any (schemas) and proowner <> new_owner
    loop
        execute format('alter %s owner to %I', given, role);
    end loop;
end;
$$;

comment on function pgvectorize_private._transfer_ownership
    is 'Give a role the schemas and the catalog.';
