-- Raise the error for a request that another action would make possible. The hint ends with
-- the SQL that performs the action. The field DATATYPE, which Postgres sets for no error of
-- ours, holds action, arguments and that SQL as JSON, so that a client can say it its own
-- way. It returns text, so that it can stand where a value is wanted.
create or replace function pgvectorize_private._refuse_with_action(
    problem        text,
    hint           text,
    action         text,
    arguments      jsonb,
    sqlstate_code  text default 'PV000'
)
returns text
language plpgsql
immutable
parallel safe
as $$
declare
    fix text := pgvectorize_private._call_sql(action, arguments);
begin
    raise exception '%', problem
        using errcode = sqlstate_code,
              hint = hint || ' ' || fix,
              datatype = jsonb_build_object('action', action, 'arguments', arguments, 'fix', fix)::text;
end;
$$;

comment on function pgvectorize_private._refuse_with_action
    is 'Raise the error for a request that another action would make possible.';
