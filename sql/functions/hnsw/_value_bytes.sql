-- Return how many bytes the values of a vector take, without any header.
create or replace function pgvectorize_private._value_bytes(dimensions integer, kept_as text)
returns double precision
language sql
immutable
parallel safe
as $$
    select dimensions * case kept_as when 'float32' then 4 when 'float16' then 2 else 0.125 end
$$;

comment on function pgvectorize_private._value_bytes
    is 'Bytes of the values of a vector.';
