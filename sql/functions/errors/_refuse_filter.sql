-- Raise the error for a malformed filter: what is wrong, where, and a hint. The function returns
-- text, so that a call can stand where a clause is needed.
create or replace function pgvectorize_private._refuse_filter(path text, problem text, hint text)
returns text
language plpgsql
immutable
parallel safe
as $$
begin
    raise exception '%: %', path, problem
        using errcode = 'PV003', hint = hint;
end;
$$;

comment on function pgvectorize_private._refuse_filter
    is 'Raise the error for a malformed filter.';
