-- Revoke from a role what `_grant_catalog` and `_grant_index` granted.
create or replace function pgvectorize_private._revoke_everything(role text)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    relation regclass;
begin
    for relation in  -- not `all tables in schema`: others may have tables of their own there
        select class.oid
        from pg_class as class
        where class.relnamespace in ('pgvectorize_private'::regnamespace, 'pgvectorize_data'::regnamespace)
            and class.relkind in ('r', 'p', 'v', 'm', 'f') and pg_has_role(class.relowner, 'usage')
            and class.oid::regclass::text <> class.oid::text  -- not dropped since the snapshot
    loop
        execute format('revoke all on %s from %I', relation, role);
    end loop;
    execute format('revoke all on all functions in schema pgvectorize, pgvectorize_private, pgvectorize_data '
        'from %I', role);
    execute format('revoke all on schema pgvectorize, pgvectorize_private, pgvectorize_data from %I', role);
end;
$$;

comment on function pgvectorize_private._revoke_everything
    is 'Revoke everything from a role.';
