-- Return what is wrong with one index or with all, and with the server, the worst first, each
-- with the SQL that repairs it.
--
-- severity   error: something does not work; warning: it is slow, or will be; notice: worth
--            knowing
-- code       what kind of finding it is; it stays the same
-- name       the index; null if the finding is about the server or the database
-- finding    what was found, and what it should be
-- fix        the SQL that repairs it; null if none does
-- action     the function that `fix` calls, or `vacuum`; null if `fix` is other SQL
-- arguments  its arguments, so that a client can say the action its own way
--
-- It changes nothing and needs only the right to read. What the role may not see is a
-- finding, too. It counts small tables and reads a sample of each large one. If a build or a
-- vacuum is running, it does not wait. It does not find what keeps a client from working with
-- a database, such as a schema that is behind.
create or replace function pgvectorize.doctor(index text default null)
returns setof pgvectorize.finding
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if index is not null then
        perform pgvectorize_private._find_index(index);
    end if;
    return query
    with changed as materialized (
        -- read once: it lists the locks of all tables, and each table that is examined is locked
        select locks.relation from pgvectorize_private._build_locks() as locks
    ),
    found as (
        select each.* from pgvectorize_private._doctor_server() as each
        union all
        select each.* from pgvectorize_private._doctor_vacuum() as each
        union all
        select each.* from pgvectorize_private._doctor_unknown_tables() as each
        union all
        select each.*
        from pgvectorize_private.indexes as target
        cross join lateral pgvectorize_private._doctor_index(
            target, target.relation in (select changed.relation from changed)
        ) as each
        where doctor.index is null or target.name = doctor.index
    )
    select found.*
    from found
    order by
        array_position(array['error', 'warning', 'notice'], found.severity),
        found.name collate "C" nulls first, found.code collate "C", found.finding collate "C";
end;
$$;

comment on function pgvectorize.doctor
    is 'What is wrong, with the SQL that repairs it.';
