-- Return what `doctor` finds about one index.
--
-- is_changed  another session builds a Postgres index of its table, or vacuums it
create or replace function pgvectorize_private._doctor_index(
    target      pgvectorize_private.indexes,
    is_changed  boolean
)
returns setof pgvectorize.finding
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    begin  -- nobody may drop the table while it is examined
        perform pgvectorize_private._lock_table(target, 'access share', 'nowait');
    exception
    when lock_not_available then
        return next pgvectorize_private._finding(
            'notice', 'locked', target.name, 'Another session changes or builds it, so it was not examined.'
        );
        return;
    when sqlstate 'PV001' then
        if pgvectorize_private._is_table_missing(target) then
            return next pgvectorize_private._finding(
                'error', 'table_missing', target.name, 'Its table is missing: somebody dropped it.',
                action => 'delete_index', arguments => jsonb_build_object('name', target.name)
            );
        end if;
        return;
    when insufficient_privilege then
        null;  -- see below
    end;
    if not coalesce(has_table_privilege(target.relation, 'select'), false) then
        return next pgvectorize_private._finding(
            'notice', 'table_not_seen', target.name,
            format('Role "%s" may not read its table, so it was not examined.', current_user),
            format('grant select on %s to %I;', target.relation, current_user)
        );
    else
        return query
        select found.* from pgvectorize_private._doctor_structure(target, is_changed) as found
        union all
        select found.* from pgvectorize_private._doctor_unused_indexes(target) as found
        union all
        select found.* from pgvectorize_private._doctor_statistics(target) as found
        union all
        select found.* from pgvectorize_private._doctor_metadata(target) as found
        union all
        select found.* from pgvectorize_private._doctor_bloat(target) as found
        union all
        select found.* from pgvectorize_private._doctor_build_memory(target) as found;
    end if;
end;
$$;

comment on function pgvectorize_private._doctor_index
    is 'What doctor finds about one index.';
