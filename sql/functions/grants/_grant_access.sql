-- Give a role access to all indexes, for `grant`. The caller has locked the catalog.
create or replace function pgvectorize_private._grant_access(role text, access text)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    owner         text := pgvectorize_private._catalog_owner();
    vector_schema text;
begin
    if not exists (select from pg_roles where rolname = role) then
        perform pgvectorize_private._refuse_request(
            format('role "%s" does not exist', role),
            'Create it first' || coalesce(': create role ' || quote_ident(role), '.')
        );
    end if;
    select extnamespace::regnamespace into vector_schema from pg_extension where extname = 'vector';
    if not has_schema_privilege(role, vector_schema::regnamespace, 'usage') then
        perform pgvectorize_private._refuse_request(
            format('role "%s" may not use schema %s, which contains pgvector', role, vector_schema),
            format('The owner of that schema must run: grant usage on schema %s to %I', vector_schema, role)
        );
    end if;

    if role = owner and access <> 'owner' then
        perform pgvectorize_private._refuse_with_action(
            format('role "%s" is the owner', role), 'Revoke that first:',
            action => 'revoke', arguments => jsonb_build_object('role', role)
        );
    elsif access = 'owner' and not pg_has_role(owner, role, 'usage') then
        perform pgvectorize_private._refuse_request(
            format('the owner "%s" would lose everything', owner),
            format(
                'Revoke it from "%s" first, or grant it to a role of which both are members: '
                'create role vectors; grant vectors to %I, %I', owner, owner, role
            )
        );
    end if;

    if role <> owner and exists (
        select from pgvectorize.list_grants() as known
        where known.role = _grant_access.role and known.access <> _grant_access.access
    ) then
        perform pgvectorize_private._revoke_everything(role);
    end if;
    if access = 'owner' then
        perform pgvectorize_private._transfer_ownership(role);
    else
        perform pgvectorize_private._grant_catalog(role, access);
    end if;
    perform pgvectorize_private._reapply_grants();
end;
$$;

comment on function pgvectorize_private._grant_access
    is 'Give a role access to all indexes.';
