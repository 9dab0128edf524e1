-- Return a finding. Its fix is the SQL that performs the action, or `fix` where plain SQL
-- repairs what was found.
create or replace function pgvectorize_private._finding(
    severity   text,
    code       text,
    name       text,
    finding    text,
    fix        text default null,
    action     text default null,
    arguments  jsonb default null
)
returns pgvectorize.finding
language sql
immutable
parallel safe
as $$
    select
        severity, code, name, finding,
        coalesce(fix, pgvectorize_private._call_sql(action, arguments)), action, arguments
$$;

comment on function pgvectorize_private._finding
    is 'A finding, with the SQL that repairs it.';
