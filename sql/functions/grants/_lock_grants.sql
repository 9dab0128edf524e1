-- Refuse a caller that may not grant. Until the transaction ends, nobody else grants or creates an
-- index, which would not get what is being granted. Return the owner: the role that owns the
-- catalog.
create or replace function pgvectorize_private._lock_grants()
returns text
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    owner text := (
        select pg_get_userbyid(relowner) from pg_class where oid = 'pgvectorize_private.indexes'::regclass
    );
begin
    if not pg_has_role(owner, 'usage') then
        raise exception 'only the owner, "%", may grant and revoke, not "%"', owner, current_user
            using errcode = 'insufficient_privilege',
                  hint = 'Connect as that role, a member of it, or a superuser.';
    end if;
    lock table pgvectorize_private.indexes in share row exclusive mode;
    return owner;
end;
$$;

comment on function pgvectorize_private._lock_grants
    is 'Refuse whoever may not grant; return the owner.';
