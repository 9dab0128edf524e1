-- Give everything to the owner, whoever created it, and give writers and readers what they need:
-- after a migration, which may have added to the catalog, and after a grant.
create or replace function pgvectorize_private._reapply_grants()
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    known record;
begin
    for known in select role, access from pgvectorize.list_grants() loop
        if known.access = 'owner' then
            perform pgvectorize_private._transfer_ownership(known.role);
        else
            perform pgvectorize_private._grant_catalog(known.role, known.access);
        end if;
    end loop;
    perform pgvectorize_private._grant_index(target)
    from pgvectorize_private.indexes as target
    where target.relation::text <> target.relation::oid::text;  -- not deleted since the snapshot
end;
$$;

comment on function pgvectorize_private._reapply_grants
    is 'Give the owner, writers and readers what they need.';
