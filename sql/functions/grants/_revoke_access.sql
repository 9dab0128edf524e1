-- Revoke from a role what `grant` gives, for `revoke`. The caller has locked the catalog.
create or replace function pgvectorize_private._revoke_access(role text)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    owner text := pgvectorize_private._catalog_owner();
begin
    if not exists (select from pg_roles where rolname = role) then
        perform pgvectorize_private._refuse_request(
            format('role "%s" does not exist', role), 'List the grants to see which exist.'
        );
    elsif role = owner and role = current_user then
        perform pgvectorize_private._refuse_request(
            format('role "%s" is the owner, and no other role would own everything', role),
            'Revoke it as another member of that role, or as a superuser.'
        );
    elsif role = owner then
        perform pgvectorize_private._transfer_ownership(current_user);
        perform pgvectorize_private._reapply_grants();
    else
        perform pgvectorize_private._revoke_everything(role);
        if pg_has_role(role, owner, 'usage') and not (select rolsuper from pg_roles where rolname = role) then
            perform pgvectorize_private._refuse_request(
                format('role "%s" is an owner as a member of "%s"', role, owner),
                format('Run: revoke %I from %I', owner, role)
            );
        end if;
    end if;
end;
$$;

comment on function pgvectorize_private._revoke_access
    is 'Revoke from a role what `grant` gives.';
