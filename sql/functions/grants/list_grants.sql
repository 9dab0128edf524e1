-- Return the owner, and which roles were made writers and readers, ordered by name. Privileges
-- that were granted by hand, without `grant`, are not listed and do not apply to later indexes.
-- The list is read from Postgres' own privileges: from those that only `_grant_catalog` grants.
create or replace function pgvectorize.list_grants()
returns table (role text, access text)
language sql
stable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
    select rolname::text, granted.access
    from (
        select relowner as grantee, 'owner' as access
        from pg_class
        where oid = 'pgvectorize_private.indexes'::regclass
        union all
        select grantee, case when bool_or(attname = 'mutation_id') then 'writer' else 'reader' end
        from pg_attribute
        cross join aclexplode(attacl)
        where (attrelid, attname) in (
            ('pgvectorize_private.indexes'::regclass, 'id'),
            ('pgvectorize_private.mutations'::regclass, 'mutation_id')
        )
        group by grantee
    ) as granted
    join pg_roles on pg_roles.oid = granted.grantee
    order by array_position(array['owner', 'writer', 'reader'], granted.access), rolname collate "C"
$$;

comment on function pgvectorize.list_grants
    is 'The owner, the writers and the readers.';
