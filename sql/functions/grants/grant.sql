-- Give a role access to all indexes, those that exist and those to come.
--
-- access  reader: everything that only reads: search, get, list, count, export, recall without `store`.
--         writer: that, and insert, upsert, update_metadata, the deletes and truncate. owner:
--         everything, such as create_index, build, tune, migrate and grant; everything belongs to
--         this role from now on
--
-- A role has one of the three. Another grant replaces it; the same grant again restores what is
-- missing. Only the owner, a member of it or a superuser may grant.
--
-- There is one owner. To have several, grant it to a role of which they are members: what one of
-- them creates belongs to that role, and so to all of them. An owner that is not a member of the
-- next owner would lose everything, so that is refused. A role that is not a superuser can give
-- ownership only to a role of which it is a member.
create or replace function pgvectorize.grant(role text, access text)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    owner         text := pgvectorize_private._lock_grants();
    vector_schema text;
begin
    if access is null or access not in ('owner', 'writer', 'reader') then
        perform pgvectorize_private._refuse_request(
            format('access "%s" is not known', left(access, 64)),
            pgvectorize_private._suggest_word(access, array['owner', 'writer', 'reader'])
        );
    elsif not exists (select from pg_roles where rolname = role) then
        perform pgvectorize_private._refuse_request(
            format('role "%s" does not exist', role), format('Create it first: create role %I', role)
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
        where known.role = "grant".role and known.access <> "grant".access
    ) then
        perform pgvectorize_private._revoke_everything(role);
    end if;
    if access = 'owner' then
        perform pgvectorize_private._transfer_ownership(role);
    else
        perform pgvectorize_private._grant_catalog(role, access);
    end if;
    perform pgvectorize_private._reapply_grants();
    if access <> 'reader' and not has_database_privilege(role, current_database(), 'temporary') then
        raise warning 'role "%" may not create temporary tables, which its large writes need', role using
            hint = format(
                'The owner of the database can run: grant temporary on database %I to %I',
                current_database(), role
            );
    end if;
end;
$$;

comment on function pgvectorize.grant
    is 'Make a role the owner, a writer or a reader.';
