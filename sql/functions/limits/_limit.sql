-- Return a limit by its name. If both arguments are constants, the planner computes it: give
-- `strict` as a constant where speed matters.
create or replace function pgvectorize_private._limit(name text, strict boolean)
returns bigint
language sql
immutable
parallel safe
as $$
    select case when _limit.strict then limits.strict else limits.value end
    from pgvectorize.limits()
    where limits.name = _limit.name
$$;

comment on function pgvectorize_private._limit
    is 'A limit by its name.';
