-- Raise the error for a malformed filter: what is wrong, where, and a hint. It
-- returns text, so that it can stand where a clause is wanted.
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
