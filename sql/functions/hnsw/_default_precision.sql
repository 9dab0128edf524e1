-- Choose the precision of an HNSW index whose maker did not: float32 while a page of
-- it holds two vectors or more, then float16, which holds two to 1,896 dimensions and
-- is as good to search, then binary, the only one that goes beyond 4,000. Figures:
-- decision 14 in docs/architecture.md.
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
    is 'Precision of an HNSW index unless another is asked for.';
