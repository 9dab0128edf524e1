-- Refuse a query vector that cannot be compared with the vectors of an index.
--
-- place  where it stands among several, counted from 1
create or replace function pgvectorize_private._check_vector(
    target  pgvectorize_private.indexes,
    vector  @vector@.vector,
    place   integer default null
)
returns void
language plpgsql
immutable
parallel safe
as $$
declare
    problem text := pgvectorize_private._values_problem(target, vector);
begin
    if problem is not null then
        raise exception 'query vector%: %', coalesce(' ' || place, ''), problem
            using errcode = 'PV004',
                  detail = coalesce('row ' || place, ''),
                  hint = format('Index "%s" has %s dimensions.', target.name, target.dimensions);
    end if;
end;
$$;

comment on function pgvectorize_private._check_vector
    is 'Refuse a query vector that does not fit an index.';
