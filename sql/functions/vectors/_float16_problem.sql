-- Say which value of a vector float16 cannot hold, or null. What rounds to 65,504,
-- the largest, is held; from 65,520 on values would round to infinity.
create or replace function pgvectorize_private._float16_problem(target pgvectorize_private.indexes, vector @vector@.vector)
returns text
language sql
immutable
parallel safe
as $$
    select format(
        'value %s is %s, but float16, which %s, ends at 65504', position, value,
        case target.storage when 'float16' then 'is stored' else 'the HNSW index holds' end
    )
    from unnest(vector::real[]) with ordinality as listed (value, position)
    where abs(value) >= 65520
    order by position
    limit 1
$$;

comment on function pgvectorize_private._float16_problem
    is 'Which value of a vector float16 cannot hold, or null.';
