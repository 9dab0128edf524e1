-- Raise the error for a request that is wrong whatever the database holds. It
-- returns text, so that it can stand where a value is wanted.
create or replace function pgvectorize_private._refuse_request(problem text, hint text)
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

comment on function pgvectorize_private._refuse_request
    is 'Raise the error for an invalid request.';
