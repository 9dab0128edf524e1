-- Return how many rows an HNSW scan returns. If the HNSW index is less precise than the table, it returns
-- more rows than are wanted, and they are ordered again by the stored values: a few more for float16,
-- and all candidates for binary. (With 384 dimensions, 10 of 100 candidates gave a recall of 0.57, and
-- all 100 gave 0.96 for 0.3 ms more.)
create or replace function pgvectorize_private._scan_limit(
    target   pgvectorize_private.indexes,
    breadth  integer,
    depth    integer
)
returns integer
language sql
immutable
parallel safe
as $$
    select case
        when target.index_precision = target.storage then depth
        when target.index_precision = 'binary' then greatest(breadth, depth)
        else greatest(least(breadth, depth + greatest(10, depth / 5)), depth)
    end
$$;

comment on function pgvectorize_private._scan_limit
    is 'How many rows an HNSW scan returns.';
