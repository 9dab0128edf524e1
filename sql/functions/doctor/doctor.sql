-- Return what is wrong with one index or with all, and with the server for them, the worst
-- first, each with the command that mends it.
--
-- severity  error: something does not work; warning: it is slow, or will be; notice: worth
--           knowing
-- code      what kind of finding, which stays the same
-- name      the index; null where it is about the server or the database
-- finding   what was found, and what it should be
-- mend      the command: one of `pgvectorize`, SQL that ends with ";", or one of the server's
--           shell; null where none would
--
-- It changes nothing and takes no rights but to read; what it may not see is a finding, too.
-- It counts small tables, reads a sample of each large one, and looks at a build or a
-- vacuum that is running without waiting for it. What keeps a library from working with a
-- database, such as a schema that is behind, is found by `pgvectorize doctor`.
create or replace function pgvectorize.doctor(index text default null)
returns table (
    severity  text,
    code      text,
    name      text,
    finding   text,
    mend      text
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
    if index is not null then
        perform pgvectorize_private._find_index(index);
    end if;
    return query
    with found as (
        select each.severity, each.code, null as name, each.finding, each.mend
        from pgvectorize_private._doctor_server() as each
        union all
        select each.severity, each.code, null, each.finding, each.mend
        from pgvectorize_private._doctor_vacuum() as each
        union all
        select each.severity, each.code, null, each.finding, each.mend
        from pgvectorize_private._doctor_unknown_tables() as each
        union all
        select each.severity, each.code, target.name, each.finding, each.mend
        from pgvectorize_private.indexes as target
        cross join lateral pgvectorize_private._doctor_index(target) as each
        where doctor.index is null or target.name = doctor.index
    )
    select found.severity, found.code, found.name, found.finding, found.mend
    from found
    order by
        array_position(array['error', 'warning', 'notice'], found.severity),
        found.name collate "C" nulls first, found.code collate "C", found.finding collate "C";
end;
$$;

comment on function pgvectorize.doctor
    is 'What is wrong, with the command that mends it.';
