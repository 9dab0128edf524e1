-- Revoke from a role everything that `grant` gives. What the owner had belongs to the caller from
-- now on. A role that has nothing is not an error. A role that is an owner as a member of another
-- role is refused: only `revoke … from …` between the two roles can end that.
create or replace function pgvectorize.revoke(role text)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    owner text := pgvectorize_private._lock_grants();
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

comment on function pgvectorize.revoke
    is 'Revoke from a role everything that grant gives.';
