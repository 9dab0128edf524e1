-- Raise the error for a request that is wrong whatever the database holds. The function returns
-- text, so that a call can stand where a value is needed.
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
