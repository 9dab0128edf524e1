-- Raise the error for a request that is wrong whatever the database holds. It
-- returns text, so that it can stand where a value is wanted.
create or replace function pgvectorize._refuse(problem text, hint text)
returns text
language plpgsql
immutable
parallel safe
as $$
begin
    raise exception '%', problem
        using errcode = 'PV000', hint = hint;
end;
$$;

comment on function pgvectorize._refuse(text, text)
    is 'Raise the error for an invalid request.';
