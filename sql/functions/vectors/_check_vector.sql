-- Refuse a query vector that cannot be compared with the vectors of an index.
create or replace function pgvectorize_private._check_vector(
    target  pgvectorize_private.indexes,
    vector  @vector@.vector
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
        raise exception 'query vector: %', problem
            using errcode = 'PV004',
                  hint = format('Index "%s" has %s dimensions.', target.name, target.dimensions);
    end if;
end;
$$;

comment on function pgvectorize_private._check_vector
    is 'Refuse a query vector that does not fit an index.';
