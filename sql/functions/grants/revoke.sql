-- Revoke from a role everything that `grant` gives. What the owner had belongs to the caller from
-- now on. A role that has nothing is not an error. A role that is an owner as a member of another
-- role is refused: only `revoke … from …` between the two roles can end that.
create or replace function pgvectorize.revoke(role text)
returns void
language sql
volatile
set search_path = pg_catalog, pg_temp
as $$
    select pgvectorize_private._change_access(role, null)
$$;

comment on function pgvectorize.revoke
    is 'Revoke from a role everything that grant gives.';
