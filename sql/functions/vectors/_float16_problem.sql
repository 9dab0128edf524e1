-- Return a message about the first value of a vector that float16 cannot hold, or null. The largest
-- float16 is 65,504. Values from 65,520 on would be rounded to infinity.
create or replace function pgvectorize_private._float16_problem(
    target  pgvectorize_private.indexes,
    vector  @vector@.vector
)
returns text
language sql
immutable
parallel safe
as $$
    select format(
        'value %s is %s, but the largest float16 is 65504, and %s has float16 values', position, value,
        case target.storage when 'float16' then 'the index' else 'the HNSW index' end
    )
    from unnest(vector::real[]) with ordinality as listed (value, position)
    where abs(value) >= 65520
    order by position
    limit 1
$$;

comment on function pgvectorize_private._float16_problem
    is 'The first value of a vector that float16 cannot hold, or null.';
