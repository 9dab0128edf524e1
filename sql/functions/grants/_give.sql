-- Give a role both schemas and the catalog with its types and functions; `_settle` then
-- sees to the indexes. Nothing happens where that is so already. The schemas come first:
-- who is to own what is in one must be able to create in it.
create or replace function pgvectorize._give(role text)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    new_owner constant oid := (select oid from pg_roles where rolname = role);
    given     text;
begin
    for given in
        select format('schema %I', nspname) from pg_namespace
        where nspname in ('pgvectorize', 'pgvectorize_data') and nspowner <> new_owner
    loop
        execute format('alter %s owner to %I', given, role);
    end loop;
    for given in
        select format('%s %s', case relkind when 'c' then 'type' else 'table' end, oid::regclass) from pg_class
        where relnamespace = 'pgvectorize'::regnamespace and relkind in ('r', 'c') and relowner <> new_owner
        union all
        select format('function %s', oid::regprocedure) from pg_proc
        where pronamespace = 'pgvectorize'::regnamespace and proowner <> new_owner
    loop
        execute format('alter %s owner to %I', given, role);
    end loop;
end;
$$;

comment on function pgvectorize._give(text)
    is 'Give a role the schemas and the catalog.';
