-- Choose the precision of an HNSW index if the caller did not: float32 while a page of the HNSW
-- index holds at least two vectors, then float16, of which a page holds two up to 1,896 dimensions
-- and which searches as well, then binary, the only one beyond 4,000 dimensions.
-- docs/benchmarks.md has the measurements.
create or replace function pgvectorize_private._default_precision(dimensions integer, storage text)
returns text
language sql
immutable
parallel safe
as $$
    select case
        when storage = 'float32' and dimensions <= 948 then 'float32'
        when dimensions <= pgvectorize_private._limit('hnsw_dimensions_float16', false) then 'float16'
        else 'binary'
    end
$$;

comment on function pgvectorize_private._default_precision
    is 'Precision of an HNSW index by default.';
