-- Return what `doctor` finds of one index.
create or replace function pgvectorize_private._doctor_index(target pgvectorize_private.indexes)
returns table (severity text, code text, finding text, mend text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
    begin  -- so that it stays while it is looked at
        perform pgvectorize_private._lock_table(target, 'access share', 'nowait');
    exception
    when lock_not_available then
        return query select
            'notice', 'locked', 'Another session changes or builds it, so it was not looked at.', null;
        return;
    when sqlstate 'PV001' then
        if pgvectorize_private._is_in_catalog(target) then
            return query select
                'error', 'table_missing', 'Its table is not there: somebody dropped it.',
                format('pgvectorize delete %s --force', target.name);
        end if;
        return;
    when insufficient_privilege then
        null;  -- see below
    end;
    if not coalesce(has_table_privilege(target.relation, 'select'), false) then
        return query select
            'notice', 'table_not_seen', format('Role "%s" may not read its table, so it was not looked at.', current_user),
            format('grant select on %s to %I;', target.relation, current_user);
    else
        return query
        select found.severity, found.code, found.finding, found.mend from pgvectorize_private._doctor_structure(target) as found
        union all
        select found.severity, found.code, found.finding, found.mend from pgvectorize_private._doctor_unused_indexes(target) as found
        union all
        select found.severity, found.code, found.finding, found.mend from pgvectorize_private._doctor_statistics(target) as found
        union all
        select found.severity, found.code, found.finding, found.mend from pgvectorize_private._doctor_bloat(target) as found
        union all
        select found.severity, found.code, found.finding, found.mend from pgvectorize_private._doctor_build_memory(target) as found;
    end if;
end;
$$;

comment on function pgvectorize_private._doctor_index
    is 'What doctor finds of one index.';
