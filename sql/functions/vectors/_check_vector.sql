-- Refuse a query vector that cannot be compared with the vectors of an index.
create or replace function pgvectorize._check_vector(target pgvectorize.indexes, vector @vector@.vector)
returns void
language plpgsql
immutable
parallel safe
as $$
declare
    problem text := pgvectorize._values_problem(target, vector);
begin
    if problem is not null then
        raise exception 'query vector: %', problem
            using errcode = 'PV004',
                  hint = format('Index "%s" takes %s dimensions.', target.name, target.dimensions);
    end if;
end;
$$;

comment on function pgvectorize._check_vector(pgvectorize.indexes, @vector@.vector)
    is 'Raise an error when a query vector does not fit an index.';
