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
begin
    if access is null or access not in ('owner', 'writer', 'reader') then
        perform pgvectorize_private._refuse_request(
            format('access "%s" is not known', left(access, 64)),
            pgvectorize_private._suggest_word(access, array['owner', 'writer', 'reader'])
        );
    end if;
    perform pgvectorize_private._change_access(role, access);
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
