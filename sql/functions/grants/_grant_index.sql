-- Give an index, its table and its function, to the owner, and grant them to writers and readers.
-- Only what is missing is granted: a grant writes to Postgres' catalog, where it can conflict with
-- a vacuum. If the caller is not a member of the owner, the index stays the caller's own.
create or replace function pgvectorize_private._grant_index(target pgvectorize_private.indexes)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    own_function constant regprocedure := to_regprocedure(
        format(
            'pgvectorize_data.%I(@vector@.vector, integer, boolean, text, jsonb, text[], boolean)', target.name
        )
    );
    known        record;
    wanted       text[];
begin
    if not pgvectorize_private._is_owner(target.relation) then
        return;
    end if;
    for known in
        select grants.role, grants.access, pg_roles.oid
        from pgvectorize.list_grants() as grants
        join pg_roles on pg_roles.rolname = grants.role
    loop
        if known.access = 'owner' then
            exit when not pg_has_role(known.oid, 'set');
            if (select relowner from pg_class where oid = target.relation) <> known.oid then
                perform pgvectorize_private._lock_for_build(target);
                execute format('alter table %s owner to %I', target.relation, known.role);
            end if;
            if (select proowner from pg_proc where oid = own_function) <> known.oid then
                execute format('alter function %s owner to %I', own_function, known.role);
            end if;
            continue;
        end if;

        select array_agg(privilege) into wanted
        from unnest(
            case known.access
                when 'writer' then array['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']
                else array['SELECT']
            end
        ) as privileges (privilege)
        where privilege not in (
            select privilege_type from pg_class cross join aclexplode(relacl)
            where pg_class.oid = target.relation and grantee = known.oid
        );
        if wanted is not null then
            execute format(
                'grant %s on %s to %I', array_to_string(wanted, ', '), target.relation, known.role
            );
        end if;
        if not has_function_privilege(known.oid, own_function, 'execute') then
            execute format('grant execute on function %s to %I', own_function, known.role);
        end if;
    end loop;
end;
$$;

comment on function pgvectorize_private._grant_index
    is 'Give an index to the owner, and let writers and readers in.';
